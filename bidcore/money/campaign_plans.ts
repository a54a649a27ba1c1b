// What the ledger needs to know of a book's campaigns. Paused ad groups count: their last bids may still be billed.

import type { Book } from '../book.js';
import { hashText } from '../hash.js';
import type { CampaignPlan } from './leased_campaign.js';
import type { PlanKind } from './pacing_plan.js';

/** What leases and pacing need to know of a campaign. */
export interface PacedPlan extends CampaignPlan {
  readonly pacing: PlanKind;
  /** Milliseconds since the epoch; undefined without. */
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
}

/** Without an ad group a campaign makes no bids. */
const NO_EXPIRY_S = 1;

/** Plans of all campaigns of a book. @param indexOf where a campaign's state stands in memory */
export function plansOf({ file }: Pick<Book, 'file'>, indexOf: (id: string) => number): PacedPlan[] {
  return file.accounts.flatMap((account) =>
    account.campaigns.map((campaign) => ({
      id: campaign.id,
      campaign: hashText(campaign.id).toString(16).padStart(16, '0'),
      index: indexOf(campaign.id),
      budgetMicros: campaign.budget_micros,
      dailyBudgetMicros: campaign.daily_budget_micros ?? Infinity,
      timeZone: account.time_zone,
      longestExpiryS: Math.max(NO_EXPIRY_S, ...campaign.ad_groups.map((adGroup) => adGroup.bid_expiry_s)),
      pacing: campaign.pacing,
      startMs: campaign.start === undefined ? undefined : Date.parse(campaign.start),
      endMs: campaign.end === undefined ? undefined : Date.parse(campaign.end),
    })),
  );
}
