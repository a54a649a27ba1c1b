// What became of every request that was meant to be sent: latencies by outcome, errors by kind, how late the client was
// itself, and all of it over time.
//
// A latency is from the intended moment to the last byte of the answer. A request that was given up counts with the
// time it had waited by then, among all latencies: what is worst must not be what is left out.

import { Latencies, type Percentiles, type TailPoint } from './histogram.js';

/** A 200, a 204, and a 204 that says it was not looked at. */
export const OUTCOMES = ['bid', 'no_bid', 'shed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * `connect`: no connection; `closed`: the server closed it; `timeout`: no answer in time; `not_sent`: no connection was
 * free in time; `skipped`: none was free and the request was not to wait; `bad_answer`: not HTTP. Others are
 * `status_` and the number.
 */
export type ErrorKind = 'connect' | 'closed' | 'timeout' | 'not_sent' | 'skipped' | 'bad_answer' | `status_${number}`;

/** Answers later than this are of no use to many exchanges, whatever they said. */
const LATE_MS = 10;

export interface Slice {
  /** Seconds from the start of what is measured. */
  readonly from_s: number;
  readonly seconds: number;
  /** Requests a second: meant to be sent, answered, and shed of these. */
  readonly offered_per_s: number;
  readonly answered_per_s: number;
  readonly shed_per_s: number;
  readonly errors_per_s: number;
  /** Of answers that were not shed. */
  readonly p50_us: number;
  readonly p99_us: number;
  readonly max_us: number;
}

/** The same over a piece of the profile: a step, a spike, what comes before and after it. */
export interface Phase extends Omit<Slice, 'p50_us' | 'p99_us' | 'max_us'> {
  readonly errors: number;
  /** Of answers that were not shed. */
  readonly latency: Percentiles;
}

export interface Recorded {
  readonly offered: number;
  readonly answered: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** From the intended moment, of all: answers and what was given up. */
  readonly latency: Percentiles;
  /** Of answers that were not shed. */
  readonly answered_latency: Percentiles;
  readonly shed_latency: Percentiles;
  readonly over_10_ms: number;
  /** Later than the request's own tmax. */
  readonly over_tmax: number;
  /** How much later than intended the client came to a request, by its own fault. */
  readonly send_lag: Percentiles;
  /** Requests that had to wait for a free connection. */
  readonly waited: number;
  readonly tail: readonly TailPoint[];
  readonly slices: readonly Slice[];
  /** Of a profile of a few pieces, each; none of others. */
  readonly phases: readonly Phase[];
}

class Counts {
  offered = 0;
  answered = 0;
  shed = 0;
  errors = 0;
  readonly latencies: Latencies;

  constructor(digits: 2 | 3) {
    this.latencies = new Latencies(digits);
  }

  answer(ms: number, outcome: Outcome): void {
    this.answered++;
    if (outcome === 'shed') this.shed++;
    else this.latencies.record(ms);
  }

  told(fromMs: number, untilMs: number): Omit<Slice, 'p50_us' | 'p99_us' | 'max_us'> {
    const seconds = (untilMs - fromMs) / 1000;
    return {
      from_s: fromMs / 1000,
      seconds,
      offered_per_s: this.offered / seconds,
      answered_per_s: this.answered / seconds,
      shed_per_s: this.shed / seconds,
      errors_per_s: this.errors / seconds,
    };
  }
}

interface Window {
  readonly slice: Counts;
  /** Undefined for a profile of many pieces. */
  readonly phase: Counts | undefined;
}

export interface RecorderOptions {
  /** Only requests that are meant to be sent within these milliseconds from the start count. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly sliceMs: number;
  /** Ends of the profile's pieces behind `fromMs`, milliseconds from the start. */
  readonly phasesUntilMs: readonly number[];
}

const PHASES_MAX = 10;

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #phasesUntilMs: readonly number[];
  readonly #latencies: Readonly<Record<Outcome, Latencies>>;
  readonly #givenUp = new Latencies();
  readonly #lag = new Latencies();
  readonly #slices: Counts[];
  readonly #phases: Counts[];
  readonly #window: { slice: Counts; phase: Counts | undefined };
  readonly #errors = new Map<ErrorKind, number>();
  #offered = 0;
  #waited = 0;
  #late = 0;
  #overTmax = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    const { fromMs, untilMs, sliceMs, phasesUntilMs } = options;
    this.#latencies = { bid: new Latencies(), no_bid: new Latencies(), shed: new Latencies() };
    const count = Math.max(1, Math.ceil((untilMs - fromMs) / sliceMs));
    this.#slices = Array.from({ length: count }, () => new Counts(2));
    this.#phasesUntilMs = phasesUntilMs.length <= PHASES_MAX ? phasesUntilMs : [];
    this.#phases = this.#phasesUntilMs.map(() => new Counts(3));
    this.#window = { slice: this.#slices[0] as Counts, phase: undefined };
  }

  /** A request was due, and the client came to it so late. */
  offered(intendedMs: number, lagMs: number): void {
    const window = this.#at(intendedMs);
    if (window === undefined) return;
    this.#offered++;
    for (const counts of [window.slice, window.phase]) if (counts !== undefined) counts.offered++;
    this.#lag.record(lagMs);
  }

  /** No connection was free. */
  waited(intendedMs: number): void {
    if (this.#at(intendedMs) !== undefined) this.#waited++;
  }

  answered(intendedMs: number, nowMs: number, tmaxMs: number, outcome: Outcome): void {
    const window = this.#at(intendedMs);
    if (window === undefined) return;
    const ms = nowMs - intendedMs;
    this.#latencies[outcome].record(ms);
    window.slice.answer(ms, outcome);
    window.phase?.answer(ms, outcome);
    this.#count(ms, tmaxMs);
  }

  failed(intendedMs: number, nowMs: number, tmaxMs: number, kind: ErrorKind): void {
    const window = this.#at(intendedMs);
    if (window === undefined) return;
    this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + 1);
    for (const counts of [window.slice, window.phase]) if (counts !== undefined) counts.errors++;
    this.#givenUp.record(nowMs - intendedMs);
    this.#count(nowMs - intendedMs, tmaxMs);
  }

  result(): Recorded {
    const answered = new Latencies();
    answered.add(this.#latencies.bid);
    answered.add(this.#latencies.no_bid);
    const all = new Latencies();
    for (const part of [answered, this.#latencies.shed, this.#givenUp]) all.add(part);
    const { bid, no_bid, shed } = this.#latencies;
    return {
      offered: this.#offered,
      answered: answered.count + shed.count,
      outcomes: { bid: bid.count, no_bid: no_bid.count, shed: shed.count },
      errors: Object.fromEntries(this.#errors),
      latency: all.percentiles(),
      answered_latency: answered.percentiles(),
      shed_latency: shed.percentiles(),
      over_10_ms: this.#late,
      over_tmax: this.#overTmax,
      send_lag: this.#lag.percentiles(),
      waited: this.#waited,
      tail: all.tail(),
      slices: this.#slices.map((slice, n) => this.#toldSlice(slice, n)),
      phases: this.#phases.map((phase, n) => this.#toldPhase(phase, n)),
    };
  }

  #toldSlice(slice: Counts, n: number): Slice {
    const { fromMs, untilMs, sliceMs } = this.#options;
    const { p50_us, p99_us, max_us } = slice.latencies.percentiles();
    return { ...slice.told(n * sliceMs, Math.min((n + 1) * sliceMs, untilMs - fromMs)), p50_us, p99_us, max_us };
  }

  #toldPhase(phase: Counts, n: number): Phase {
    const { fromMs } = this.#options;
    const beganMs = n === 0 ? fromMs : (this.#phasesUntilMs[n - 1] as number);
    const told = phase.told(beganMs - fromMs, (this.#phasesUntilMs[n] as number) - fromMs);
    return { ...told, errors: phase.errors, latency: phase.latencies.percentiles() };
  }

  #count(ms: number, tmaxMs: number): void {
    if (ms > LATE_MS) this.#late++;
    if (ms > tmaxMs) this.#overTmax++;
  }

  /** Where a request counts, by the moment it was meant to be sent; undefined for one that is not measured. */
  #at(intendedMs: number): Window | undefined {
    const { fromMs, untilMs, sliceMs } = this.#options;
    if (intendedMs < fromMs || intendedMs >= untilMs) return undefined;
    const window = this.#window; // the same one again, because this runs twice a request
    window.slice = this.#slices[Math.floor((intendedMs - fromMs) / sliceMs)] as Counts;
    const phase = this.#phasesUntilMs.findIndex((ms) => intendedMs < ms);
    window.phase = phase < 0 ? undefined : this.#phases[phase];
    return window;
  }
}
