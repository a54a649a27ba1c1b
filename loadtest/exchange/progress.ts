// What a run says of itself while it lasts and at its end, for people and as JSON lines.

import type { Buyer } from './buyer.js';
import { valuePerSpend } from './figures.js';
import { textTable } from './text_table.js';

/** Figures of one buyer as they are printed: money in units of the campaign file's currency. */
export interface Snapshot {
  readonly auctions: number;
  readonly bids: number;
  readonly wins: number;
  readonly impressions: number;
  readonly spend: number;
  readonly cpm: number;
  readonly clicks: number;
  readonly expected_clicks: number;
  readonly ctr: number;
  readonly value: number;
  readonly value_per_spend: number;
  /** What the bidder predicted of what it was billed for, for one of what is true: 1 is well calibrated. */
  readonly predicted_clicks_ratio: number;
  readonly predicted_value_ratio: number;
  readonly model: number;
  readonly failed: number;
}

export function snapshot({ figures }: Buyer): Snapshot {
  const { auctions, bids, wins, failed, model, total } = figures;
  const { spendMicros, valueMicros, impressions, clicks, expectedClicks, predictedClicks, predictedValueMicros } =
    total;
  return {
    auctions,
    bids,
    wins,
    impressions,
    spend: spendMicros / 1e6,
    cpm: impressions === 0 ? 0 : spendMicros / 1e3 / impressions,
    clicks,
    expected_clicks: Math.round(expectedClicks * 10) / 10,
    ctr: impressions === 0 ? 0 : expectedClicks / impressions,
    value: valueMicros / 1e6,
    value_per_spend: Math.round(valuePerSpend(total) * 1e4) / 1e4,
    predicted_clicks_ratio: share(predictedClicks, expectedClicks),
    predicted_value_ratio: share(predictedValueMicros, valueMicros),
    model,
    failed,
  };
}

const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)}%`;
const share = (part: number, of: number): number => (of === 0 ? 0 : part / of);

/** One line of progress. */
export function progressLine(buyer: Buyer, perSecond: number): string {
  const now = snapshot(buyer);
  return (
    `${buyer.name}: ${now.auctions} auctions (${Math.round(perSecond)}/s), ${now.bids} bids, ` +
    `${percent(share(now.wins, now.bids))} won, spend ${now.spend.toFixed(2)}, CPM ${now.cpm.toFixed(2)}, ` +
    `${now.clicks} clicks, CTR ${percent(now.ctr, 2)}, value ${now.value.toFixed(2)}, ` +
    `value/spend ${now.value_per_spend.toFixed(3)}, model ${now.model}`
  );
}

/** The figures of some buyers side by side, one line a figure. */
export function finalTable(buyers: readonly Buyer[]): string {
  const snapshots = buyers.map(snapshot);
  const digits: Partial<Record<keyof Snapshot, number>> = {
    spend: 2,
    cpm: 3,
    ctr: 5,
    value: 2,
    value_per_spend: 4,
    predicted_clicks_ratio: 3,
    predicted_value_ratio: 3,
  };
  const names = Object.keys(snapshots[0] as Snapshot) as (keyof Snapshot)[];
  const rows = names.map((name) => [name, ...snapshots.map((one) => one[name].toFixed(digits[name] ?? 0))]);
  return textTable([['', ...buyers.map(({ name }) => name)], ...rows]);
}
