// Drift: whether the traffic of now is that which the live model was trained on. Two samples of impressions are kept,
// those of the training window and the newest; each check compares them, field by field:
//
//   feature:NAME   the values of a hashed feature, as ranks by how frequent they were (a new value comes last): a shift
//                  of weight between values moves the ranks              Kolmogorov–Smirnov
//   price          what a bid could have cost                         Kolmogorov–Smirnov
//   prediction     CTR as the bid's token says                        Kolmogorov–Smirnov
//   reward         clicks, and conversions in clicks, an impression   Mann–Whitney
//   calibration    clicks predicted for each that came, now against then
//
// Hour and weekday are left out: they drift by themselves. With thousands of impressions everything differs a little,
// so an alert takes both, a p-value that holds for all tests together (Bonferroni) and a difference that matters.

import { DRIFT_TESTS, type DriftTest } from '../../bidcore/drift_tests.js';
import { unpackFeatures } from '../../bidcore/feature_list.js';
import { short } from '../gate/gate.js';
import { kolmogorovSmirnov } from '../statistics/kolmogorov_smirnov.js';
import { mannWhitney } from '../statistics/mann_whitney.js';
import { twoSided } from '../statistics/normal.js';
import { WATCHED } from './watched.js';

/** Impressions of a sample at most, and at least before it is tested. */
const WINDOW = 8192;
const WINDOW_MIN = 1000;
/** For all tests of one check together. */
const ALPHA = 0.001;
/** Differences that matter: distance of distributions, share of pairs off a half, ratio of calibrations. */
const DISTANCE_MIN = 0.1;
const SHARE_MIN = 0.02;
const RATIO_MIN = 1.25;
const CLICKS_MIN = 20;

export interface DriftAlert {
  readonly test: DriftTest;
  readonly text: string;
}

/** One impression, as it is watched. */
interface Seen {
  /** Of the features in WATCHED, in its order. */
  readonly features: Uint32Array;
  readonly ctr: number;
  readonly price: number;
  readonly reward: number;
  readonly clicked: boolean;
}

export interface WatchState {
  readonly reference: readonly Seen[];
  readonly recent: readonly Seen[];
  readonly since: number;
  readonly alerts: Readonly<Record<string, number>>;
}

export class DriftWatch {
  #reference: Seen[] = [];
  #recent: Seen[] = [];
  /** Impressions since the reference was taken. */
  #since = 0;
  #alerts: Record<string, number> = Object.fromEntries(DRIFT_TESTS.map((test) => [test, 0]));

  /** Alerts since the first start, by test. */
  get alerts(): Readonly<Record<string, number>> {
    return this.#alerts;
  }

  /** @param reward in clicks */
  impression(packed: Uint8Array, ctr: number, price: number, reward: number, clicked: boolean): void {
    const features = unpackFeatures(packed);
    this.#recent.push({
      features: Uint32Array.from(WATCHED, ({ at }) => features[at] as number),
      ctr,
      price,
      reward,
      clicked,
    });
    this.#since += 1;
    if (this.#recent.length >= 2 * WINDOW) this.#recent = this.#recent.slice(-WINDOW);
  }

  /** A model was published: what was seen last is what it was trained on, if it is a window's worth. */
  published(): void {
    if (this.#since >= WINDOW || (this.#reference.length === 0 && this.#since >= WINDOW_MIN)) this.#takeReference();
  }

  /** Compares; what drifted is the reference from then on, so that it is told once. */
  check(): DriftAlert[] {
    const now = this.#recent.slice(-Math.min(this.#since, WINDOW));
    const then = this.#reference;
    if (now.length < WINDOW_MIN || then.length < WINDOW_MIN) return [];
    const alpha = ALPHA / (WATCHED.length + 4);
    const alerts: DriftAlert[] = [];
    WATCHED.forEach(({ name }, i) => {
      const rank = ranksOf(then, i);
      const ranks = (of: readonly Seen[]): number[] => of.map(({ features }) => rank(features[i] as number));
      this.#distance('feature', `feature ${name}`, ranks(then), ranks(now), alpha, alerts);
    });
    for (const [test, pick] of [
      ['price', (seen: Seen) => seen.price],
      ['prediction', (seen: Seen) => seen.ctr],
    ] as const) {
      this.#distance(test, test, then.map(pick), now.map(pick), alpha, alerts);
    }
    rewardAlert(then, now, alpha, alerts);
    calibrationAlert(then, now, alpha, alerts);
    for (const { test } of alerts) this.#alerts[test] = (this.#alerts[test] ?? 0) + 1;
    if (alerts.length > 0) this.#takeReference();
    return alerts;
  }

  state(): WatchState {
    return { reference: this.#reference, recent: this.#recent, since: this.#since, alerts: { ...this.#alerts } };
  }

  restore({ reference, recent, since, alerts }: WatchState): void {
    const own = (seen: Seen): Seen => ({ ...seen, features: Uint32Array.from(seen.features) });
    this.#reference = reference.map(own);
    this.#recent = recent.map(own);
    this.#since = since;
    this.#alerts = { ...alerts };
  }

  #takeReference(): void {
    this.#reference = this.#recent.slice(-WINDOW);
    this.#recent = [];
    this.#since = 0;
  }

  #distance(test: DriftTest, what: string, then: number[], now: number[], alpha: number, alerts: DriftAlert[]): void {
    const { distance, p } = kolmogorovSmirnov(then, now);
    if (p >= alpha || distance < DISTANCE_MIN) return;
    const sizes = `${now.length} impressions against ${then.length}`;
    alerts.push({ test, text: `${what}: Kolmogorov–Smirnov distance ${short(distance)}, p ${short(p)}, ${sizes}` });
  }
}

/** Ranks of a field's values by how frequent they were, the most frequent first; of new ones, behind all. */
function ranksOf(then: readonly Seen[], field: number): (value: number) => number {
  const counts = new Map<number, number>();
  for (const { features } of then) {
    const value = features[field] as number;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const order = [...counts].sort(([a, m], [b, n]) => n - m || a - b).map(([value]) => value);
  const ranks = new Map(order.map((value, rank) => [value, rank]));
  return (value) => ranks.get(value) ?? ranks.size;
}

function rewardAlert(then: readonly Seen[], now: readonly Seen[], alpha: number, alerts: DriftAlert[]): void {
  const reward = ({ reward }: Seen): number => reward;
  const { share, p } = mannWhitney(now.map(reward), then.map(reward));
  if (p >= alpha || Math.abs(share - 0.5) < SHARE_MIN) return;
  const mean = (of: readonly Seen[]): string => short(of.reduce((sum, { reward }) => sum + reward, 0) / of.length);
  const means = `${mean(now)} an impression against ${mean(then)}`;
  alerts.push({ test: 'reward', text: `reward: Mann–Whitney p ${short(p)}, ${means}, in clicks` });
}

/** The logarithms of two ratios of Poisson counts to what was predicted differ with a variance of 1/k + 1/l. */
function calibrationAlert(then: readonly Seen[], now: readonly Seen[], alpha: number, alerts: DriftAlert[]): void {
  const ratioOf = (of: readonly Seen[]): { predicted: number; clicks: number } => ({
    predicted: of.reduce((sum, { ctr }) => sum + ctr, 0),
    clicks: of.reduce((sum, { clicked }) => sum + (clicked ? 1 : 0), 0),
  });
  const [a, b] = [ratioOf(then), ratioOf(now)];
  // Where none came, a half: the ratio is then as extreme as the prediction makes it.
  const [k, l] = [Math.max(a.clicks, 0.5), Math.max(b.clicks, 0.5)];
  if (Math.max(a.clicks, b.clicks, b.predicted) < CLICKS_MIN) return;
  const apart = Math.log(b.predicted / l) - Math.log(a.predicted / k);
  const p = twoSided(apart / Math.sqrt(1 / k + 1 / l));
  if (p >= alpha || Math.abs(apart) < Math.log(RATIO_MIN)) return;
  const ratios = `${short(b.predicted / l)} against ${short(a.predicted / k)}`;
  alerts.push({
    test: 'calibration',
    text: `calibration: ${ratios} clicks predicted for each that came, p ${short(p)}`,
  });
}
