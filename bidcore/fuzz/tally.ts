// What a run of the fuzzer has seen: cases by kind, outcomes, bids by format, the slowest case. Tallies of several
// processes add up.

import type { Format } from '../creative_file.js';
import { reasonOf } from '../reasons.js';
import type { Case } from './cases.js';
import { type Outcome, TRAPPED } from './world.js';

export type Counts = Record<string, number>;

/** A tally as it is sent from process to process and printed as JSON. */
export interface TallyData {
  readonly cases: number;
  /** Cases answered with bids. */
  readonly bids: number;
  readonly reasons: Counts;
  readonly kinds: Counts;
  /** Single bids. */
  readonly formats: Counts;
  readonly slowestUs: number;
  readonly slowestSeed: number;
}

export class Tally implements TallyData {
  cases = 0;
  bids = 0;
  readonly reasons: Counts = {};
  readonly kinds: Counts = {};
  readonly formats: Counts = { banner: 0, video: 0, audio: 0, native: 0 };
  /** Of the hot path alone, and copying the body and the response. */
  slowestUs = 0;
  slowestSeed = 0;

  add(one: Case, outcome: Outcome, formats: readonly Format[], us: number): void {
    this.cases += 1;
    const label = outcome.reason === 0 ? 'bid' : outcome.reason === TRAPPED ? 'trap' : reasonOf(outcome.reason).label;
    if (outcome.reason === 0) this.bids += 1;
    count(this.reasons, label, 1);
    count(this.kinds, one.kind, 1);
    for (const format of formats) count(this.formats, format, 1);
    this.#slower(us, one.seed);
  }

  /** Adds what another process has seen. */
  merge(other: TallyData): void {
    this.cases += other.cases;
    this.bids += other.bids;
    for (const key of ['reasons', 'kinds', 'formats'] as const) {
      for (const [name, number] of Object.entries(other[key])) count(this[key], name, number);
    }
    this.#slower(other.slowestUs, other.slowestSeed);
  }

  #slower(us: number, seed: number): void {
    if (us <= this.slowestUs) return;
    this.slowestUs = us;
    this.slowestSeed = seed;
  }
}

function count(counts: Counts, name: string, by: number): void {
  counts[name] = (counts[name] ?? 0) + by;
}

const ranked = (counts: Counts): [string, number][] => Object.entries(counts).sort((a, b) => b[1] - a[1]);

/** One line while a run is under way. */
export function progressLine(tally: TallyData, ms: number): string {
  const rate = Math.round(tally.cases / (ms / 1000));
  return `${tally.cases} cases, ${rate}/s, ${slowest(tally)}: ${shares(tally.reasons, tally.cases)}`;
}

function shares(counts: Counts, whole: number): string {
  const share = (number: number): string => `${((100 * number) / Math.max(1, whole)).toFixed(1)}%`;
  return ranked(counts)
    .map(([name, number]) => `${name} ${share(number)}`)
    .join(', ');
}

const numbers = (counts: Counts): string =>
  ranked(counts)
    .map(([name, number]) => `${name} ${number}`)
    .join(', ');

const slowest = ({ slowestUs, slowestSeed }: TallyData): string =>
  `slowest ${slowestUs.toFixed(0)} us (case ${slowestSeed})`;

/** The lines at the end: what was run, then in one line what came of it. */
export function finalLines(tally: TallyData, ms: number, seed: number, failures: number): string[] {
  const seconds = (ms / 1000).toFixed(1);
  const rate = Math.round(tally.cases / (ms / 1000));
  return [
    `fuzz: kinds: ${numbers(tally.kinds)}`,
    `fuzz: ${tally.cases} cases in ${seconds} s (${rate}/s), seed ${seed}: ${failures} failures; ` +
      `bids: ${numbers(tally.formats)}; outcomes: ${numbers(tally.reasons)}; ${slowest(tally)}`,
  ];
}

/** The totals for programs. */
export function finalJson(tally: TallyData, ms: number, seed: number, failures: number): string {
  return JSON.stringify({
    seed,
    cases: tally.cases,
    seconds: ms / 1000,
    bids: tally.bids,
    failures,
    slowest_us: tally.slowestUs,
    slowest_case: tally.slowestSeed,
    reasons: Object.fromEntries(ranked(tally.reasons)),
    kinds: Object.fromEntries(ranked(tally.kinds)),
    formats: Object.fromEntries(ranked(tally.formats)),
  });
}
