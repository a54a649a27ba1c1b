// What a policy would have brought, from decisions that another one drew and logged with their density. Each decision
// is weighed by how much likelier the target draws it: w = p(output | target) / p(output | behaviour).
//
//   ips       Σ w r / n                      right on average, if the densities are (Horvitz and Thompson 1952)
//   snips     Σ w r / Σ w                    of smaller variance, wrong by O(1/n) (Swaminathan and Joachims 2015)
//   clipped   Σ min(w, M) r / n              of smaller variance, too low by at most max |r| × (1 − E min(w, M))
//   dr        Σ q(x, target) + w (r − q)     right on average if either the densities or the model q are (Dudík et al.
//                                            2011), and of smaller variance the better q is
//   horizon   Σ over h < H of w₁ … w_h+1 r_h what follows in the next slots too (per decision: Precup et al. 2000)
//
// Over a day of 96 slots the product of the weights says nothing: its variance grows as (1 + v)^96. So the reward of a
// slot here is net of what its money would have bought otherwise, and the horizon is short (docs/policy.md section 4).

import { FOLDS, RewardModel } from './reward_model.js';
import { bootstrapped, type Estimate, sumsOf } from './weighted.js';

/** One logged decision. */
export interface Decision {
  readonly inputs: ArrayLike<number>;
  /** What was drawn, and its density under the policy that drew it; 0: it was not drawn. */
  readonly output: number;
  readonly density: number;
  readonly reward: number;
  /** Decisions of one episode stand one behind the other, in the order of their slots. */
  readonly episode: string;
  readonly slot: number;
}

/** What a policy draws its output from; deviation 0: it says the mean. Undefined: it does not speak there. */
export type Target = (inputs: ArrayLike<number>) => { readonly mean: number; readonly sigma: number } | undefined;

export interface Clipped extends Estimate {
  /** Weights above it count as it. */
  readonly clip: number;
  /** By how much the value may be off for that, at most. */
  readonly bias: number;
}

export interface Horizon extends Estimate {
  readonly slots: number;
  /** As of the decisions below, with the weights of the last slot. */
  readonly effective: number;
}

/** Mean reward of a slot. */
export interface OffPolicy {
  /** Decisions that both policies could have drawn, those left out because one could not, and episodes. */
  readonly decisions: number;
  readonly leftOut: number;
  readonly episodes: number;
  /** How many decisions of the target's own would say as much: (Σ w)² / Σ w². */
  readonly effective: number;
  /** Of the policy that made them. */
  readonly behaviour: Estimate;
  readonly ips: Estimate;
  readonly snips: Estimate;
  readonly clipped: Clipped;
  readonly dr: Estimate;
  readonly horizon: Horizon;
  /** Doubly robust, less what the policy that made them got: both of the same drawings. */
  readonly gain: Estimate;
}

/** There is nothing to estimate from. */
export interface NoOverlap {
  readonly code: 'no_overlap';
  readonly problem: string;
}

export interface OffPolicyOptions {
  /** Weights above it are clipped. */
  readonly clip?: number;
  /** Slots of the short horizon. */
  readonly horizon?: number;
}

const CLIP = 5;
const HORIZON = 4;
const DECISIONS_MIN = 50;
const EPISODES_MIN = FOLDS;

/** Estimates the target's value. Decisions that were not drawn, or that it cannot draw, are left out, and counted. */
export function estimate(
  logged: readonly Decision[],
  target: Target,
  { clip = CLIP, horizon = HORIZON }: OffPolicyOptions = {},
): OffPolicy | NoOverlap {
  const drawn = logged.filter(({ density }) => density > 0).length;
  const rows = rowsOf(logged, target);
  const leftOut = logged.length - rows.length;
  const problem = problemOf(logged.length, drawn, rows);
  if (problem !== undefined) return { code: 'no_overlap', problem };

  const of = rows.map(({ episode }) => episode);
  const episodes = (of.at(-1) as number) + 1;
  const columns = (...values: readonly ArrayLike<number>[]) => values.map((column) => sumsOf(column, of, episodes));
  const ones = new Float64Array(rows.length).fill(1);
  const rewards = Float64Array.from(rows, ({ decision }) => decision.reward);
  const weights = Float64Array.from(rows, ({ weight }) => weight);
  const kept = weights.map((w) => Math.min(w, clip));
  const modelled = doublyRobust(rows);
  const meanOf = (values: ArrayLike<number>): Estimate => bootstrapped(columns(values, ones), ratio);
  const highest = rewards.reduce((most, r) => Math.max(most, Math.abs(r)), 0);
  const ahead = horizonValues(rows, horizon);
  return {
    decisions: rows.length,
    leftOut,
    episodes,
    effective: effectiveOf(weights),
    behaviour: meanOf(rewards),
    ips: meanOf(weights.map((w, i) => w * (rewards[i] as number))),
    snips: bootstrapped(
      columns(
        weights.map((w, i) => w * (rewards[i] as number)),
        weights,
      ),
      ratio,
    ),
    clipped: {
      ...meanOf(kept.map((w, i) => w * (rewards[i] as number))),
      clip,
      bias: highest * Math.max(0, 1 - kept.reduce((sum, w) => sum + w, 0) / rows.length),
    },
    dr: meanOf(modelled),
    horizon: {
      ...bootstrapped([sumsOf(ahead.values, ahead.episodes, episodes), ...ahead.counts(episodes)], ratio),
      slots: horizon,
      effective: effectiveOf(ahead.weights),
    },
    gain: meanOf(modelled.map((value, i) => value - (rewards[i] as number))),
  };
}

interface Row {
  readonly decision: Decision;
  readonly policy: { readonly mean: number; readonly sigma: number };
  readonly weight: number;
  readonly episode: number;
  /** The one before is of the slot before. */
  readonly follows: boolean;
}

/** The decisions that both could have drawn. */
function rowsOf(logged: readonly Decision[], target: Target): Row[] {
  const rows: Row[] = [];
  for (const decision of logged) {
    const policy = decision.density > 0 ? target(decision.inputs) : undefined;
    if (policy === undefined || policy.sigma === 0) continue;
    const weight = normalDensity(decision.output, policy) / decision.density;
    const before = rows.at(-1);
    const isSame = before?.decision.episode === decision.episode;
    const follows = isSame && decision.slot - before.decision.slot <= 1;
    const episode = before === undefined ? 0 : before.episode + (isSame ? 0 : 1);
    rows.push({ decision, policy, weight, episode, follows });
  }
  return rows;
}

const ratio = ([sum, count]: readonly number[]): number => (sum as number) / (count as number);

function problemOf(logged: number, drawn: number, rows: readonly Row[]): string | undefined {
  if (logged === 0) return 'no decision was logged';
  if (drawn === 0) {
    const unknown = 'what another policy would have brought cannot be told';
    return `none of ${logged} logged decisions was drawn (sigma 0): ${unknown}`;
  }
  const episodes = new Set(rows.map(({ episode }) => episode)).size;
  if (rows.length >= DECISIONS_MIN && episodes >= EPISODES_MIN) return undefined;
  const least = `${DECISIONS_MIN} decisions of ${EPISODES_MIN} episodes are the least`;
  return `${rows.length} of ${logged} logged decisions, of ${episodes} episodes, could be drawn by both; ${least}`;
}

function normalDensity(x: number, { mean, sigma }: { readonly mean: number; readonly sigma: number }): number {
  const z = (x - mean) / sigma;
  return Math.exp((-z * z) / 2) / (sigma * Math.sqrt(2 * Math.PI));
}

function effectiveOf(weights: ArrayLike<number>): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i] as number;
    squares += (weights[i] as number) ** 2;
  }
  return squares > 0 ? (sum * sum) / squares : 0;
}

/** Of each decision: what a model fitted on other episodes expects of the target, and what it was wrong by, weighed. */
function doublyRobust(rows: readonly Row[]): Float64Array {
  const values = new Float64Array(rows.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const model = new RewardModel(rows.filter(({ episode }) => episode % FOLDS !== fold).map((row) => row.decision));
    rows.forEach(({ decision, policy, weight, episode }, i) => {
      if (episode % FOLDS !== fold) return;
      const { inputs, output, reward } = decision;
      const { mean, sigma } = policy;
      const expected = model.expected(inputs, { mean, square: mean * mean + sigma * sigma });
      const there = model.expected(inputs, { mean: output, square: output * output });
      values[i] = expected + weight * (reward - there);
    });
  }
  return values;
}

/** From each decision with `slots` − 1 more behind it: the mean reward of these slots, weighed by decision. */
function horizonValues(rows: readonly Row[], slots: number) {
  const [values, weights, episodes]: [number[], number[], number[]] = [[], [], []];
  for (let start = 0; start + slots <= rows.length; start++) {
    if (rows.slice(start + 1, start + slots).some(({ follows }) => !follows)) continue;
    let [product, sum] = [1, 0];
    for (const { weight, decision } of rows.slice(start, start + slots)) {
      product *= weight;
      sum += product * decision.reward;
    }
    values.push(sum / slots);
    weights.push(product);
    episodes.push((rows[start] as Row).episode);
  }
  const counts = (count: number) => [sumsOf(new Float64Array(values.length).fill(1), episodes, count)];
  return { values, weights, episodes, counts };
}
