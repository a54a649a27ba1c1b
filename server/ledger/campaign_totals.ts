// What the campaigns of the book come to, for the metrics: spend, and how many have come to the end of a budget.

import type { Standing } from '../../bidcore/money/authority.js';
import type { CampaignPlan } from '../../bidcore/money/leased_campaign.js';

/** Of a budget: what is left then is less than bids may hold. */
const EXHAUSTED_SHARE = 0.99;

export interface CampaignSums {
  /** Billed by all of them, micros of the book's currency; and what of that came late. */
  readonly spentMicros: number;
  readonly lateMicros: number;
  /** Campaigns that have spent 99 % of their whole budget; others that have of the day's. */
  readonly exhausted: number;
  readonly exhaustedToday: number;
}

export class CampaignTotals {
  readonly #campaigns = new Map<string, { readonly plan: CampaignPlan; readonly standing: Standing }>();

  /** Told of each campaign as it stands, whenever that is known anew. */
  show(plan: CampaignPlan, standing: Standing): void {
    this.#campaigns.set(plan.campaign, { plan, standing });
  }

  drop(campaign: string): void {
    this.#campaigns.delete(campaign);
  }

  sums(): CampaignSums {
    const sums = { spentMicros: 0, lateMicros: 0, exhausted: 0, exhaustedToday: 0 };
    for (const { plan, standing } of this.#campaigns.values()) {
      const { spentMicros, lateMicros, spentTodayMicros } = standing;
      sums.spentMicros += spentMicros;
      sums.lateMicros += lateMicros;
      if (spentMicros >= EXHAUSTED_SHARE * plan.budgetMicros) sums.exhausted += 1;
      else if (spentTodayMicros >= EXHAUSTED_SHARE * plan.dailyBudgetMicros) sums.exhaustedToday += 1;
    }
    return sums;
  }
}
