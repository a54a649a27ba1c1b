// Everything that learns: CTR and CVR, their calibration, the win price landscape; and which exchanges have slots of
// their own. Fed in the order of the events, it is the same after the same events, however often it was saved and
// restored in between.

import { unpackFeatures } from '../../bidcore/feature_list.js';
import { Calibrator } from '../calibration/calibrator.js';
import { FmTrainer, type Target } from '../fm/fm_trainer.js';
import { sampledWeight } from '../fm/sampling.js';
import { PARTS, type Part } from '../gate/evaluation.js';
import { LandscapeTrainer } from '../landscape/landscape_trainer.js';
import type { PriceObservation } from '../landscape/observation.js';
import { isStateError } from '../state.js';
import { exchangeSlots, moveSlots } from './slots.js';

/** Examples of a target before its weights are published, and observations before the landscape is. */
const CALIBRATED_MIN = 200;
const PRICES_MIN = 500;
/** After so many examples a calibration lets what it has counted fade by this: it remembers about half a million. */
const FADE_EXAMPLES = 50_000;
const FADE = 0.9;
const EXCHANGES_MAX = 1000;
const TARGETS = ['ctr', 'cvr'] as const;
const PART_OF = { ctr: 'clicks', cvr: 'conversions' } as const;

export interface LearnerCounts {
  impressions: number;
  clicks: number;
  /** Examples of the CVR: clicks with their outcome, and those that converted. */
  conversionExamples: number;
  conversions: number;
  prices: number;
  /** Sum of the log loss of each CTR example before it was learned (progressive validation). */
  progressiveLoss: number;
}

export interface LearnersState {
  readonly trainers: readonly Uint8Array[];
  readonly calibrators: readonly Uint8Array[];
  readonly landscape: Uint8Array;
  readonly exchanges: readonly (readonly [number, number])[];
  readonly counts: LearnerCounts;
}

interface Learner {
  readonly trainer: FmTrainer;
  readonly calibrator: Calibrator;
}

export class Learners {
  readonly #negatives: number;
  readonly #learners: Readonly<Record<Target, Learner>>;
  readonly #landscape = new LandscapeTrainer();
  /** Impressions of each exchange, by its feature. */
  #exchanges = new Map<number, number>();
  #counts: LearnerCounts = noCounts();

  private constructor(negatives: number, trainers: Readonly<Record<Target, FmTrainer>>) {
    this.#negatives = negatives;
    const learner = (target: Target): Learner => ({ trainer: trainers[target], calibrator: new Calibrator() });
    this.#learners = { ctr: learner('ctr'), cvr: learner('cvr') };
  }

  /**
   * Learners that go on from a model.
   * @param negatives share of impressions without a click that is learned
   */
  static async startFrom(image: Uint8Array, negatives: number): Promise<Learners> {
    const aligned = Uint8Array.from(image);
    const ctr = await FmTrainer.startFrom(aligned, 'ctr');
    return new Learners(negatives, { ctr, cvr: await FmTrainer.startFrom(aligned, 'cvr') });
  }

  get counts(): Readonly<LearnerCounts> {
    return this.#counts;
  }

  /** @param packed features of the bid; @param bid its id, which says whether a negative is left out */
  impression(packed: Uint8Array, clicked: boolean, bid: string): void {
    const features = unpackFeatures(packed);
    const label = clicked ? 1 : 0;
    const [high, low] = halvesOf(bid);
    const weight = sampledWeight(label, high, low, this.#negatives);
    const { trainer } = this.#learners.ctr;
    const predicted = weight > 0 ? trainer.learn(features, label, weight) : trainer.predict(features);
    this.#counts.progressiveLoss -= Math.log(Math.max(label === 1 ? predicted : 1 - predicted, 1e-12));
    this.#calibrate('ctr', predicted, label, features, this.#counts.impressions);
    this.#counts.impressions += 1;
    this.#counts.clicks += label;
    this.#countExchange(features[0] as number);
  }

  click(packed: Uint8Array, converted: boolean): void {
    const features = unpackFeatures(packed);
    const label = converted ? 1 : 0;
    const predicted = this.#learners.cvr.trainer.learn(features, label);
    this.#calibrate('cvr', predicted, label, features, this.#counts.conversionExamples);
    this.#counts.conversionExamples += 1;
    this.#counts.conversions += label;
  }

  price(observation: PriceObservation): void {
    this.#landscape.learn(observation);
    this.#counts.prices += 1;
  }

  /**
   * A model of what was learned. Of what too little was seen, it has what the base has.
   * @param base image of the live model: the policy, and what is not learned here, stay
   * @param parts what of it may be other than in the base
   */
  image(base: Uint8Array, parts: ReadonlySet<Part> = new Set(PARTS)): Uint8Array {
    const image = Uint8Array.from(base);
    const slots = exchangeSlots(this.#exchanges);
    moveSlots(image, base, slots);
    for (const target of TARGETS) {
      const { trainer, calibrator } = this.#learners[target];
      if (trainer.examples === 0 || !parts.has(PART_OF[target])) continue;
      trainer.writeTo(image, target);
      if (calibrator.total >= CALIBRATED_MIN) calibrator.writeTo(image, target, slots);
    }
    if (this.#counts.prices >= PRICES_MIN && parts.has('prices')) this.#landscape.writeTo(image, slots);
    return image;
  }

  state(): LearnersState {
    return {
      trainers: TARGETS.map((target) => this.#learners[target].trainer.save()),
      calibrators: TARGETS.map((target) => this.#learners[target].calibrator.save()),
      landscape: this.#landscape.save(),
      exchanges: [...this.#exchanges],
      counts: { ...this.#counts },
    };
  }

  /** Takes a saved state. Throws if it is of another version; what is held then is of no use. */
  restore(state: LearnersState): void {
    TARGETS.forEach((target, i) => {
      const { trainer, calibrator } = this.#learners[target];
      const problem =
        trainer.restore(state.trainers[i] as Uint8Array) ?? calibrator.restore(state.calibrators[i] as Uint8Array);
      if (isStateError(problem)) throw new Error(`${target}: ${problem.problem}`);
    });
    const problem = this.#landscape.restore(state.landscape);
    if (isStateError(problem)) throw new Error(`landscape: ${problem.problem}`);
    this.#exchanges = new Map(state.exchanges);
    this.#counts = { ...state.counts };
  }

  #calibrate(target: Target, predicted: number, label: 0 | 1, features: Uint32Array, before: number): void {
    const { calibrator } = this.#learners[target];
    if (before > 0 && before % FADE_EXAMPLES === 0) calibrator.decay(FADE);
    const p = Math.min(Math.max(predicted, 1e-9), 1 - 1e-9);
    calibrator.add(Math.log(p / (1 - p)), label, features[0]);
  }

  #countExchange(feature: number): void {
    const known = this.#exchanges.get(feature);
    if (known !== undefined || this.#exchanges.size < EXCHANGES_MAX) this.#exchanges.set(feature, (known ?? 0) + 1);
  }
}

/** The halves of a bid id, 16 hexadecimal digits. */
export function halvesOf(bid: string): [number, number] {
  return [Number.parseInt(bid.slice(0, 8), 16), Number.parseInt(bid.slice(8), 16)];
}

export function noCounts(): LearnerCounts {
  return { impressions: 0, clicks: 0, conversionExamples: 0, conversions: 0, prices: 0, progressiveLoss: 0 };
}
