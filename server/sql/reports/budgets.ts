// What might have been spent in a span of time, for the share of it that was (`utilisation`).

import { DAY_MS } from '../../../bidcore/metrics/series.js';

export interface CampaignBudget {
  readonly budget_micros: number;
  readonly daily_budget_micros: number | null;
}

/**
 * @param lengthMs of the span, whole days; undefined: of the campaign's life
 * @returns micros; undefined where nothing says how much is for so long
 */
export function budgetWithin(campaign: CampaignBudget, lengthMs: number | undefined): number | undefined {
  const { budget_micros: budget, daily_budget_micros: daily } = campaign;
  if (lengthMs === undefined) return budget;
  return daily === null ? undefined : Math.min(budget, (daily * lengthMs) / DAY_MS);
}
