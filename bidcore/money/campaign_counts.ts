// What a node has counted of its campaigns' notices. It outlives restarts, and is shown in shared memory, where the
// policy and the metrics read it.

import type { NoticeKind } from './event.js';
import type { Counted, Funds } from './funds.js';

const COUNTED: Partial<Record<NoticeKind, Counted>> = {
  win: 'wins',
  imp: 'impressions',
  click: 'clicks',
  conv: 'conversions',
};
const WHAT: readonly Counted[] = ['wins', 'impressions', 'clicks', 'conversions'];

/** Counts in the order wins, impressions, clicks, conversions. */
export type CountsDump = readonly (readonly [campaign: string, counts: readonly number[]])[];

export class CampaignCounts {
  readonly #counts = new Map<string, number[]>();
  readonly #funds: Funds;

  constructor(funds: Funds) {
    this.#funds = funds;
  }

  /**
   * Counts a notice.
   * @param index position of the campaign's state; undefined if it is in no book
   */
  add(kind: NoticeKind, campaign: string, index: number | undefined): void {
    const what = COUNTED[kind];
    if (what === undefined) return;
    const counts = this.#of(campaign);
    const at = WHAT.indexOf(what);
    counts[at] = (counts[at] as number) + 1;
    if (index !== undefined) this.#funds.count(index, what, counts[at]);
  }

  /** Shows the counts of a campaign that has got a state in memory. */
  show(campaign: string, index: number): void {
    this.#of(campaign).forEach((count, at) => {
      this.#funds.count(index, WHAT[at] as Counted, count);
    });
  }

  dump(): CountsDump {
    return [...this.#counts].map(([campaign, counts]) => [campaign, [...counts]]);
  }

  restore(dump: CountsDump): void {
    for (const [campaign, counts] of dump) this.#counts.set(campaign, [...counts]);
  }

  #of(campaign: string): number[] {
    let counts = this.#counts.get(campaign);
    if (counts === undefined) {
      counts = WHAT.map(() => 0);
      this.#counts.set(campaign, counts);
    }
    return counts;
  }
}
