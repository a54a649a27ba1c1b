// Drift: whether the traffic of now is that which the live model was trained on. Two kinds of samples are compared.
//
// Of all impressions, those of the training window with the newest:
//
//   feature:NAME   the values of a hashed feature, as ranks by how frequent they were (a new value comes last): a shift
//                  of weight between values moves the ranks              Kolmogorov–Smirnov
//   reward         clicks, and conversions in clicks, an impression: falling            Mann–Whitney
//
// Of the impressions that one version bid for, the first with the newest. Another model predicts and bids otherwise, so
// across versions these say nothing of the traffic:
//
//   price          what a bid could have cost                         Kolmogorov–Smirnov
//   prediction     CTR as the bid's token says                        Kolmogorov–Smirnov
//   calibration    clicks predicted for each that came, now against then: further from 1
//   reward         rising: told, and no reason to go back
//
// Hour and weekday are left out: they drift by themselves. With thousands of impressions everything differs a little,
// so an alert takes both, a p-value that holds for all tests together (Bonferroni) and a difference that matters.
// Alerts wait here, and in the checkpoint, until they were written and acted on.

import { DRIFT_TESTS, type DriftTest } from '../../bidcore/drift_tests.js';
import { unpackFeatures } from '../../bidcore/feature_list.js';
import { kolmogorovSmirnov } from '../../bidcore/statistics/kolmogorov_smirnov.js';
import { mannWhitney } from '../../bidcore/statistics/mann_whitney.js';
import { twoSided } from '../../bidcore/statistics/normal.js';
import { short } from '../gate/gate.js';
import { WATCHED } from './watched.js';

/** Impressions of a sample at most, and at least before it is tested. */
const WINDOW = 8192;
const WINDOW_MIN = 1000;
/** Versions whose impressions are kept: those that bid last. Between two models, and in trials, they come mixed. */
const VERSIONS = 4;
/** For all tests of one check together. */
const ALPHA = 0.001;
const ALPHA_EACH = ALPHA / (WATCHED.length + 1 + 4 * VERSIONS);
/** Differences that matter: distance of distributions, share of pairs off a half, ratio of calibrations. */
const DISTANCE_MIN = 0.1;
const SHARE_MIN = 0.02;
const RATIO_MIN = 1.25;
const CLICKS_MIN = 20;

interface Finding {
  readonly test: DriftTest;
  readonly text: string;
  /** It may be a reason to roll back; false: things got better. */
  readonly worse: boolean;
}

export interface DriftAlert extends Finding {
  /** The version it is about. */
  readonly version: number;
  /** When it was found, by the time of the notices, ISO 8601. */
  readonly at: string;
}

/** An impression of whichever model. */
interface Seen {
  /** Of the features in WATCHED, in its order. */
  readonly features: Uint32Array;
  readonly reward: number;
}

/** An impression of one model. */
interface Bid {
  readonly ctr: number;
  readonly price: number;
  readonly reward: number;
  readonly clicked: boolean;
}

/** The first impressions of a version, up to a window, and the newest of those that followed. */
interface Sample {
  readonly first: Bid[];
  rest: Bid[];
}

export interface WatchState {
  readonly reference: readonly Seen[];
  readonly recent: readonly Seen[];
  readonly since: number;
  readonly versions: readonly (readonly [number, Sample])[];
  readonly pending: readonly DriftAlert[];
  readonly alerts: Readonly<Record<string, number>>;
}

export class DriftWatch {
  #reference: Seen[] = [];
  #recent: Seen[] = [];
  /** Impressions since the reference was taken. */
  #since = 0;
  /** By version, in the order in which they were seen last. */
  #versions = new Map<number, Sample>();
  #pending: DriftAlert[] = [];
  #alerts: Record<string, number> = Object.fromEntries(DRIFT_TESTS.map((test) => [test, 0]));

  /** Alerts since the first start, by test. */
  get alerts(): Readonly<Record<string, number>> {
    return this.#alerts;
  }

  /** Alerts that were found, and not settled. */
  get pending(): readonly DriftAlert[] {
    return this.#pending;
  }

  /** @param model version that bid; @param price micros CPM; @param reward in clicks */
  impression(packed: Uint8Array, model: number, ctr: number, price: number, reward: number, clicked: boolean): void {
    const features = unpackFeatures(packed);
    this.#recent.push({ features: Uint32Array.from(WATCHED, ({ at }) => features[at] as number), reward });
    this.#since += 1;
    if (this.#recent.length >= 2 * WINDOW) this.#recent = this.#recent.slice(-WINDOW);
    this.#add(model, { ctr, price, reward, clicked });
  }

  /** A model was published: what was seen last is what it was trained on, if it is a window's worth. */
  published(): void {
    if (this.#since >= WINDOW || (this.#reference.length === 0 && this.#since >= WINDOW_MIN)) this.#takeReference();
  }

  /** What a version did before is not what it is compared with from now on. */
  forget(version: number): void {
    this.#versions.delete(version);
  }

  /**
   * Compares, and adds what drifted to the pending alerts. What comes after is the reference from then on: so it is
   * told once, also where the newest were of both kinds of traffic.
   * @param live version that bids, which drift of all traffic is about
   * @param at the time of the notices, ISO 8601
   * @returns what was found now
   */
  check(live: number, at: string): readonly DriftAlert[] {
    const alerts = this.#checkTraffic().map((found) => ({ ...found, version: live, at }));
    for (const [version, sample] of [...this.#versions]) {
      const found = checkVersion(version, sample);
      if (found.length > 0) this.forget(version);
      alerts.push(...found.map((finding) => ({ ...finding, version, at })));
    }
    for (const { test } of alerts) this.#alerts[test] = (this.#alerts[test] ?? 0) + 1;
    this.#pending.push(...alerts);
    return alerts;
  }

  /** The pending alerts were written and acted on. */
  settled(): void {
    this.#pending = [];
  }

  state(): WatchState {
    return {
      reference: this.#reference,
      recent: this.#recent,
      since: this.#since,
      versions: [...this.#versions],
      pending: this.#pending,
      alerts: { ...this.#alerts },
    };
  }

  restore({ reference, recent, since, versions, pending, alerts }: WatchState): void {
    const own = (seen: Seen): Seen => ({ ...seen, features: Uint32Array.from(seen.features) });
    this.#reference = reference.map(own);
    this.#recent = recent.map(own);
    this.#since = since;
    this.#versions = new Map(versions.map(([version, { first, rest }]) => [version, sampleOf(first, rest)]));
    this.#pending = [...pending];
    this.#alerts = { ...alerts };
  }

  #add(model: number, bid: Bid): void {
    const sample = this.#versions.get(model) ?? sampleOf();
    this.#versions.delete(model);
    this.#versions.set(model, sample);
    if (this.#versions.size > VERSIONS) this.#versions.delete(this.#versions.keys().next().value as number);
    if (sample.first.length < WINDOW) sample.first.push(bid);
    else sample.rest.push(bid);
    if (sample.rest.length >= 2 * WINDOW) sample.rest = sample.rest.slice(-WINDOW);
  }

  #checkTraffic(): Finding[] {
    if (this.#reference.length === 0 && this.#since >= WINDOW) this.#takeReference();
    const now = this.#recent.slice(-Math.min(this.#since, WINDOW));
    const then = this.#reference;
    if (now.length < WINDOW_MIN || then.length < WINDOW_MIN) return [];
    const found = WATCHED.flatMap(({ name }, i) => {
      const rank = ranksOf(then, i);
      const ranks = (of: readonly Seen[]): number[] => of.map(({ features }) => rank(features[i] as number));
      return distanceOf('feature', `feature ${name}`, ranks(then), ranks(now));
    });
    found.push(...rewardOf(then, now, 'falls'));
    if (found.length > 0) [this.#reference, this.#recent, this.#since] = [[], [], 0];
    return found;
  }

  #takeReference(): void {
    this.#reference = this.#recent.slice(-WINDOW);
    this.#recent = [];
    this.#since = 0;
  }
}

function sampleOf(first: readonly Bid[] = [], rest: readonly Bid[] = []): Sample {
  return { first: [...first], rest: [...rest] };
}

/** Compares the first impressions of a version with its newest, as many. */
function checkVersion(version: number, sample: Sample): Finding[] {
  const all = [...sample.first, ...sample.rest];
  const size = Math.min(WINDOW, Math.floor(all.length / 2));
  if (size < WINDOW_MIN) return [];
  const [then, now] = [all.slice(0, size), all.slice(-size)];
  const found = (['price', 'ctr'] as const).flatMap((field) => {
    const of = (bids: readonly Bid[]): number[] => bids.map((bid) => bid[field]);
    return distanceOf(field === 'ctr' ? 'prediction' : field, `${field} of version ${version}`, of(then), of(now));
  });
  found.push(...calibrationOf(version, then, now), ...rewardOf(then, now, 'rises'));
  return found;
}

function distanceOf(test: DriftTest, what: string, then: number[], now: number[]): Finding[] {
  const { distance, p } = kolmogorovSmirnov(then, now);
  if (p >= ALPHA_EACH || distance < DISTANCE_MIN) return [];
  const sizes = `${now.length} impressions against ${then.length}`;
  const text = `${what}: Kolmogorov–Smirnov distance ${short(distance)}, p ${short(p)}, ${sizes}`;
  return [{ test, text, worse: true }];
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

function rewardOf(then: readonly Rewarded[], now: readonly Rewarded[], wanted: 'falls' | 'rises'): Finding[] {
  const reward = ({ reward }: Rewarded): number => reward;
  const { share, p } = mannWhitney(now.map(reward), then.map(reward));
  const off = wanted === 'falls' ? 0.5 - share : share - 0.5;
  if (p >= ALPHA_EACH || off < SHARE_MIN) return [];
  const mean = (of: readonly Rewarded[]): string => short(of.reduce((sum, { reward }) => sum + reward, 0) / of.length);
  const means = `${mean(now)} an impression against ${mean(then)}, in clicks`;
  const text = `reward ${wanted}: Mann–Whitney p ${short(p)}, ${means}`;
  return [{ test: 'reward', text, worse: wanted === 'falls' }];
}

interface Rewarded {
  readonly reward: number;
}

/**
 * The logarithms of two ratios of Poisson counts to what was predicted differ with a variance of 1/k + 1/l. What comes
 * nearer to 1 is no alert.
 */
function calibrationOf(version: number, then: readonly Bid[], now: readonly Bid[]): Finding[] {
  const ratioOf = (of: readonly Bid[]): { predicted: number; clicks: number } => ({
    predicted: of.reduce((sum, { ctr }) => sum + ctr, 0),
    clicks: of.reduce((sum, { clicked }) => sum + (clicked ? 1 : 0), 0),
  });
  const [a, b] = [ratioOf(then), ratioOf(now)];
  // Where none came, a half: the ratio is then as extreme as the prediction makes it.
  const [k, l] = [Math.max(a.clicks, 0.5), Math.max(b.clicks, 0.5)];
  if (Math.max(a.clicks, b.clicks, b.predicted) < CLICKS_MIN) return [];
  const [before, after] = [Math.log(a.predicted / k), Math.log(b.predicted / l)];
  const p = twoSided((after - before) / Math.sqrt(1 / k + 1 / l));
  if (p >= ALPHA_EACH || Math.abs(after) - Math.abs(before) < Math.log(RATIO_MIN)) return [];
  const ratios = `${short(b.predicted / l)} against ${short(a.predicted / k)}`;
  const text = `calibration of version ${version}: ${ratios} clicks predicted for each that came, p ${short(p)}`;
  return [{ test: 'calibration', text, worse: true }];
}
