// The win price landscape, learned from auctions won and lost: P(a bid of b wins) = W[exchange](b / s), with s from the
// context's features (location_model.ts) and W whatever the errors look like (residual_counts.ts, baseline_fit.ts).
// Published as grid, tables and weights of a model image. Model and likelihood: docs/landscape.md.

import * as layout from '../../assembly/model_layout.js';
import { CONTEXT_FEATURE_COUNT } from '../../bidcore/feature_list.js';
import { WEIGHT_MAX } from '../../bidcore/model_file.js';
import { frameState, invalidState, isStateError, type StateError, unframeState } from '../state.js';
import { distributionOf, fitHazards, gridOf, type Hazards, logisticHazards, probabilityBelow } from './baseline_fit.js';
import { ABOVE, BELOW, EXACT, LocationModel } from './location_model.js';
import type { PriceObservation } from './observation.js';
import { ResidualCounts } from './residual_counts.js';

export interface LandscapeOptions {
  /** Features of every context, each position a field of its own. */
  readonly positions: number;
  /** Prior deviation of a feature's weight, in units of the logarithm of the price: less shrinks more. */
  readonly weightDeviation: number;
  /** Observations after which what was learned weighs 1/e. */
  readonly memory: number;
  /** Observations that the logistic shape weighs in the pooled table, and the pooled one in an exchange's. */
  readonly pooledStrength: number;
  readonly exchangeStrength: number;
}

/** Chosen by leaving out one weekday at a time of a training file: docs/landscape.md section 5. */
const DEFAULTS: LandscapeOptions = {
  positions: CONTEXT_FEATURE_COUNT,
  weightDeviation: 0.2,
  memory: 30_000,
  pooledStrength: 100,
  exchangeStrength: 100,
};
const STATE_MAGIC = 0x4c4c5647; // "GVLL"
const STATE_VERSION = 1;
/** Grid prices, CPM micros, lie between these whatever was learned. */
const LOG_PRICE_MIN = Math.log(1);
const LOG_PRICE_MAX = Math.log(1e12);

export class LandscapeTrainer {
  readonly #options: LandscapeOptions;
  readonly #location: LocationModel;
  readonly #counts: ResidualCounts;
  readonly #residual = new Float64Array(2);
  /** Distributions of the errors as they were last fitted, by exchange; emptied by what is learned. */
  readonly #fitted = new Map<number | undefined, Float64Array>();
  #pooledHazards: Hazards | undefined;

  constructor(options: Partial<LandscapeOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
    const { positions, weightDeviation, memory } = this.#options;
    this.#location = new LocationModel({ features: layout.FEATURES, positions, weightDeviation, memory });
    this.#counts = new ResidualCounts(memory);
  }

  /** Learns one auction. Prices that are not above 0 are passed over. */
  learn({ features, bidMicros, outcome, priceMicros, exchangeFeature }: PriceObservation): void {
    const price = outcome === 'exact' ? priceMicros : bidMicros;
    if (!(price > 0) || !Number.isFinite(price)) return;
    const known = outcome === 'exact' ? EXACT : outcome === 'below' ? BELOW : ABOVE;
    const sigma = this.#location.sigma;
    this.#location.learn(features, Math.log(price), known, this.#residual);
    const [error, variance] = this.#residual as unknown as [number, number];
    // An error around a guess says little about the errors around what is known: it weighs as its own part of both.
    this.#counts.add(exchangeFeature, error, known, 1 / (1 + variance / (3 * sigma * sigma)));
    this.#fitted.clear();
    this.#pooledHazards = undefined;
  }

  /**
   * Probability that a bid wins. The first call after something was learned fits the tables it needs (milliseconds).
   * @param exchangeFeature an exchange that was never met is as all together
   */
  winProbability(features: Uint32Array, exchangeFeature: number, bidMicros: number): number {
    if (!(bidMicros > 0)) return 0;
    const scale =
      this.#location.intercept +
      clamp(this.#location.offset(features), -layout.LANDSCAPE_LOG_MAX, layout.LANDSCAPE_LOG_MAX);
    return probabilityBelow(this.#distribution(exchangeFeature), Math.log(bidMicros) - scale);
  }

  /**
   * Writes grid, tables and landscape weights into a model image (MODEL_BYTES); nothing else of it is touched, so
   * which exchange has which slot (MODEL_EXCHANGES) is for the caller to write.
   * @param slots exchange feature of each table, at most 16; slot 0, and where there is none, is all exchanges together
   */
  writeTo(image: Uint8Array, slots: readonly number[]): void {
    if (image.length !== layout.MODEL_BYTES) throw new Error(`a model has ${layout.MODEL_BYTES} bytes`);
    if (slots.length > layout.LANDSCAPE_TABLES) throw new Error(`${slots.length} slots are too many`);
    const view = new DataView(image.buffer, image.byteOffset, image.length);
    const distributions = Array.from({ length: layout.LANDSCAPE_TABLES }, (_, slot) =>
      this.#distribution(slot === 0 ? undefined : slots[slot]),
    );
    const grid = gridOf([...new Set(distributions)], layout.LANDSCAPE_PRICES);
    const low = grid[0] as number;
    const high = grid[grid.length - 1] as number;
    const intercept = clamp(this.#location.intercept, LOG_PRICE_MIN - low, LOG_PRICE_MAX - high);
    grid.forEach((error, i) => {
      view.setFloat64(layout.MODEL_LANDSCAPE + layout.LANDSCAPE_GRID + 8 * i, Math.exp(intercept + error), true);
      distributions.forEach((distribution, slot) => {
        const at = layout.MODEL_LANDSCAPE + layout.LANDSCAPE_WIN + slot * layout.LANDSCAPE_TABLE_BYTES;
        view.setFloat64(at + 8 * i, probabilityBelow(distribution, error), true);
      });
    });
    for (let feature = 0; feature < layout.FEATURES; feature++) {
      const at = layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE + layout.FEATURE_WEIGHT_LANDSCAPE;
      view.setFloat32(at, clamp(this.#location.weightOf(feature), -WEIGHT_MAX, WEIGHT_MAX), true);
    }
  }

  /** What was learned; `restore` of it continues as if nothing had happened. */
  save(): Uint8Array {
    return frameState(STATE_MAGIC, STATE_VERSION, [this.#settings(), ...this.#arrays()].map(bytesOf));
  }

  /** Takes up what `save` gave. What is no state of a trainer with these options is refused, and changes nothing. */
  restore(bytes: Uint8Array): StateError | undefined {
    const body = unframeState(STATE_MAGIC, STATE_VERSION, bytes);
    if (isStateError(body)) return body;
    const settings = bytesOf(this.#settings());
    const arrays = this.#arrays().map(bytesOf);
    if (body.length < settings.length || settings.some((byte, i) => byte !== body[i])) {
      return invalidState('learned with other options');
    }
    const length = arrays.reduce((sum, array) => sum + array.length, settings.length);
    if (body.length !== length) return invalidState(`${body.length} bytes of a landscape, not ${length}`);
    let at = settings.length;
    for (const array of arrays) {
      array.set(body.subarray(at, at + array.length));
      at += array.length;
    }
    this.#fitted.clear();
    this.#pooledHazards = undefined;
    return undefined;
  }

  /** What has to be the same where a state is taken up. */
  #settings(): Float64Array {
    const { positions, weightDeviation, memory } = this.#options;
    return Float64Array.of(positions, weightDeviation, memory);
  }

  #arrays() {
    return [...this.#location.arrays(), ...this.#counts.arrays()];
  }

  /** Distribution of the errors in an exchange; in all together without one, or one never met. */
  #distribution(exchange: number | undefined): Float64Array {
    const { pooledStrength, exchangeStrength } = this.#options;
    const own = exchange === undefined ? undefined : this.#counts.of(exchange);
    const key = own === undefined ? undefined : exchange;
    const known = this.#fitted.get(key);
    if (known !== undefined) return known;
    const all = this.#counts.of(undefined);
    if (all === undefined) throw new Error('no counts of all exchanges');
    this.#pooledHazards ??= fitHazards(all, logisticHazards(this.#location.sigma), pooledStrength);
    const hazards = own === undefined ? this.#pooledHazards : fitHazards(own, this.#pooledHazards, exchangeStrength);
    const distribution = distributionOf(hazards);
    this.#fitted.set(key, distribution);
    return distribution;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array | Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
