// The leases of a node: one a campaign and day, grown while bids take from it, given back where nothing holds it; and
// the buckets of reservations that have ended. Rules: docs/money.md sections 2 and 4.
//
//   renew ─▶ charges of other nodes ─▶ free ended buckets ─▶ open, grow, give back ─▶ bids may be made until …
//
// Between two renewals, leases that run low are grown: a renewal asks after every campaign, which of an authority that
// is not in this process must not be many times a second.

import * as map from '../../assembly/memory_map.js';
import { type Authority, isAway, type LeaseAsk, type Standing } from './authority.js';
import { Days } from './days.js';
import type { NoticeRecord } from './event.js';
import { type Funds, LEASE_SLOTS, type LeaseSlot } from './funds.js';
import { type CampaignPlan, dayOf, type HeldLease, type LeasedCampaign, wantedMicros } from './leased_campaign.js';
import { bucketOf, lastEnded } from './reservations.js';

export interface LeaseOptions {
  readonly node: number;
  /** How long bids may be made after a renewal. */
  readonly leaseMs: number;
  /** Shortest time between two renewals; absent: each tick is one. */
  readonly renewMs?: number;
  /** A campaign that is in no book any more holds nothing any more: its state may be another's. */
  readonly released: (plan: CampaignPlan) => void;
  /** How a campaign stands, each time that is known anew. */
  readonly shown?: (plan: CampaignPlan, standing: Standing) => void;
}

/** A lease and where its micros are. */
export interface Holding {
  readonly lease: number;
  readonly grantedMicros: number;
  readonly foreignMicros: number;
  readonly retractedMicros: number;
  readonly availableMicros: number;
  readonly heldMicros: number;
}

/** A lease number for so long: they come again after 12 days, in which every lease of an earlier run has ended. */
const LEASE_NUMBER_MS = 64;

export class Leases {
  readonly #funds: Funds;
  readonly #authority: Authority;
  readonly #options: LeaseOptions;
  readonly #campaigns = new Map<string, LeasedCampaign>();
  #busy: Promise<void> = Promise.resolve();
  /** What the tick that waits for the one under way is called with: the newest call counts. */
  #waiting: { nowMs: number; watermarkMs: number } | undefined;
  #closed = false;
  /** Of the last renewal that was answered; -Infinity: the next tick is one. */
  #renewedMs = -Infinity;
  /** By campaign, the number of its last lease; and the latest time any was opened. */
  readonly #numbers = new Map<string, number>();
  #latestMs = 0;

  constructor(funds: Funds, authority: Authority, options: LeaseOptions) {
    this.#funds = funds;
    this.#authority = authority;
    this.#options = options;
  }

  /**
   * Prepares the memory: nothing is held, and no bid may be made before the first renewal.
   * @param nowMs when this run starts: later than any earlier one
   */
  start(nowMs: number): void {
    this.#latestMs = nowMs;
    this.#funds.setFundsUntil(0);
    for (let level = 0; level < map.RESERVATION_LEVELS; level++) {
      this.#funds.setFreed(level, lastEnded(level, Math.floor(nowMs / 1000)));
    }
  }

  /** Takes the campaigns of a new book. Those that are gone give back what they do not hold. */
  plan(plans: readonly CampaignPlan[]): void {
    this.#renewedMs = -Infinity;
    const wanted = new Map(plans.map((plan) => [plan.campaign, plan]));
    for (const [campaign, its] of this.#campaigns) {
      its.gone = !wanted.has(campaign);
    }
    for (const plan of plans) {
      const known = this.#campaigns.get(plan.campaign);
      if (known === undefined) {
        // What a ledger before may have left.
        for (const slot of LEASE_SLOTS) this.#funds.clear(plan.index, slot);
        this.#funds.setCurrent(plan.index, 0);
        this.#campaigns.set(plan.campaign, {
          plan,
          days: new Days(plan.timeZone),
          leases: [undefined, undefined],
          replanned: false,
          dry: false,
          gone: false,
          reservedSeen: this.#funds.reservedEver(plan.index),
          reservedSeenMs: 0,
          reservedPerS: 0,
        });
        continue;
      }
      if (known.plan.timeZone !== plan.timeZone) known.days = new Days(plan.timeZone);
      known.replanned ||=
        plan.budgetMicros !== known.plan.budgetMicros || plan.dailyBudgetMicros !== known.plan.dailyBudgetMicros;
      known.plan = plan;
    }
  }

  /** Position of a campaign's state in memory; undefined if it is in no book. */
  indexOf(campaign: string): number | undefined {
    return this.#campaigns.get(campaign)?.plan.index;
  }

  /**
   * Takes a reservation back and leaves the charge, if the bid is of a lease of this run.
   * @param mayBeHeld it was not settled before
   */
  settle({ facts, chargeMicros: charge }: NoticeRecord, mayBeHeld: boolean): void {
    const campaign = this.#campaigns.get(facts.campaign);
    if (campaign === undefined || facts.node !== this.#options.node) return;
    const { index } = campaign.plan;
    if (campaign.leases[facts.slot]?.lease !== facts.lease) return;
    const { level, bucket } = bucketOf(facts.issuedS, facts.expiryS);
    const isHeld = mayBeHeld && bucket > this.#funds.freed(level);
    if (isHeld) this.#funds.release(index, facts.slot, level, bucket, facts.reservedMicros);
    this.#funds.addAvailable(index, facts.slot, (isHeld ? facts.reservedMicros : 0) - charge);
  }

  /** Another node had booked the notice before: its charge will come as a foreign one. */
  retract({ facts, chargeMicros: charge }: NoticeRecord): void {
    const campaign = this.#campaigns.get(facts.campaign);
    if (campaign === undefined || facts.node !== this.#options.node) return;
    const its = campaign.leases[facts.slot];
    if (its?.lease === facts.lease) its.retractedMicros += charge;
  }

  /**
   * Renews, frees and grows. To be called every 100 ms or so; one call waits for the one before.
   * @param watermarkMs all notices that came to this node before are booked with the authority
   */
  tick(nowMs: number, watermarkMs: number): Promise<void> {
    const isWaiting = this.#waiting !== undefined;
    this.#waiting = { nowMs, watermarkMs };
    if (isWaiting) return this.#busy;
    this.#busy = this.#busy.then(() => {
      const call = this.#waiting ?? { nowMs, watermarkMs };
      this.#waiting = undefined;
      if (this.#closed) return undefined;
      const sinceMs = call.nowMs - this.#renewedMs;
      const isDue = sinceMs >= (this.#options.renewMs ?? 0) || sinceMs < 0;
      return isDue ? this.#renew(call.nowMs, call.watermarkMs) : this.#grow(call.nowMs);
    });
    return this.#busy;
  }

  async #renew(nowMs: number, watermarkMs: number): Promise<void> {
    const untilMs = nowMs + this.#options.leaseMs;
    this.#renewedMs = nowMs; // a plan that comes meanwhile wants another one
    const leases = [...this.#campaigns.values()].flatMap(({ plan, leases }) =>
      leases.flatMap((its) => {
        if (its === undefined) return [];
        its.retractingMicros += its.retractedMicros;
        its.retractedMicros = 0;
        return [{ campaign: plan.campaign, lease: its.lease }];
      }),
    );
    const renewed = await this.#authority.renew({ node: this.#options.node, untilMs, watermarkMs, leases }, nowMs);
    // What the leases still have may be spent until the time of the last renewal.
    if (isAway(renewed)) {
      this.#renewedMs = -Infinity;
      return;
    }
    for (const standing of renewed.standings) this.#takeForeign(standing);
    this.#free(Math.floor(Math.min(renewed.watermarkMs, nowMs) / 1000));
    if (await this.#turnLeases(nowMs, untilMs)) this.#funds.setFundsUntil(Math.floor(untilMs / 1000));
    else this.#renewedMs = -Infinity;
  }

  /** Grows leases that run low, and opens those of a day that has come. */
  async #grow(nowMs: number): Promise<void> {
    const untilMs = nowMs + this.#options.leaseMs;
    const asks: Asking[] = [];
    for (const campaign of this.#campaigns.values()) {
      if (campaign.gone || campaign.dry) continue;
      const day = dayOf(campaign, nowMs);
      const slot = this.#slotOf(campaign, day, nowMs);
      const want = slot === undefined ? 0 : wantedMicros(campaign, slot, this.#funds, nowMs);
      if (slot !== undefined && want > 0) asks.push(this.#asking(campaign, slot, day, want, untilMs));
    }
    if (asks.length > 0) await this.#acquire(asks, nowMs);
  }

  /** Charges that other nodes booked on a lease come off what is available. */
  #takeForeign(standing: Standing): void {
    const campaign = this.#campaigns.get(standing.campaign);
    const slot = campaign?.leases.findIndex((its) => its?.lease === standing.lease) as LeaseSlot | -1 | undefined;
    if (campaign === undefined || slot === undefined || slot === -1) return;
    if (!this.#takeGrant(campaign, slot, standing)) return;
    const its = campaign.leases[slot] as HeldLease;
    const moreMicros = standing.foreignMicros - its.foreignMicros - its.retractingMicros;
    this.#funds.addAvailable(campaign.plan.index, slot, -moreMicros);
    its.retractingMicros = 0;
    its.foreignMicros = standing.foreignMicros;
  }

  /** Frees the buckets that have ended by a second. */
  #free(nowS: number): void {
    for (let level = 0; level < map.RESERVATION_LEVELS; level++) {
      const last = lastEnded(level, nowS);
      const first = Math.max(this.#funds.freed(level) + 1, last - map.RESERVATION_BUCKETS + 1);
      if (first > last) continue;
      for (const { plan } of this.#campaigns.values()) {
        for (const slot of LEASE_SLOTS) {
          for (let bucket = first; bucket <= last; bucket++) {
            const micros = this.#funds.emptyBucket(plan.index, slot, level, bucket);
            if (micros !== 0) this.#funds.addAvailable(plan.index, slot, micros);
          }
        }
      }
      this.#funds.setFreed(level, last);
    }
  }

  /** Opens leases where there is none for today, grows those that run low, gives back what old ones do not hold. */
  async #turnLeases(nowMs: number, untilMs: number): Promise<boolean> {
    const back: { campaign: string; lease: number; micros: number }[] = [];
    const asks: Asking[] = [];
    for (const campaign of this.#campaigns.values()) {
      const { plan, replanned } = campaign;
      const day = dayOf(campaign, nowMs);
      const slot = this.#slotOf(campaign, day, nowMs);
      const want = slot === undefined ? 0 : wantedMicros(campaign, slot, this.#funds, nowMs);
      campaign.replanned = false;
      const before = back.length;
      for (const one of LEASE_SLOTS) {
        const its = campaign.leases[one];
        if (its === undefined) continue;
        const spare = one === slot && !replanned ? -want : Number.MAX_SAFE_INTEGER;
        const micros = spare > 0 ? this.#funds.takeAvailable(plan.index, one, spare) : 0;
        if (micros > 0) back.push({ campaign: plan.campaign, lease: its.lease, micros });
        its.grantedMicros -= micros;
      }
      // What was given back is known to be back when the next renewal says so.
      if (campaign.gone && back.length === before && this.#holdsNothing(campaign)) {
        for (const one of LEASE_SLOTS) this.#funds.clear(plan.index, one);
        this.#campaigns.delete(plan.campaign);
        this.#options.released(plan);
        continue;
      }
      const its = slot === undefined ? undefined : campaign.leases[slot];
      if (slot === undefined || its === undefined) continue;
      asks.push(this.#asking(campaign, slot, day, Math.max(0, want), untilMs));
    }
    if (back.length > 0) await this.#authority.giveBack(back, nowMs);
    return this.#acquire(asks, nowMs);
  }

  #asking(campaign: LeasedCampaign, slot: LeaseSlot, day: string, wantMicros: number, untilMs: number): Asking {
    const { campaign: hash, id, budgetMicros, dailyBudgetMicros, longestExpiryS } = campaign.plan;
    const { lease } = campaign.leases[slot] as HeldLease;
    const whose = { campaign: hash, campaignId: id, node: this.#options.node, lease, day, untilMs };
    return { campaign, slot, ask: { ...whose, budgetMicros, dailyBudgetMicros, wantMicros, longestExpiryS } };
  }

  /** @returns false if nothing was granted, as nobody answered */
  async #acquire(asks: readonly Asking[], nowMs: number): Promise<boolean> {
    const standings = await this.#authority.acquire(
      asks.map(({ ask }) => ask),
      nowMs,
    );
    if (isAway(standings)) return false;
    asks.forEach(({ campaign, slot, ask }, i) => {
      const standing = standings[i] as Standing;
      const before = campaign.leases[slot]?.grantedMicros ?? 0;
      const isOpen = this.#takeGrant(campaign, slot, standing);
      campaign.dry = isOpen && standing.grantedMicros - before < ask.wantMicros;
      if (isOpen) this.#show(campaign, slot, standing);
    });
    return true;
  }

  /**
   * Takes what was granted and is not known yet: also by an ask whose answer was lost.
   * @returns false if the lease has ended: the authority has less of it than was granted
   */
  #takeGrant({ plan, leases }: LeasedCampaign, slot: LeaseSlot, { grantedMicros }: Standing): boolean {
    const its = leases[slot];
    if (its === undefined) return false;
    if (grantedMicros < its.grantedMicros) {
      // It was not renewed for so long that its last bids have expired: what it had is not ours any more.
      leases[slot] = undefined;
      this.#funds.clear(plan.index, slot);
      return false;
    }
    this.#funds.addAvailable(plan.index, slot, grantedMicros - its.grantedMicros);
    its.grantedMicros = grantedMicros;
    return true;
  }

  #show(campaign: LeasedCampaign, slot: LeaseSlot, standing: Standing): void {
    const { plan } = campaign;
    this.#options.shown?.(plan, standing);
    this.#funds.setCurrent(plan.index, slot);
    const leftMicros = plan.budgetMicros - standing.spentMicros;
    const leftTodayMicros = Math.min(leftMicros, plan.dailyBudgetMicros - standing.spentTodayMicros);
    this.#funds.show(plan.index, { spentMicros: standing.spentMicros, leftMicros, leftTodayMicros });
  }

  /** The slot of the day's lease, which is opened. While bids of the day before yesterday are held, there is none. */
  #slotOf({ plan, leases, gone }: LeasedCampaign, day: string, nowMs: number): LeaseSlot | undefined {
    const current = this.#funds.current(plan.index);
    const known = [current, other(current)].find((slot) => leases[slot]?.day === day);
    if (known !== undefined || gone) return known;
    const slot = leases[current] === undefined ? current : other(current);
    if (leases[slot] !== undefined) {
      if (this.#funds.held(plan.index, slot) !== 0 || this.#funds.available(plan.index, slot) > 0) return undefined;
      this.#funds.clear(plan.index, slot);
    }
    const lease = this.#nextLease(plan.campaign, nowMs);
    this.#funds.setLease(plan.index, slot, lease);
    leases[slot] = { lease, day, grantedMicros: 0, foreignMicros: 0, retractedMicros: 0, retractingMicros: 0 };
    return slot;
  }

  #holdsNothing({ plan, leases }: LeasedCampaign): boolean {
    return LEASE_SLOTS.every(
      (slot) =>
        leases[slot] === undefined ||
        (this.#funds.held(plan.index, slot) === 0 && this.#funds.available(plan.index, slot) <= 0),
    );
  }

  /** Numbers go up with time, so that those of earlier runs do not come again while their leases live. */
  #nextLease(campaign: string, nowMs: number): number {
    this.#latestMs = Math.max(this.#latestMs, nowMs);
    const number = Math.max((this.#numbers.get(campaign) ?? 0) + 1, Math.floor(this.#latestMs / LEASE_NUMBER_MS));
    this.#numbers.set(campaign, number);
    return (((this.#options.node & 0xff) << 24) | (number & 0xffffff)) >>> 0;
  }

  /** Ends: no more bids, and what no bid holds goes back. */
  async close(nowMs: number): Promise<void> {
    this.#closed = true;
    await this.#busy;
    this.#funds.setFundsUntil(0);
    const back = [...this.#campaigns.values()].flatMap(({ plan, leases }) =>
      LEASE_SLOTS.flatMap((slot) => {
        const its = leases[slot];
        if (its === undefined) return [];
        const micros = this.#funds.takeAvailable(plan.index, slot, Number.MAX_SAFE_INTEGER);
        its.grantedMicros -= micros;
        return micros === 0 ? [] : [{ campaign: plan.campaign, lease: its.lease, micros }];
      }),
    );
    if (back.length > 0) await this.#authority.giveBack(back, nowMs);
  }

  /** What must hold of every lease: granted = available + held + billed. For tests: nothing may be under way. */
  holdings(campaign: string): Holding[] {
    const its = this.#campaigns.get(campaign);
    if (its === undefined) return [];
    return LEASE_SLOTS.flatMap((slot) => {
      const lease = its.leases[slot];
      if (lease === undefined) return [];
      const availableMicros = this.#funds.available(its.plan.index, slot);
      const heldMicros = this.#funds.held(its.plan.index, slot);
      const { grantedMicros, foreignMicros } = lease;
      const retractedMicros = lease.retractedMicros + lease.retractingMicros;
      return [{ lease: lease.lease, grantedMicros, foreignMicros, retractedMicros, availableMicros, heldMicros }];
    });
  }
}

/** A lease that is asked after, or for more. */
interface Asking {
  readonly campaign: LeasedCampaign;
  readonly slot: LeaseSlot;
  readonly ask: LeaseAsk;
}

function other(slot: LeaseSlot): LeaseSlot {
  return slot === 0 ? 1 : 0;
}
