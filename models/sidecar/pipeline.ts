// What a notice does: joined with those of its bid, learned or held back, counted for its arm, watched for drift. Fed
// the same records in the same order it is the same in the end, wherever it was saved and restored in between: nothing
// in it asks for the time or draws a number.

import type { NoticeRecord } from '../../bidcore/money/event.js';
import type { TrainerConfig } from '../../bidcore/trainer_keys.js';
import { DriftWatch, type WatchState } from '../drift/watch.js';
import { Arms, type ArmsState } from '../gate/arms.js';
import { HeldBack, type HeldBackState, isHeldBack } from '../gate/held_back.js';
import { priceObservation } from '../landscape/observation.js';
import { Join, type JoinState, OPEN_MAX, type OpenBid } from './join.js';
import { halvesOf, type LearnerCounts, Learners, type LearnersState, noCounts } from './learners.js';

/** Clicks a conversion is taken to be worth before any was seen, and how many that guess counts for. */
const CLICKS_A_CONVERSION = 30;

/** A model, and the version it is. */
export interface Model {
  readonly version: number;
  readonly image: Uint8Array;
}

export interface PipelineState {
  readonly version: number;
  readonly before: LearnerCounts;
  readonly join: JoinState;
  readonly learners: LearnersState;
  readonly held: HeldBackState;
  readonly arms: ArmsState;
  readonly watch: WatchState;
  readonly losing: readonly number[];
  readonly notices: number;
  readonly firstMs: number;
}

export class Pipeline {
  held = new HeldBack();
  readonly arms = new Arms();
  readonly watch = new DriftWatch();
  learners: Learners;
  /** The version that the learners began from, or the last that was made of them and went live. */
  version: number;
  /** What earlier learners counted. */
  #before: LearnerCounts = noCounts();
  readonly #config: TrainerConfig;
  readonly #join: Join;
  /** Features of exchanges that have reported losses: without them, every price would seem to win. */
  #losing = new Set<number>();
  #notices = 0;
  #firstMs = 0;

  private constructor(config: TrainerConfig, learners: Learners, version: number) {
    this.#config = config;
    this.learners = learners;
    this.version = version;

    this.#join = new Join(
      {
        clickWindowMs: config.clickWindowS * 1000,
        conversionWindowMs: config.conversionWindowS * 1000,
        openMax: OPEN_MAX,
      },
      {
        impression: (bid, clicked, late) => this.#impression(bid, clicked, late),
        click: (bid, converted) => this.#click(bid, converted),
        price: (record) => this.#price(record),
      },
    );
  }

  /** One that goes on from the weights of a model. */
  static async startFrom({ version, image }: Model, config: TrainerConfig): Promise<Pipeline> {
    return new Pipeline(config, await Learners.startFrom(image, config.negatives), version);
  }

  /**
   * Learns anew, from a model that was not made of what was learned here. Bids that wait for their outcome, and what
   * was counted of arms, stay.
   * @param dropHeld what is held back is of traffic that must not judge: it goes
   */
  async startAgainFrom({ version, image }: Model, dropHeld: boolean): Promise<void> {
    const learners = await Learners.startFrom(image, this.#config.negatives);
    this.#before = this.totals;
    this.learners = learners;
    this.version = version;
    this.#firstMs = this.#join.clockMs;
    if (dropHeld) this.held = new HeldBack();
    this.watch.forget(version);
  }

  /** Notices taken, since the first start. */
  get notices(): number {
    return this.#notices;
  }

  /** What was learned since the first start, also by learners that others have followed. */
  get totals(): LearnerCounts {
    return sumOf(this.#before, this.learners.counts);
  }

  /** Time of the first notice that these learners learned from and of the newest, milliseconds since the epoch. */
  get span(): { readonly firstMs: number; readonly lastMs: number } {
    return { firstMs: this.#firstMs, lastMs: this.#join.clockMs };
  }

  get join(): Pick<Join, 'counts' | 'open'> {
    return this.#join;
  }

  /** What a conversion is worth in clicks: as many as it takes on average. */
  get clicksAConversion(): number {
    const { conversionExamples, conversions } = this.totals;
    return (conversionExamples + CLICKS_A_CONVERSION) / (conversions + 1);
  }

  take(record: NoticeRecord): void {
    if (this.#notices === 0) this.#firstMs = record.atMs;
    this.#notices += 1;
    this.#join.take(record);
  }

  state(): PipelineState {
    return {
      version: this.version,
      before: { ...this.#before },
      join: this.#join.state(),
      learners: this.learners.state(),
      held: this.held.state(),
      arms: this.arms.state(),
      watch: this.watch.state(),
      losing: [...this.#losing],
      notices: this.#notices,
      firstMs: this.#firstMs,
    };
  }

  /** Takes a saved state. Throws if it is of another version; what is held then is of no use. */
  restore(state: PipelineState): void {
    this.learners.restore(state.learners);
    this.version = state.version;
    this.#before = { ...state.before };
    this.#join.restore(state.join);
    this.held.restore(state.held);
    this.arms.restore(state.arms);
    this.watch.restore(state.watch);
    this.#losing = new Set(state.losing);
    this.#notices = state.notices;
    this.#firstMs = state.firstMs;
  }

  #impression(bid: OpenBid, clicked: boolean, late: boolean): void {
    if (this.#isHeldBack(bid.bid)) this.held.impression(bid.features, clicked);
    else this.learners.impression(bid.features, clicked, bid.bid);
    // Its impression was counted when it was learned as one without a click.
    if (late) return;
    this.arms.impression(bid, clicked);
    this.arms.spend(bid.model, bid.chargeMicros);
    const reward = clicked ? 1 + (bid.converted ? this.clicksAConversion : 0) : 0;
    this.watch.impression(bid.features, bid.model, bid.ctr, bid.priceMicros, reward, clicked);
  }

  #click(bid: OpenBid, converted: boolean): void {
    if (this.#isHeldBack(bid.bid)) this.held.click(bid.features, converted);
    else this.learners.click(bid.features, converted);
    if (converted) this.arms.conversion(bid);
  }

  #price(record: NoticeRecord): boolean {
    const observation = priceObservation(record, baseRateOf(record));
    if (observation === undefined) return false;
    const { exchangeFeature } = observation;
    if (record.kind === 'loss') this.#losing.add(exchangeFeature);
    if (!this.#losing.has(exchangeFeature)) return true;
    if (this.#isHeldBack(record.facts.bid)) this.held.price(observation);
    else this.learners.price(observation);
    return true;
  }

  #isHeldBack(bid: string): boolean {
    const [high, low] = halvesOf(bid);
    return isHeldBack(high, low, this.#config.holdback);
  }
}

function sumOf(a: LearnerCounts, b: LearnerCounts): LearnerCounts {
  return {
    impressions: a.impressions + b.impressions,
    clicks: a.clicks + b.clicks,
    conversionExamples: a.conversionExamples + b.conversionExamples,
    conversions: a.conversions + b.conversions,
    prices: a.prices + b.prices,
    progressiveLoss: a.progressiveLoss + b.progressiveLoss,
  };
}

/**
 * Units of the campaign file's currency for one of the bid's, from what the bid held (docs/money.md): exactly 1 where
 * that is what one for one would have held. Undefined where nothing was held.
 */
export function baseRateOf({ facts }: NoticeRecord): number | undefined {
  const { reservedMicros, priceMicros, quantity } = facts;
  if (!(reservedMicros > 0) || !(priceMicros > 0) || !(quantity > 0)) return undefined;
  if (Math.ceil((priceMicros * quantity) / 1000) === reservedMicros) return 1;
  return (reservedMicros * 1000) / (priceMicros * quantity);
}
