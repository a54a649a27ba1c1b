// Bayesian optimisation in a box: which hyper-parameters to try next, from what those tried have brought (Snoek,
// Larochelle and Adams, NIPS 2012). A Gaussian process says what may be expected where; the next point is the one with
// the highest expected improvement over the best mean so far, not over the best value, which may have been luck.
//
//   const tuner = new Tuner({ space: [{ name: 'rate', low: 1e-5, high: 1e-1, scale: 'log' }], goal: 'maximise' });
//   for (let n = 0; n < 30; n++) { const point = tuner.suggest(); tuner.observe(point, await train(point)); }
//   tuner.best();

import { z } from 'zod';
import { drawNormal } from '../bandits/draws.js';
import { Random } from '../fuzz/random.js';
import { GaussianProcess, type Hyper, likeliest } from './gaussian_process.js';
import { halton } from './halton.js';
import { logImprovement } from './improvement.js';
import { type Point, pointAt, space, unitOf } from './space.js';

const tunerOptions = z.strictObject({
  space,
  goal: z.enum(['maximise', 'minimise']),
  /** Equal seeds and observations give equal suggestions. */
  seed: z.int().min(0).default(1),
  /**
   * Points that fill the box before anything is learned; left out, twice as many as there are parameters, at least 3.
   */
  initial: z.int().min(1).optional(),
});
export type TunerOptions = z.input<typeof tunerOptions>;

/** Everything a tuner knows, as plain JSON. */
const tunerState = z.strictObject({
  version: z.literal(1),
  options: tunerOptions,
  /** Null: it failed. */
  observations: z.array(z.strictObject({ point: z.record(z.string(), z.number()), value: z.number().nullable() })),
  /** Hyper-parameters, and how many observations they are from. */
  hyper: z.strictObject({ count: z.int(), logs: z.array(z.number()) }).nullable(),
});
export type TunerState = z.output<typeof tunerState>;

/** Why a value is not taken as a tuner's state. */
export interface TunerStateError {
  readonly code: 'invalid_state';
  readonly problem: string;
}

/** Observations up to which hyper-parameters are always looked for from all starts; beyond, at every tenth. */
const FEW = 20;
/** Candidates over the whole box, around each of the best points, and how many of the best of them are refined. */
const CANDIDATES = 500;
const NEIGHBOURS = 20;
const NEIGHBOURHOODS = 5;
const REFINED = 3;
const STEP_FIRST = 0.05;
const STEP_LAST = 0.0005;

interface Observation {
  readonly point: Point;
  readonly unit: readonly number[];
  readonly value: number | null;
}

export class Tuner {
  readonly #options: z.output<typeof tunerOptions>;
  readonly #observations: Observation[] = [];
  #hyper: TunerState['hyper'] = null;

  /** Throws on options that are none. */
  constructor(options: TunerOptions) {
    this.#options = tunerOptions.parse(options);
  }

  /**
   * The point to try next.
   * @param pending points that are being tried meanwhile: they are taken to bring what is expected of them (the
   * "kriging believer" of Ginsbourger, Le Riche and Carraro, 2010), so that another is suggested
   */
  suggest(pending: readonly Point[] = []): Point {
    const { space: box, seed } = this.#options;
    const count = this.#observations.length + pending.length;
    const known = this.#observations.filter(({ value }) => value !== null).length;
    const initial = this.#options.initial ?? Math.max(3, 2 * box.length);
    if (count < initial || known === 0) return pointAt(box, halton(count + 1, box.length, seed)[count] as number[]);
    const process = this.#process(pending.map((point) => unitOf(box, point)));
    const best = Math.max(...this.#observations.map(({ unit }) => process.mean(unit)));
    const snapped = (unit: readonly number[]): number[] => unitOf(box, pointAt(box, unit));
    const score = (unit: readonly number[]): number => logImprovement(process.predict(unit), best);
    const scored = this.#candidates(process, count)
      .map(snapped)
      .map((unit) => ({ unit, score: score(unit) }));
    scored.sort((a, b) => b.score - a.score);
    const refined = scored.slice(0, REFINED).map((start) => refine(start, (unit) => score(snapped(unit))));
    return pointAt(box, refined.reduce((a, b) => (b.score > a.score ? b : a)).unit);
  }

  /**
   * Learns what a point brought. What is not finite (a training that diverged) counts as the worst seen. Throws if the
   * point is not within the space.
   */
  observe(point: Point, value: number): void {
    const unit = unitOf(this.#options.space, point);
    this.#observations.push({ point: { ...point }, unit, value: Number.isFinite(value) ? value : null });
  }

  /**
   * The point tried of which most is expected, with what it brought and what is expected of it: the same without noise.
   * Undefined before anything was observed that did not fail.
   */
  best(): { readonly point: Point; readonly value: number; readonly expected: number } | undefined {
    const known = this.#observations.filter(({ value }) => value !== null);
    if (known.length === 0) return undefined;
    const process = this.#process([]);
    const means = known.map(({ unit }) => process.mean(unit));
    const at = means.indexOf(Math.max(...means));
    const { point, value } = known[at] as Observation;
    return { point, value: value as number, expected: this.#signed(means[at] as number) };
  }

  #signed(value: number): number {
    return this.#options.goal === 'minimise' ? -value : value;
  }

  #process(pending: readonly number[][]): GaussianProcess {
    const points = this.#observations.map(({ unit }) => unit);
    const seen = this.#observations.flatMap(({ value }) => (value === null ? [] : [this.#signed(value)]));
    const worst = Math.min(...seen);
    const values = this.#observations.map(({ value }) => (value === null ? worst : this.#signed(value)));
    const hyper = this.#hyperOf(points, values);
    const process = new GaussianProcess(points, values, hyper);
    if (pending.length === 0) return process;
    const believed = pending.map((unit) => process.mean(unit));
    return new GaussianProcess([...points, ...pending], [...values, ...believed], hyper);
  }

  #hyperOf(points: readonly (readonly number[])[], values: readonly number[]): Hyper {
    const count = points.length;
    if (this.#hyper?.count === count) return this.#hyper.logs;
    const again = this.#hyper === null || count <= FEW || count % 10 === 0;
    const logs = [...likeliest(points, values, again ? undefined : this.#hyper?.logs)];
    this.#hyper = { count, logs };
    return logs;
  }

  #candidates(process: GaussianProcess, count: number): number[][] {
    const { space: box, seed } = this.#options;
    const random = new Random(seed * 1_000_003 + count);
    const normal = (): number => drawNormal(() => random.float());
    const best = this.#observations
      .map(({ unit }) => ({ unit, mean: process.mean(unit) }))
      .sort((a, b) => b.mean - a.mean)
      .slice(0, NEIGHBOURHOODS);
    const near = best.flatMap(({ unit }) =>
      Array.from({ length: NEIGHBOURS }, () => {
        const spread = 0.1 * random.float() ** 2;
        return unit.map((x) => clamp(x + spread * normal()));
      }),
    );
    return [...halton(CANDIDATES, box.length, random.u32()), ...near];
  }

  save(): TunerState {
    const observations = this.#observations.map(({ point, value }) => ({ point: { ...point }, value }));
    return structuredClone({ version: 1, options: this.#options, observations, hyper: this.#hyper });
  }

  /** The tuner of a saved state, which goes on exactly as that one would have. */
  static restore(saved: unknown): Tuner | TunerStateError {
    const read = tunerState.safeParse(saved);
    if (!read.success) return { code: 'invalid_state', problem: z.prettifyError(read.error) };
    const { options, observations, hyper } = read.data;
    const tuner = new Tuner(options);
    if (hyper !== null && hyper.logs.length !== options.space.length + 2) {
      return { code: 'invalid_state', problem: `${hyper.logs.length} hyper-parameters` };
    }
    try {
      for (const { point, value } of observations) tuner.observe(point, value ?? Number.NaN);
    } catch (error) {
      return { code: 'invalid_state', problem: (error as Error).message };
    }
    tuner.#hyper = hyper;
    return tuner;
  }
}

interface Scored {
  readonly unit: readonly number[];
  readonly score: number;
}

/**
 * Compass search: a step along each axis, halved where none leads up (Kolda, Lewis and Torczon, SIAM Review 45, 2003).
 */
function refine(start: Scored, score: (unit: readonly number[]) => number): Scored {
  let here = start;
  for (let step = STEP_FIRST; step >= STEP_LAST; ) {
    let moved = false;
    for (let d = 0; d < here.unit.length; d++) {
      for (const sign of [1, -1]) {
        const unit = here.unit.map((x, i) => (i === d ? clamp(x + sign * step) : x));
        const found = score(unit);
        if (found > here.score) {
          here = { unit, score: found };
          moved = true;
        }
      }
    }
    if (!moved) step /= 2;
  }
  return here;
}

function clamp(x: number): number {
  return Math.min(1, Math.max(0, x));
}
