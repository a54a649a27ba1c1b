// Who grants leases and books charges, once each: Redis where several nodes share campaigns (server/redis), else the
// node's own books (local_authority.ts). Rules: docs/money.md.

import type { NoticeRecord } from './event.js';

/** The authority cannot be reached, or did not answer in time: what was asked may or may not have been done. */
export interface Away {
  readonly code: 'authority_away';
  readonly problem: string;
}

export interface LeaseAsk {
  /** Hash of the campaign's id (16 hexadecimal digits), and the id itself. */
  readonly campaign: string;
  readonly campaignId: string;
  readonly node: number;
  readonly lease: number;
  /** `2026-01-31` in the account's time zone, '' without a daily budget. */
  readonly day: string;
  readonly budgetMicros: number;
  /** Infinity without one. */
  readonly dailyBudgetMicros: number;
  /** To be granted on top of what the lease has; less is granted if less is free. 0 only asks. */
  readonly wantMicros: number;
  /** Longest `exp` of a bid that may be made under it, seconds. */
  readonly longestExpiryS: number;
  /** Until when the node may bid under it if nothing is renewed, milliseconds since the epoch. */
  readonly untilMs: number;
}

/** How a campaign stands with the authority. */
export interface Standing {
  readonly campaign: string;
  readonly lease: number;
  /** All that was ever granted to the lease, less what it gave back; 0 if the authority does not know it (any more). */
  readonly grantedMicros: number;
  /** Billed on the lease by notices that other nodes booked. */
  readonly foreignMicros: number;
  /** Of the campaign: all it has spent, what of that was charged late, spent on the lease's day. */
  readonly spentMicros: number;
  readonly lateMicros: number;
  readonly spentTodayMicros: number;
  /** What could still be granted, within the budget and the daily budget. */
  readonly freeMicros: number;
}

export interface Renewal {
  readonly node: number;
  /** Bids are made under the leases until then, milliseconds since the epoch. */
  readonly untilMs: number;
  /** All notices that came to this node before are booked, milliseconds since the epoch. */
  readonly watermarkMs: number;
  readonly leases: readonly { readonly campaign: string; readonly lease: number }[];
}

export interface Renewed {
  readonly standings: readonly Standing[];
  /** The earliest watermark of all live nodes, this one included, milliseconds since the epoch. */
  readonly watermarkMs: number;
  /** Live nodes, this one included. */
  readonly nodes: number;
}

export interface Booked {
  /** False if another node booked a notice of this kind for the bid before; its own again is still the first. */
  readonly first: boolean;
  /** What was charged: the record's charge, or 0 if it was not the first. */
  readonly chargedMicros: number;
}

export interface Authority {
  /** Opens or grows leases, in order; repeating an ask after `Away` is safe, because grants are found by `renew`. */
  acquire(asks: readonly LeaseAsk[], nowMs: number): Promise<readonly Standing[] | Away>;
  /** Extends leases and reports the node's watermark. */
  renew(renewal: Renewal, nowMs: number): Promise<Renewed | Away>;
  /** Gives back micros of a lease that nothing holds. */
  giveBack(
    back: readonly { readonly campaign: string; readonly lease: number; readonly micros: number }[],
    nowMs: number,
  ): Promise<undefined | Away>;
  /** Books notices, in order, each kind of each bid once. All or none is known to be booked; repeating is safe. */
  book(records: readonly NoticeRecord[], nowMs: number): Promise<readonly Booked[] | Away>;
}

export function isAway(value: object | undefined): value is Away {
  return value !== undefined && 'code' in value && value.code === 'authority_away';
}
