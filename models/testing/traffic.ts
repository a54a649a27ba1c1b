// Notices of a made-up market with latent click, conversion and price rates, for tests of what learns: seeded, in the
// order and with the delays notices have. Each bid's features are few and say something of its rates.

import { FEATURE_COUNT, packFeatures } from '../../bidcore/feature_list.js';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import { seededRandom } from '../../bidcore/testing/random.js';
import { billRecord, EVENTS_FROM_MS } from '../../server/testing/events.js';

export interface Market {
  readonly seed: number;
  /** Bids, won or lost. */
  readonly bids: number;
  /** The first bid's number; the next are counted up. */
  readonly from?: number;
  /** Milliseconds between two bids. */
  readonly everyMs?: number;
  /** Time of the first bid. */
  readonly fromMs?: number;
  /** Clicks of impressions, at the middle of the contexts. */
  readonly clickRate?: number;
  /** Added to the values that features take: other traffic. */
  readonly shift?: number;
  /** Micros CPM that all bids bid about. */
  readonly priceMicros?: number;
  /** What the tokens say: predictions, model and arm of a bid. */
  readonly token?: (n: number, trueCtr: number) => { ctr: number; model: number; arm: 0 | 1 };
}

const CLICK_MS = 2000;
const CONVERSION_MS = 5000;
const LOST_SHARE = 0.3;

/** True rate of clicks of a bid whose features are drawn from a number: a few contexts differ a lot. */
function rateOf(values: Uint32Array, clickRate: number): number {
  const good = (values[2] as number) % 4 === 0 ? 2.5 : 0.6;
  const ad = (values[22] as number) % 3 === 0 ? 1.8 : 0.7;
  return Math.min(0.9, clickRate * good * ad);
}

/** All notices in the order in which they come. */
export function marketNotices(market: Market): NoticeRecord[] {
  const { seed, bids, from = 1, everyMs = 10, fromMs = EVENTS_FROM_MS, clickRate = 0.1, shift = 0 } = market;
  const random = seededRandom(seed);
  const records: NoticeRecord[] = [];
  for (let i = 0; i < bids; i++) {
    const n = from + i;
    const atMs = fromMs + i * everyMs;
    const draws = Uint32Array.from({ length: FEATURE_COUNT }, () => Math.floor(random() * 12));
    const ctr = rateOf(draws, clickRate);
    const features = packFeatures(draws.map((value, at) => ((at * 64 + value + shift * 16) * 7 + 3) & 0x3ffff));
    const bidMicros = Math.round((market.priceMicros ?? 2_000_000) * (0.5 + random()));
    const token = market.token?.(n, ctr) ?? { ctr, model: 1, arm: 0 as const };
    const record = (kind: NoticeRecord['kind'], afterMs: number, changes: Partial<NoticeRecord> = {}): NoticeRecord => {
      const { facts, ...rest } = billRecord(n, {
        kind,
        atMs: atMs + afterMs,
        chargeMicros: 0,
        clearingMicros: undefined,
      });
      const own = {
        // Spread over all ids, as those of a bidder are not: what is held back is drawn from them.
        bid: ((BigInt(n) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn).toString(16).padStart(16, '0'),
        ...{ features, ...token, cvr: 0.2, priceMicros: bidMicros, reservedMicros: Math.ceil(bidMicros / 1000) },
      };
      return { ...rest, facts: { ...facts, ...own }, ...changes };
    };
    const latent = random() * 3_000_000;
    if (random() < LOST_SHARE) {
      records.push(
        record('loss', 100, { lossReason: 102, toWinMicros: random() < 0.5 ? bidMicros + latent : undefined }),
      );
      continue;
    }
    records.push(record('bill', 150, { chargeMicros: Math.ceil(bidMicros / 1000), clearingMicros: bidMicros }));
    if (random() < 0.3) records.push(record('imp', 200));
    if (random() >= ctr) continue;
    records.push(record('click', CLICK_MS * random() + 250));
    if (random() < 0.2) records.push(record('conv', CLICK_MS + CONVERSION_MS * random()));
  }
  return records.sort((a, b) => a.atMs - b.atMs);
}
