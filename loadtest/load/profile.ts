// The rate of a load over time, and the moments at which its requests are meant to be sent.
//
//   constant      step              spike             sine (a day)
//   ─────────            ▁▁            ┌──┐            ╭──╮
//                     ▁▁▁            ──┘  └──        ──╯  ╰─
//                  ▁▁▁
//
// A profile is pieces of constant rate. Within them arrivals are a Poisson process, as of many exchanges and users who
// know nothing of each other, or evenly spaced. Nothing here depends on what the server does: that is what makes the
// load open (Schroeder, Wierman and Harchol-Balter, "Open versus closed: a cautionary tale", NSDI 2006).

import { Random } from '../../bidcore/fuzz/random.js';

export const SHAPES = ['constant', 'step', 'spike', 'sine'] as const;
export type Shape = (typeof SHAPES)[number];
export const ARRIVALS = ['poisson', 'even'] as const;
export type ArrivalKind = (typeof ARRIVALS)[number];

/** A piece of a profile, from the end of the one before it. */
export interface Piece {
  readonly untilMs: number;
  /** Requests a second. */
  readonly rate: number;
}

export interface ProfileOptions {
  readonly shape: Shape;
  /** Requests a second: of `constant` all the time, of `step` at the top, of `spike` before it, of `sine` the mean. */
  readonly rate: number;
  /** What is measured. */
  readonly seconds: number;
  /** Before it, at the first rate, not measured. */
  readonly warmupSeconds: number;
  /** What the rate of a spike is of the rate around it. */
  readonly peak: number;
}

const STEPS = 5;
/** Of its time, a spike is in the middle fifth. */
const SPIKE_FROM = 0.4;
const SPIKE_UNTIL = 0.6;
/** A day in pieces of six minutes; least traffic at the start, most in the middle, 0.6 of the mean away from it. */
const DAY_PIECES = 240;
const DAY_SWING = 0.6;

/** The pieces of a profile. */
export function profile({ shape, rate, seconds, warmupSeconds, peak }: ProfileOptions): Piece[] {
  const pieces = shares(shape, peak).map(([until, factor]) => ({
    untilMs: (warmupSeconds + until * seconds) * 1000,
    rate: rate * factor,
  }));
  const first = pieces[0] as Piece;
  return warmupSeconds > 0 ? [{ untilMs: warmupSeconds * 1000, rate: first.rate }, ...pieces] : pieces;
}

/** Ends of the pieces as shares of the time, and what the rate is multiplied with. */
function shares(shape: Shape, peak: number): [until: number, factor: number][] {
  switch (shape) {
    case 'constant':
      return [[1, 1]];
    case 'step':
      return Array.from({ length: STEPS }, (_, n) => [(n + 1) / STEPS, (n + 1) / STEPS]);
    case 'spike':
      return [
        [SPIKE_FROM, 1],
        [SPIKE_UNTIL, peak],
        [1, 1],
      ];
    case 'sine':
      return Array.from({ length: DAY_PIECES }, (_, n) => [
        (n + 1) / DAY_PIECES,
        1 - DAY_SWING * Math.cos((2 * Math.PI * (n + 0.5)) / DAY_PIECES),
      ]);
  }
}

/** The moments at which requests are meant to be sent, in order. */
export class Arrivals {
  readonly #pieces: readonly Piece[];
  readonly #gap: () => number;
  #piece = 0;
  #atMs = 0;

  /** @param seed of the Poisson process */
  constructor(pieces: readonly Piece[], kind: ArrivalKind, seed: number) {
    this.#pieces = pieces;
    const random = new Random(seed);
    this.#gap = kind === 'even' ? () => 1 : () => -Math.log(1 - random.float());
  }

  /** Milliseconds from the start; Infinity when the profile has ended. */
  next(): number {
    // A gap is one request, or an exponential of mean one; how long it lasts depends on the pieces it lies across.
    let left = this.#gap();
    for (; this.#piece < this.#pieces.length; this.#piece++) {
      const { untilMs, rate } = this.#pieces[this.#piece] as Piece;
      const held = ((untilMs - this.#atMs) * rate) / 1000;
      if (left <= held) {
        this.#atMs += (left * 1000) / rate;
        return this.#atMs;
      }
      left -= held;
      this.#atMs = untilMs;
    }
    return Number.POSITIVE_INFINITY;
  }
}
