// The pace of a campaign: a number its bids are multiplied by (in fixed-price deals: the share it takes part in), so
// that it spends as planned. Once a second:
//
//   what is left ─ what bids already made will cost ─▶ × share due a second (pacing_plan.ts) ─▶ target
//   reservations a second at pace 1, over seconds ──▶ offered                 (sees jumps of traffic at once)
//   yield of reservations, at a mean pace m ────────▶ (spend_response.ts)     (sees prices, later)
//
//   ln pace = ln m + (ln target − ln (yield × offered × m)) / elasticity
//
// A proportional step on the log of a ratio, whose gain is measured: with an elasticity of 1 (deals) it goes where it
// should at once; where spend reacts more strongly it goes less far, and m follows. Let e be the true elasticity: the
// loop multiplies the filtered error by 1 − e / elasticity, so whatever the delay it is stable while the estimate is
// above e / 2, which is why that estimate errs upwards. There is no integral, hence nothing to wind up at pace 1.
// Why this and not dual descent (Balseiro and Gur 2019, Management Science 65(9)): docs/pacing.md, with figures.

import { PacingPlan, type PacingPlanOptions, type Period } from './pacing_plan.js';
import { CHARGES, DELAY_PRIOR_S, SpendResponse, type SpendResponseState } from './spend_response.js';

/** Below it a campaign learns nothing: less than this is made of seconds at it and seconds at 0. */
export const PACE_MIN = 0.01;

/** What is known of a campaign; counters only grow, but start again with the node. */
export interface PaceObservation {
  /** Billed so far, by all nodes. */
  readonly spentMicros: number;
  readonly leftMicros: number;
  /** Of the daily budget; Infinity without one. */
  readonly leftTodayMicros: number;
  /** Ever reserved by bids on this node, and the bids. */
  readonly reservedMicros: number;
  readonly bids: number;
  /** Requests this node has had, of all kinds. */
  readonly requests: number;
  /** What the policy multiplies bids by from this step on; 1 without. The pace is what meets the plan without it. */
  readonly policy?: number;
  /** Charges this node has booked, and the sum of their times from bid to bill. */
  readonly charges: number;
  readonly chargeDelayMs: number;
}

export interface PacerState {
  readonly atMs: number;
  readonly firstMs: number;
  readonly pace: number;
  readonly offered: readonly [reserved: number, paceSeconds: number, bids: number];
  readonly traffic?: readonly [requests: number, levelSeconds: number];
  readonly response: SpendResponseState;
}

/** What a pace is worked out from. */
interface Evidence {
  /** Bids that say how much is offered, and the longest time they are counted over. */
  readonly bids: number;
  readonly longestS: number;
  /** Bills that say what comes of them. */
  readonly charges: number;
  /** Seconds of spending that the first guess weighs: that each bid is won at its price, which is too much. */
  readonly guessS: number;
}
/** Where spend has to keep to a plan, it is seen quickly that it does not. */
const EVIDENCE: Evidence = { bids: 24, longestS: 900, charges: CHARGES, guessS: DELAY_PRIOR_S };
/**
 * Plan `value`: what is won at a steady pace is the best the money can buy, and a pace that follows noise buys dear now
 * and leaves cheap then. By real logs (npm run evaluate) 1,500 to 5,000 bids and 150 to 500 bills are all the same; a
 * guess of 300 s loses 0.1 to 0.2% of R* by a day's slow start.
 */
const EVIDENCE_OF_VALUE: Evidence = { bids: 2000, longestS: 7200, charges: 300, guessS: 30 };
/** Plan `value`: how long requests are counted that say how much traffic there usually is. */
const TRAFFIC_MEMORY_S = 86_400;
/** The shortest time bids are counted over. */
const OFFER_MIN_S = 3;
/** A second's reservations count for at most so many times what as many bids reserved before. */
const UNUSUAL = 3;
/** The pace doubles in no less than this. */
const DOUBLING_S = 4;
/** A longer time between steps was not watched. */
const GAP_MAX_S = 60;
/** So long without a request, and so many times their usual distance, is an outage. */
const OUTAGE_MIN_S = 10;
const OUTAGE_GAPS = 10;

export class Pacer {
  readonly #plan: PacingPlan;
  readonly #response: SpendResponse;
  readonly #evidence: Evidence;
  readonly #isOfValue: boolean;
  #last: { readonly ms: number; readonly seen: PaceObservation } | undefined;
  #firstMs = 0;
  /** The pace wanted, and what of it seconds at 0 still owe. */
  #wanted = PACE_MIN;
  #owed = 0;
  #inForce = PACE_MIN;
  /** Reservations, and seconds times pace they were made in. */
  #reserved = 0;
  #paceSeconds = 0;
  #bids = 0;
  #quietS = 0;
  #requestGapS = 1;
  /** Of plan `value`: requests, and the seconds they came in, as if the plan's traffic were level. */
  #requests = 0;
  #levelSeconds = 0;

  constructor(options: PacingPlanOptions, state?: PacerState) {
    this.#plan = new PacingPlan(options);
    this.#isOfValue = options.kind === 'value';
    this.#evidence = this.#isOfValue ? EVIDENCE_OF_VALUE : EVIDENCE;
    this.#response = new SpendResponse(this.#evidence.charges);
    if (state === undefined) return;
    this.#firstMs = state.firstMs;
    this.#wanted = state.pace;
    this.#inForce = state.pace;
    [this.#reserved, this.#paceSeconds, this.#bids] = state.offered;
    [this.#requests, this.#levelSeconds] = state.traffic ?? [0, 0];
    this.#response.restore(state.response);
    this.#skippedFromMs = state.atMs;
  }

  /** When the state that was restored was taken. */
  #skippedFromMs = 0;

  /** What a restarted node goes on from; also of another plan, when a trader changes it. */
  dump(): PacerState {
    return {
      atMs: this.#last?.ms ?? this.#skippedFromMs,
      firstMs: this.#firstMs,
      pace: this.#wanted,
      offered: [this.#reserved, this.#paceSeconds, this.#bids],
      traffic: [this.#requests, this.#levelSeconds],
      response: this.#response.dump(),
    };
  }

  /** The pace until the next step; to be called once a second. @returns 0, or from PACE_MIN to 1 */
  step(nowMs: number, seen: PaceObservation): number {
    if (this.#firstMs === 0) this.#firstMs = nowMs;
    const last = this.#last;
    const sinceMs = last?.ms ?? (this.#skippedFromMs || nowMs);
    const elapsedS = (nowMs - sinceMs) / 1000;
    if (last !== undefined && elapsedS <= 0) return this.#inForce;
    this.#last = { ms: nowMs, seen };
    const duePerS = this.#plan.duePerS(nowMs, this.#firstMs);
    const level = this.#isOfValue ? this.#plan.levelAt(nowMs, this.#firstMs) : 1;
    if (last === undefined || elapsedS > GAP_MAX_S || startedAgain(last.seen, seen)) {
      this.#response.skip(Math.max(0, elapsedS));
    } else {
      this.#observe(elapsedS, level, last.seen, seen);
      const leftMicros = Math.min(seen.leftMicros, seen.leftTodayMicros) - this.#response.outstandingMicros;
      if (!this.#isOutage() && duePerS > 0) this.#aim(elapsedS, level, Math.max(0, leftMicros) * duePerS);
    }
    if (duePerS === Infinity) this.#wanted = 1;
    return this.#putInForce();
  }

  /** What it plans for at a time, once it was stepped; undefined if there is nothing to plan by. */
  period(nowMs: number): Period | undefined {
    return this.#plan.period(nowMs, this.#firstMs);
  }

  #observe(elapsedS: number, level: number, before: PaceObservation, seen: PaceObservation): void {
    const bids = seen.bids - before.bids;
    const reservedMicros = this.#usual(seen.reservedMicros - before.reservedMicros, bids);
    const chargedMicros = Math.max(0, seen.spentMicros - before.spentMicros);
    const charges = Math.max(seen.charges - before.charges, chargedMicros > 0 ? 1 : 0);
    const delayMs = seen.charges > before.charges ? seen.chargeDelayMs - before.chargeDelayMs : 0;
    const requests = seen.requests - before.requests;
    const timedCharges = seen.charges > before.charges ? charges : 0;
    const policy = before.policy ?? 1;
    const logPace = Math.log(this.#wanted * policy); // seconds at 0 between: as if taking part in a share
    this.#response.observe({ elapsedS, reservedMicros, chargedMicros, charges, timedCharges, delayMs, logPace });

    this.#quietS += elapsedS;
    if (requests > 0) {
      if (!this.#isOutage()) this.#requestGapS += (this.#quietS / requests - this.#requestGapS) / 8;
      this.#quietS = 0;
    }
    if (this.#isOutage()) return;
    const { bids: offers, longestS } = this.#evidence;
    const kept = Math.exp(-Math.max(Math.min(bids / offers, elapsedS / OFFER_MIN_S), elapsedS / longestS));
    this.#reserved = this.#reserved * kept + reservedMicros;
    this.#bids = this.#bids * kept + bids;
    const seconds = this.#isOfValue ? this.#usualSeconds(elapsedS, level, requests) : elapsedS;
    this.#paceSeconds = this.#paceSeconds * kept + this.#inForce * policy * seconds;
  }

  /**
   * Seconds that so many requests usually take where the plan's traffic is level. So a busy hour does not lower the
   * pace, nor does a quiet one raise it, unless it lasts: a steady pace buys the best of both.
   */
  #usualSeconds(elapsedS: number, level: number, requests: number): number {
    const kept = Math.exp(-elapsedS / TRAFFIC_MEMORY_S);
    this.#requests = this.#requests * kept + requests;
    this.#levelSeconds = this.#levelSeconds * kept + elapsedS * level;
    return this.#requests === 0 ? elapsedS * level : (requests * this.#levelSeconds) / this.#requests;
  }

  /** Reservations without what is out of the usual: one bid on a rare, dear impression must not slow all others. */
  #usual(reservedMicros: number, bids: number): number {
    return this.#bids < 1 ? reservedMicros : Math.min(reservedMicros, (UNUSUAL * bids * this.#reserved) / this.#bids);
  }

  #isOutage(): boolean {
    return this.#quietS > Math.max(OUTAGE_MIN_S, OUTAGE_GAPS * this.#requestGapS);
  }

  /** Sets the pace that should spend so much a second. */
  #aim(elapsedS: number, level: number, targetPerS: number): void {
    const highest = Math.min(1, Math.max(this.#wanted, PACE_MIN) * 2 ** (elapsedS / DOUBLING_S));
    if (targetPerS === 0 || targetPerS === Infinity) return; // nothing is left, or there is no plan
    if (this.#reserved <= 0) {
      this.#wanted = highest;
      return;
    }
    const offered = (level * this.#reserved) / this.#paceSeconds;
    const response = this.#response;
    if (!response.isPrimed)
      response.prime(targetPerS, Math.log(Math.min(1, targetPerS / offered)), this.#evidence.guessS);
    const { logPace, yieldRatio, elasticity } = response;
    const logError = Math.log(targetPerS) - Math.log(Math.max(yieldRatio, 1e-9) * offered) - logPace;
    this.#wanted = Math.min(Math.max(Math.exp(logPace + logError / elasticity), PACE_MIN / 1000), highest);
  }

  #putInForce(): number {
    if (this.#wanted >= PACE_MIN) {
      this.#owed = 0;
      this.#inForce = this.#wanted;
    } else {
      this.#owed += this.#wanted;
      this.#inForce = this.#owed >= PACE_MIN ? PACE_MIN : 0;
      this.#owed -= this.#inForce;
    }
    return this.#inForce;
  }
}

function startedAgain(before: PaceObservation, seen: PaceObservation): boolean {
  return (
    seen.reservedMicros < before.reservedMicros ||
    seen.bids < before.bids ||
    seen.requests < before.requests ||
    seen.charges < before.charges
  );
}
