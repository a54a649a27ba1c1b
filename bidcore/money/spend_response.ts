// What a campaign's bids turn into: how much of what they reserve is billed, how late, and how that changes with the
// pace. Measured from counters alone, so that pacing needs no constant of any campaign.
//
//   reservations ──▶ unbilled ──(a share 1/delay of it a second)──▶ due ──(× yield)──▶ charges
//
// Reservations are seen at once, charges seconds to minutes later. The reservations that fall due are put beside the
// charges that come in, so the ratio of the two, the yield, does not depend on how long billing takes. The window it is
// measured over is as long as some two dozen charges take to come, and no shorter than the delay: with few wins a long
// one, with many a short one.
//
// Yield grows with the pace where the pace lowers bids: fewer are won. The slope of ln yield on ln pace is a scalar
// Kalman filter over blocks of charges, whose noise is measured and at least that of n charges (1/n). Where the pace
// does not move there is nothing to learn it from, and it goes back to its prior.

/** Charges that make a window or a block, unless said otherwise: their sum is known within about a fifth. */
export const CHARGES = 24;
const WINDOW_MIN_S = 30;
const WINDOW_MAX_S = 7200;
/** Billing may take this long as far as is known before anything was billed; a first bill is an early one. */
export const DELAY_PRIOR_S = 300;
const DELAY_MIN_S = 0.5;
const DELAY_MAX_S = 900;
const DELAY_MEMORY_CHARGES = 200;
const DELAY_MEMORY_S = 600;
/** Slope to be expected, its variance, and the variance of yields from block to block that no pace explains. */
const SLOPE_PRIOR = 1;
const SLOPE_VARIANCE = 1;
const SLOPE_MAX = 12;
const SLOPE_MEMORY_BLOCKS = 50;
const DRIFT_VARIANCE = 0.01;
const NOISE_MEMORY_BLOCKS = 10;

/** What came in since the last step. */
export interface SpendStep {
  readonly elapsedS: number;
  readonly reservedMicros: number;
  readonly chargedMicros: number;
  readonly charges: number;
  /** Charges whose time from bid to bill is known (another node's is not), and the sum of these times. */
  readonly timedCharges: number;
  readonly delayMs: number;
  /** Natural logarithm of the pace that was in force. */
  readonly logPace: number;
}

export interface SpendResponseState {
  readonly [name: string]: number;
}

/** Sums over a stretch of time. */
interface Sums {
  due: number;
  charged: number;
  charges: number;
  /** Of ln pace, weighed by what fell due. */
  duePace: number;
  seconds: number;
}

const empty = (): Sums => ({ due: 0, charged: 0, charges: 0, duePace: 0, seconds: 0 });

export class SpendResponse {
  /** Reservations whose charges, if any, are still to come, and that times the ln pace they were made at. */
  #unbilled = 0;
  #unbilledPace = 0;
  /** There is a first guess. */
  #isPrimed = false;
  readonly #window = empty();
  #block = empty();
  #lastBlock: { logYield: number; logPace: number; charges: number } | undefined;
  #slope = SLOPE_PRIOR;
  #slopeVariance = SLOPE_VARIANCE;
  #noise = DRIFT_VARIANCE;
  #ageS = 0;
  #delayMs = 0;
  #delays = 0;
  readonly #windowCharges: number;

  /** @param windowCharges charges that make a window: the more, the steadier, and the later what changed is seen */
  constructor(windowCharges = CHARGES) {
    this.#windowCharges = windowCharges;
  }

  get isPrimed(): boolean {
    return this.#isPrimed;
  }

  /**
   * A first guess: every reservation is billed in full, at the pace that would then be right.
   * @param seconds of spending at that rate that it weighs as much as: as many as reservations can be outstanding
   *   before the first bill is due, or fewer where a few minutes of too much are better than too little
   */
  prime(microsPerS: number, logPace: number, seconds = DELAY_PRIOR_S): void {
    const micros = microsPerS * seconds;
    this.#window.due += micros;
    this.#window.charged += micros;
    this.#window.duePace += micros * logPace;
    this.#isPrimed = true;
  }

  /** Mean time from bid to bill, seconds. */
  get delayS(): number {
    if (this.#delays < 1) return DELAY_PRIOR_S;
    const meanS = this.#delayMs / this.#delays / 1000;
    // Bills seen in the first minutes are the early ones: the prior goes as the time passed outgrows their mean.
    const priorWeight = Math.exp(-this.#ageS / (3 * Math.max(meanS, DELAY_MIN_S)));
    return Math.min(Math.max(meanS + (DELAY_PRIOR_S - meanS) * priorWeight, DELAY_MIN_S), DELAY_MAX_S);
  }

  /** What is charged of each micro reserved: at most 1. */
  get yieldRatio(): number {
    return Math.min(1, this.#window.charged / this.#window.due);
  }

  /** Mean of ln pace over the reservations the yield was measured on. */
  get logPace(): number {
    return this.#window.duePace / this.#window.due;
  }

  /** Charges to be expected of bids already made, micros. */
  get outstandingMicros(): number {
    return this.#isPrimed ? this.yieldRatio * this.#unbilled : this.#unbilled;
  }

  /** By how many per cent spend changes with one per cent of pace: rather too much than too little. */
  get elasticity(): number {
    return 1 + this.#slope + Math.sqrt(this.#slopeVariance);
  }

  observe({ elapsedS, reservedMicros, chargedMicros, charges, timedCharges, delayMs, logPace }: SpendStep): void {
    this.#ageS += elapsedS;
    this.#observeDelay(elapsedS, timedCharges, delayMs);
    this.#unbilled += reservedMicros;
    this.#unbilledPace += reservedMicros * logPace;
    const { due, duePace } = this.#fallDue(elapsedS);
    const window = this.#window;
    const shortestS = Math.max(WINDOW_MIN_S, this.delayS);
    const forgotten = Math.max(Math.min(charges / this.#windowCharges, elapsedS / shortestS), elapsedS / WINDOW_MAX_S);
    scale(window, Math.exp(-forgotten));
    for (const sums of [window, this.#block]) {
      sums.due += due;
      sums.duePace += duePace;
      sums.charged += chargedMicros;
      sums.charges += charges;
      sums.seconds += elapsedS;
    }
    if (this.#block.charges >= this.#windowCharges && this.#block.seconds >= 2 * shortestS) this.#closeBlock();
  }

  /** Time passed in which nothing was watched: bids of before have been billed meanwhile. */
  skip(elapsedS: number): void {
    this.#fallDue(elapsedS);
    this.#block = empty();
    this.#lastBlock = undefined;
  }

  dump(): SpendResponseState {
    const { due, charged, charges, duePace } = this.#window;
    return {
      unbilled: this.#unbilled,
      unbilledPace: this.#unbilledPace,
      due,
      charged,
      charges,
      duePace,
      slope: this.#slope,
      slopeVariance: this.#slopeVariance,
      noise: this.#noise,
      ageS: this.#ageS,
      delayMs: this.#delayMs,
      delays: this.#delays,
    };
  }

  restore(state: SpendResponseState): void {
    const { unbilled = 0, unbilledPace = 0, due = 0, charged = 0, charges = 0, duePace = 0, ageS = 0 } = state;
    const { slope = SLOPE_PRIOR, slopeVariance = SLOPE_VARIANCE, noise = DRIFT_VARIANCE } = state;
    const { delayMs = 0, delays = 0 } = state;
    this.#unbilled = unbilled;
    this.#unbilledPace = unbilledPace;
    this.#isPrimed = due > 0;
    Object.assign(this.#window, { due, charged, charges, duePace });
    this.#slope = slope;
    this.#slopeVariance = slopeVariance;
    this.#noise = noise;
    this.#ageS = ageS;
    this.#delayMs = delayMs;
    this.#delays = delays;
  }

  #observeDelay(elapsedS: number, charges: number, delayMs: number): void {
    const forgotten = Math.min(charges / DELAY_MEMORY_CHARGES, elapsedS / DELAY_MEMORY_S);
    const kept = Math.exp(-forgotten);
    this.#delayMs = this.#delayMs * kept + delayMs;
    this.#delays = this.#delays * kept + charges;
  }

  #fallDue(elapsedS: number): { due: number; duePace: number } {
    const share = 1 - Math.exp(-elapsedS / this.delayS);
    const due = this.#unbilled * share;
    const duePace = this.#unbilledPace * share;
    this.#unbilled -= due;
    this.#unbilledPace -= duePace;
    return { due, duePace };
  }

  #closeBlock(): void {
    const { due, charged, charges, duePace } = this.#block;
    this.#block = empty();
    if (due <= 0 || charged <= 0) return;
    const block = { logYield: Math.log(charged / due), logPace: duePace / due, charges };
    const last = this.#lastBlock;
    this.#lastBlock = block;
    if (last === undefined) return;
    const x = block.logPace - last.logPace;
    const surprise = block.logYield - last.logYield - this.#slope * x;
    const explained = x * x * this.#slopeVariance;
    this.#noise += (Math.max(0, surprise * surprise - explained) - this.#noise) / NOISE_MEMORY_BLOCKS;
    const noise = Math.max(this.#noise, 1 / block.charges + 1 / last.charges + DRIFT_VARIANCE);
    const gain = (this.#slopeVariance * x) / (explained + noise);
    const slope = this.#slope + gain * surprise;
    this.#slope = Math.min(Math.max(slope + (SLOPE_PRIOR - slope) / SLOPE_MEMORY_BLOCKS, 0), SLOPE_MAX);
    const variance = this.#slopeVariance * (1 - gain * x);
    this.#slopeVariance = variance + (SLOPE_VARIANCE - variance) / SLOPE_MEMORY_BLOCKS;
  }
}

function scale(sums: Sums, by: number): void {
  sums.due *= by;
  sums.charged *= by;
  sums.charges *= by;
  sums.duePace *= by;
  sums.seconds *= by;
}
