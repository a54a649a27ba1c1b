// What tests of money share: bids, notices, a small memory, and a log that keeps what it is given.

import * as map from '../../assembly/memory_map.js';
import { NO_FEATURES } from '../feature_list.js';
import type { BidFacts, EventRecord, Notice, NoticeKind } from './event.js';
import { Funds } from './funds.js';
import type { CampaignPlan } from './leased_campaign.js';

export const T0_S = 1_780_000_000;

export function smallFunds(places = 2): Funds {
  const control = 256;
  const multipliers = control + places * map.CAMPAIGN_STRIDE;
  const reservations = multipliers + places * 8;
  const buffer = new SharedArrayBuffer(reservations + places * map.RESERVATION_STRIDE);
  return new Funds({ buffer, control: 0, campaigns: control, multipliers, reservations, count: places });
}

export function factsOf(changes: Partial<BidFacts> = {}): BidFacts {
  return {
    ...{ bid: '00000000000000b1', campaign: '00000000000000c1', adGroup: '', ad: '', user: '' },
    ...{ node: 0, lease: 1, slot: 0, issuedS: T0_S, expiryS: 10, reservedMicros: 1000, priceMicros: 2_000_000 },
    ...{ currency: 'EUR', quantity: 1, exchange: 0, auction: 1, deal: false, test: false },
    ...{ billedByImpression: false, ctr: 0, cvr: 0, multiplier: 1, model: 0, arm: 0, features: NO_FEATURES },
    ...changes,
  };
}

export function noticeOf(kind: NoticeKind, facts = factsOf(), changes: Partial<Notice> = {}): Notice {
  return {
    ...{ kind, facts, atMs: T0_S * 1000 + 500, clearingMicros: undefined, quantity: undefined },
    ...{ lossReason: undefined, toWinMicros: undefined, name: undefined, errorCode: undefined },
    ...changes,
  };
}

export function planOf(changes: Partial<CampaignPlan> = {}): CampaignPlan {
  return {
    ...{ id: 'one', campaign: '00000000000000c1', index: 0, budgetMicros: 100_000, dailyBudgetMicros: Infinity },
    ...{ timeZone: 'UTC', longestExpiryS: 10 },
    ...changes,
  };
}

/** A log in memory, which takes nothing while it is full. */
export class TestLog {
  readonly records: EventRecord[] = [];
  full = false;

  readonly append = async (records: readonly EventRecord[]): Promise<boolean> => {
    await undefined;
    if (!this.full) this.records.push(...records);
    return !this.full;
  };
}
