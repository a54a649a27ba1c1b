// Splitting a budget over parts (campaigns, exchanges): each part's value by what it was given is learned by a Gaussian
// process of its own, in one dimension, since what one part brings hardly depends on what the others got. A few splits
// teach that way what a search over all splits would need hundreds for. Then the sum of what all parts bring is
// maximised over the splits allowed: first in units of the budget, by dynamic programming, which also copes with
// responses that are not concave; then by moving ever smaller amounts.

import { z } from 'zod';
import { drawNormal } from '../bandits/draws.js';
import { Random } from '../fuzz/random.js';
import { bestUnits } from './allocation.js';
import { GaussianProcess, likeliest } from './gaussian_process.js';

const part = z
  .strictObject({
    name: z.string().min(1),
    /** Least and most share of the budget. */
    lower: z.number().min(0).max(1).default(0),
    upper: z.number().min(0).max(1).default(1),
  })
  .refine(({ lower, upper }) => lower <= upper, 'lower above upper');

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const ROUNDING = 1e-9;

const splitOptions = z.strictObject({
  parts: z
    .array(part)
    .min(1)
    .max(100)
    .refine((parts) => sumOf(parts.map(({ lower }) => lower)) <= 1 + ROUNDING, 'least shares above 1 together')
    .refine((parts) => sumOf(parts.map(({ upper }) => upper)) >= 1 - ROUNDING, 'most shares below 1 together'),
  /** What is to be split, in any unit of money; a usual amount, if it changes. */
  budget: z.number().positive(),
  seed: z.int().min(0).default(1),
  /** Latest periods that are learned from: what a market was long ago it no longer is. */
  periods: z.int().min(1).max(200).default(60),
});
export type SplitOptions = z.input<typeof splitOptions>;

/** Everything a splitter knows, as plain JSON. */
const splitState = z.strictObject({
  version: z.literal(1),
  options: splitOptions,
  /** Periods seen in all, of which the latest are kept. */
  seen: z.int().min(0),
  observations: z.array(z.strictObject({ spends: z.array(z.number()), values: z.array(z.number()) })),
});
export type SplitState = z.output<typeof splitState>;

/** Why a value is not taken as a splitter's state. */
export interface SplitStateError {
  readonly code: 'invalid_state';
  readonly problem: string;
}

/** Units of what is left of the budget beside the least shares. */
const UNITS = 100;
/** Of a unit, the least amount that is still moved. */
const MOVE_LAST = 1 / 64;

export class SplitTuner {
  readonly #options: z.output<typeof splitOptions>;
  #observations: SplitState['observations'] = [];
  #seen = 0;
  /** What was learned of each part, once between observations. */
  #learned: readonly GaussianProcess[] | undefined;

  /** Throws on options that are none. */
  constructor(options: SplitOptions) {
    this.#options = splitOptions.parse(options);
  }

  /**
   * Learns from a period: what each part spent, in the unit of the budget, and what value it brought. Throws unless
   * there is one of each a part, finite, and no spend below 0.
   */
  observe(spends: readonly number[], values: readonly number[]): void {
    const parts = this.#options.parts.length;
    const fits = spends.length === parts && values.length === parts;
    if (!fits || !spends.every((spend) => spend >= 0 && Number.isFinite(spend)) || !values.every(Number.isFinite)) {
      throw new RangeError(`spends ${spends.join(', ')} and values ${values.join(', ')} of ${parts} parts`);
    }
    this.#observations.push({ spends: [...spends], values: [...values] });
    this.#observations.splice(0, this.#observations.length - this.#options.periods);
    this.#seen += 1;
    this.#learned = undefined;
  }

  /**
   * The split to try next, one spend a part, `budget` in all: the best one for responses that are drawn from what is
   * possible (Thompson sampling), so that parts of which little is known are tried while they might be worth it. The
   * first is as even as the bounds allow.
   */
  suggest(budget = this.#options.budget): number[] {
    if (this.#observations.length === 0) return this.#spread(budget);
    const random = new Random(this.#options.seed * 1_000_003 + this.#seen);
    const normal = (): number => drawNormal(() => random.float());
    return this.#fill(
      budget,
      this.#responses().map((response, at) =>
        response.draw(
          this.#grid(budget, at).map((spend) => [spend / this.#options.budget]),
          normal,
        ),
      ),
    );
  }

  /** The split that is expected to bring most, with the value expected of it. As even as allowed, before anything. */
  best(budget = this.#options.budget): { readonly spends: readonly number[]; readonly expected: number } {
    if (this.#observations.length === 0) return { spends: this.#spread(budget), expected: 0 };
    const responses = this.#responses();
    const mean = (at: number, spend: number): number =>
      (responses[at] as GaussianProcess).mean([spend / this.#options.budget]);
    const curves = responses.map((_, at) => Float64Array.from(this.#grid(budget, at), (spend) => mean(at, spend)));
    const spends = this.#polish(budget, this.#fill(budget, curves), mean);
    return { spends, expected: sumOf(spends.map((spend, at) => mean(at, spend))) };
  }

  /** What a part is expected to bring for a spend; 0 before anything was observed. */
  expected(at: number, spend: number): number {
    if (this.#observations.length === 0) return 0;
    return (this.#responses()[at] as GaussianProcess).mean([spend / this.#options.budget]);
  }

  #responses(): readonly GaussianProcess[] {
    this.#learned ??= this.#options.parts.map((_, at) => this.#response(at));
    return this.#learned;
  }

  #response(at: number): GaussianProcess {
    const { budget } = this.#options;
    // Nothing for nothing: this is known before any period.
    const points = [[0], ...this.#observations.map(({ spends }) => [(spends[at] as number) / budget])];
    const values = [0, ...this.#observations.map(({ values }) => values[at] as number)];
    return new GaussianProcess(points, values, likeliest(points, values));
  }

  #unit(budget: number): number {
    return (budget * Math.max(0, 1 - sumOf(this.#options.parts.map(({ lower }) => lower)))) / UNITS;
  }

  #bounds(budget: number, at: number): readonly [number, number] {
    const { lower, upper } = this.#options.parts[at] as { lower: number; upper: number };
    return [lower * budget, upper * budget];
  }

  /** Spends of a part that are compared: its least, and units more, the last at its most. */
  #grid(budget: number, at: number): number[] {
    const unit = this.#unit(budget);
    const [least, most] = this.#bounds(budget, at);
    const steps = unit > 0 ? Math.min(UNITS, Math.ceil((most - least) / unit - ROUNDING)) : 0;
    return Array.from({ length: steps + 1 }, (_, k) => Math.min(most, least + k * unit));
  }

  /** The best split on the grids, what clipping at the bounds has left given to parts that have room. */
  #fill(budget: number, curves: readonly Float64Array[]): number[] {
    const spends = bestUnits(curves, this.#unit(budget) > 0 ? UNITS : 0).map(
      (units, at) => this.#grid(budget, at)[units] as number,
    );
    return this.#rounded(budget, spends);
  }

  /** As even as the bounds allow: all parts the same, except at their bounds. */
  #spread(budget: number): number[] {
    const parts = this.#options.parts.map((_, at) => this.#bounds(budget, at));
    const at = (level: number): number[] => parts.map(([least, most]) => Math.min(most, Math.max(least, level)));
    let [low, high] = [0, budget];
    for (let step = 0; step < 100; step++) {
      const middle = (low + high) / 2;
      if (sumOf(at(middle)) < budget) low = middle;
      else high = middle;
    }
    return this.#rounded(budget, at(low));
  }

  /** The same with `budget` in all, within the bounds. */
  #rounded(budget: number, spends: readonly number[]): number[] {
    let left = budget - sumOf(spends);
    return spends.map((spend, at) => {
      const [least, most] = this.#bounds(budget, at);
      const next = Math.min(most, Math.max(least, spend + left));
      left -= next - spend;
      return next;
    });
  }

  /** Moves amounts from the part that misses them least to the one that gains most, smaller and smaller ones. */
  #polish(budget: number, start: readonly number[], mean: (at: number, spend: number) => number): number[] {
    const spends = [...start];
    const bounds = spends.map((_, at) => this.#bounds(budget, at));
    for (let amount = this.#unit(budget); amount > this.#unit(budget) * MOVE_LAST; amount /= 2) {
      for (let moves = 0; moves < UNITS; moves++) {
        const changes = spends.map((spend, at) => {
          const [least, most] = bounds[at] as readonly [number, number];
          const now = mean(at, spend);
          return {
            at,
            gain: spend + amount <= most ? mean(at, spend + amount) - now : Number.NEGATIVE_INFINITY,
            loss: spend - amount >= least ? now - mean(at, spend - amount) : Number.POSITIVE_INFINITY,
          };
        });
        const to = changes.reduce((a, b) => (b.gain > a.gain ? b : a));
        const others = changes.filter(({ at }) => at !== to.at);
        const from = others.reduce((a, b) => (b.loss < a.loss ? b : a), { at: -1, loss: Number.POSITIVE_INFINITY });
        if (!(to.gain > from.loss)) break;
        spends[to.at] = (spends[to.at] as number) + amount;
        spends[from.at] = (spends[from.at] as number) - amount;
      }
    }
    return spends;
  }

  save(): SplitState {
    return structuredClone({
      version: 1,
      options: this.#options,
      seen: this.#seen,
      observations: this.#observations,
    });
  }

  /** The splitter of a saved state, which goes on exactly as that one would have. */
  static restore(saved: unknown): SplitTuner | SplitStateError {
    const read = splitState.safeParse(saved);
    if (!read.success) return { code: 'invalid_state', problem: z.prettifyError(read.error) };
    const splitter = new SplitTuner(read.data.options);
    try {
      for (const { spends, values } of read.data.observations) splitter.observe(spends, values);
    } catch (error) {
      return { code: 'invalid_state', problem: (error as Error).message };
    }
    splitter.#seen = read.data.seen;
    return splitter;
  }
}
