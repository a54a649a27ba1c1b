// A campaign as the leases of a node see it: its plan, what it holds, and how much it is short of.

import type { Days } from './days.js';
import type { Funds, LeaseSlot } from './funds.js';

/** What the ledger knows of a campaign's plan. */
export interface CampaignPlan {
  readonly id: string;
  /** Hash of the id, 16 hexadecimal digits. */
  readonly campaign: string;
  /** Where its state stands in memory. */
  readonly index: number;
  readonly budgetMicros: number;
  /** Infinity without one. */
  readonly dailyBudgetMicros: number;
  readonly timeZone: string;
  /** Longest `exp` of its ad groups' bids, seconds. */
  readonly longestExpiryS: number;
}

/** A lease in one of a campaign's two slots, as far as the ledger knows. */
export interface HeldLease {
  readonly lease: number;
  readonly day: string;
  grantedMicros: number;
  foreignMicros: number;
  /** Charges taken twice until a renewal asked for from now on brings the foreign ones; of one that is under way. */
  retractedMicros: number;
  retractingMicros: number;
}

export interface LeasedCampaign {
  plan: CampaignPlan;
  days: Days;
  readonly leases: [HeldLease | undefined, HeldLease | undefined];
  /** The plan changed: what is available is asked for anew. */
  replanned: boolean;
  /** Less was free than was asked for: it is asked again with the next renewal. */
  dry: boolean;
  /** In no book any more. */
  gone: boolean;
  /** How fast bids reserve: what was ever reserved, when that was looked at, and micros a second. */
  reservedSeen: number;
  reservedSeenMs: number;
  reservedPerS: number;
}

/** A lease is made so large that it lasts for some seconds, or a share of the budget. */
const LEASE_SECONDS = 5;
const LEASE_SHARE = 1 / 64;
const LEASE_MIN_MICROS = 20_000;
const RATE_MS = 2000;

/** The day its lease is of, '' without a daily budget. */
export function dayOf({ plan, days }: LeasedCampaign, nowMs: number): string {
  return plan.dailyBudgetMicros === Infinity ? '' : days.at(nowMs).name;
}

/**
 * What a lease is short of, micros; below 0: what it has too much. Looks how fast bids reserve, every now and then.
 * @param nowMs milliseconds since the epoch
 */
export function wantedMicros(campaign: LeasedCampaign, slot: LeaseSlot, funds: Funds, nowMs: number): number {
  const { plan } = campaign;
  const available = campaign.replanned ? 0 : funds.available(plan.index, slot);
  const elapsedMs = nowMs - campaign.reservedSeenMs;
  if (elapsedMs >= RATE_MS) {
    const ever = funds.reservedEver(plan.index);
    const perS = ((ever - campaign.reservedSeen) * 1000) / elapsedMs;
    campaign.reservedPerS = Math.max(perS, campaign.reservedPerS / 2);
    campaign.reservedSeen = ever;
    campaign.reservedSeenMs = nowMs;
  }
  const budget = Math.min(plan.budgetMicros, plan.dailyBudgetMicros);
  if (budget === 0 || campaign.gone) return -Number.MAX_SAFE_INTEGER;
  const share = Math.max(LEASE_MIN_MICROS, Math.ceil(budget * LEASE_SHARE));
  const target = Math.ceil(Math.max(campaign.reservedPerS * LEASE_SECONDS, share));
  if (available < target / 2) return target - available;
  return available > 4 * target ? target - available : 0;
}
