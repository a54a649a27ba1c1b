// Makers of what the money tests ask and book, with defaults that say nothing.

import { createHash } from 'node:crypto';
import { FEATURE_COUNT, packFeatures } from '../../bidcore/feature_list.js';
import type { LeaseAsk } from '../../bidcore/money/authority.js';
import type { BidFacts, NoticeRecord } from '../../bidcore/money/event.js';

/** Sixteen hexadecimal digits that a name stands for. */
export function hashOf(name: string): string {
  return createHash('sha1').update(name).digest('hex').slice(0, 16);
}

export function ask(name: string, values: Partial<LeaseAsk> = {}): LeaseAsk {
  return {
    campaign: hashOf(name),
    campaignId: name,
    node: 1,
    lease: 1,
    day: '',
    budgetMicros: 1000,
    dailyBudgetMicros: Number.POSITIVE_INFINITY,
    wantMicros: 0,
    longestExpiryS: 60,
    untilMs: Date.now() + 60_000,
    ...values,
  };
}

export function notice(
  name: string,
  bid: string,
  values: Partial<NoticeRecord> = {},
  facts: Partial<BidFacts> = {},
): NoticeRecord {
  return {
    type: 'notice',
    kind: 'bill',
    by: 1,
    chargeMicros: 0,
    late: false,
    atMs: 1_790_000_000_123,
    clearingMicros: 1_500_000,
    quantity: undefined,
    lossReason: undefined,
    toWinMicros: undefined,
    name: undefined,
    errorCode: undefined,
    ...values,
    facts: {
      bid: hashOf(bid),
      campaign: hashOf(name),
      adGroup: hashOf(`${name}/group`),
      ad: hashOf(`${name}/group/ad`),
      user: hashOf('user'),
      node: 1,
      lease: 1,
      slot: 0,
      issuedS: 1_790_000_000,
      expiryS: 60,
      reservedMicros: 100,
      priceMicros: 2_000_000,
      currency: 'USD',
      quantity: 1,
      exchange: 0,
      auction: 1,
      deal: false,
      test: false,
      billedByImpression: false,
      ctr: 0.01,
      cvr: 0.001,
      multiplier: 1.25,
      model: 7,
      arm: 1,
      features: packFeatures(new Uint32Array(FEATURE_COUNT).map((_, i) => i * 9000)),
      ...facts,
    },
  };
}
