// A factorization machine that learns, for one target: the hold on build/trainer.wasm, whose update is in
// assembly/learn.ts. It learns from examples of any number of features, and writes what it learnt into the image of a
// model, where the hot path reads it.

import { readFile } from 'node:fs/promises';
import * as model from '../../assembly/model_layout.js';
import { frameState, invalidState, isStateError, type StateError, unframeState } from '../state.js';
import * as layout from './assembly/layout.js';
import { ExampleBlock } from './example_block.js';
import { type FmOptions, fmOptions } from './options.js';

/** Exports of `assembly/trainer.ts`. */
interface TrainerExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  layoutHolds(): number;
  configure(
    alpha: number,
    beta: number,
    l1: number,
    l2: number,
    factorStep: number,
    factorL2: number,
    factors: number,
  ): void;
  initialise(seed: number, spread: number): void;
  learn(examples: number, indices: number): number;
  predict(examples: number, indices: number): number;
  setBias(weight: number): void;
  setWeight(index: number, weight: number): void;
  setStamp(last: number): void;
  lastStamp(): number;
  featureOfNumber(field: number, n: number): number;
  featureOfText(field: number, length: number): number;
}

/** Which of the two models of an image. */
export type Target = 'ctr' | 'cvr';

const PLACES = {
  ctr: { bias: model.MODEL_BIAS_CTR, factors: model.FEATURE_FACTORS_CTR, weight: model.FEATURE_WEIGHT_CTR },
  cvr: { bias: model.MODEL_BIAS_CVR, factors: model.FEATURE_FACTORS_CVR, weight: model.FEATURE_WEIGHT_CVR },
} as const;

const STATE_MAGIC = 0x4d465647; // "GVFM"
const STATE_VERSION = 1;
/** Numbers at the start of a state (f64): seed, spread, examples, stamp, bytes of a record, records. */
const STATE_NUMBERS = 6;
/** One bit a feature: whether its record is in the state. */
const STATE_BITS_BYTES = model.FEATURES / 8;

let compiled: Promise<WebAssembly.Module> | undefined;

export class FmTrainer {
  readonly options: FmOptions;
  readonly #exports: TrainerExports;
  readonly #bytes: Uint8Array;
  readonly #numbers: Float32Array;
  readonly #stamps: Uint32Array;
  readonly #one = new ExampleBlock();
  readonly #prediction = new Float32Array(1);
  /** What the new factors were made from: those of the options, or of the state that was restored. */
  #seed: number;
  #spread: number;
  #examples = 0;

  private constructor(exports: TrainerExports, options: FmOptions) {
    if (exports.layoutHolds() === 0) throw new Error('build/trainer.wasm does not fit its layout: run npm run build');
    this.options = options;
    this.#exports = exports;
    const { buffer } = exports.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#numbers = new Float32Array(buffer);
    this.#stamps = new Uint32Array(buffer);
    this.#seed = options.seed;
    this.#spread = options.factorSpread;
    exports.configure(
      options.weightStep,
      options.weightBeta,
      options.weightL1,
      options.weightL2,
      options.factorStep,
      options.factorL2,
      options.factors ? 1 : 0,
    );
    exports.initialise(this.#seed, this.#spread);
  }

  /** A trainer that knows nothing. Its memory, 22 MB, is its own. */
  static async create(options: Partial<FmOptions> = {}): Promise<FmTrainer> {
    const checked = fmOptions(options);
    compiled ??= readFile(new URL('../../../build/trainer.wasm', import.meta.url)).then(
      (bytes) => new WebAssembly.Module(bytes),
    );
    const { exports } = new WebAssembly.Instance(await compiled);
    return new FmTrainer(exports as unknown as TrainerExports, checked);
  }

  /** A trainer that goes on from the weights of a model image, with the steps of one that has seen no example. */
  static async startFrom(image: Uint8Array, which: Target, options: Partial<FmOptions> = {}): Promise<FmTrainer> {
    const trainer = await FmTrainer.create(options);
    trainer.#take(imageNumbers(image), which);
    return trainer;
  }

  /** Examples learnt from, since the first start. */
  get examples(): number {
    return this.#examples;
  }

  /**
   * Sets the bias so that an example of which nothing is known has this probability. A trainer that starts at one half
   * would first teach every value it sees that clicks are rare, and then expect many of a value it has not seen.
   */
  startAt(rate: number): void {
    this.#exports.setBias(Math.log(rate) - Math.log1p(-rate));
  }

  /**
   * Learns one example.
   * @param features indices of its features; one that stands there twice counts twice, as in the hot path
   * @param weight what the example counts for, above 0
   * @returns its probability before this update, not calibrated
   */
  learn(features: ArrayLike<number>, label: 0 | 1, weight = 1): number {
    this.#one.clear();
    this.#one.add(features, label, weight);
    this.learnMany(this.#one, this.#prediction);
    return this.#prediction[0] as number;
  }

  /**
   * Learns a block of examples, in order.
   * @param predictions takes the probability of each example before its own update (progressive validation: Blum,
   *   Kalai, Langford, COLT 1999)
   * @throws if an index is of no feature; nothing of the block is learnt then
   */
  learnMany(examples: ExampleBlock, predictions: Float32Array): void {
    this.#enter(examples);
    this.#leave(this.#exports.learn(examples.examples, examples.indices), examples, predictions);
    this.#examples += examples.examples;
  }

  /** Probability of an example, not calibrated. */
  predict(features: ArrayLike<number>): number {
    this.#one.clear();
    this.#one.add(features, 0);
    this.predictMany(this.#one, this.#prediction);
    return this.#prediction[0] as number;
  }

  /** Probabilities of a block of examples, whose labels and weights do not matter. */
  predictMany(examples: ExampleBlock, predictions: Float32Array): void {
    this.#enter(examples);
    this.#leave(this.#exports.predict(examples.examples, examples.indices), examples, predictions);
  }

  /** Index of a whole number (32 bits, signed) in a field: `featureIndex(field, hashNumber(n))`. */
  featureOfNumber(field: number, n: number): number {
    return this.#exports.featureOfNumber(field, n);
  }

  /** Index of a text, as bytes, in a field: `featureIndex(field, hashBytes(text))`. Of a long one the start counts. */
  featureOfText(field: number, text: Uint8Array): number {
    const length = Math.min(text.length, layout.TEXT_BYTES_MAX);
    this.#bytes.set(length === text.length ? text : text.subarray(0, length), layout.TRAINER_TEXT);
    return this.#exports.featureOfText(field, length);
  }

  /** Writes bias, weights and factors of one of the two models of an image; nothing else of it changes. */
  writeTo(image: Uint8Array, which: Target): void {
    const to = imageNumbers(image);
    const places = PLACES[which];
    const from = this.#numbers;
    to[places.bias / 4] = from[(layout.TRAINER_BIAS + layout.RECORD_WEIGHT) / 4] as number;
    for (let index = 0; index < model.FEATURES; index++) {
      const record = recordAt(index);
      const at = (model.MODEL_FEATURES + index * model.FEATURE_STRIDE) / 4;
      const factors = at + places.factors / 4;
      for (let j = 0; j < model.FACTORS; j++) {
        to[factors + j] = this.options.factors ? (from[record + layout.RECORD_FACTORS / 4 + j] as number) : 0;
      }
      to[at + places.weight / 4] = from[record + layout.RECORD_WEIGHT / 4] as number;
    }
  }

  /** All that was learnt: records that are as they were made are left out, so its size is that of what was seen. */
  save(): Uint8Array {
    const bits = new Uint8Array(STATE_BITS_BYTES);
    const seen: number[] = [];
    for (let index = 0; index < model.FEATURES; index++) {
      if (this.#stamps[recordAt(index) + layout.RECORD_STAMP / 4] === 0) continue;
      bits[index >> 3] = (bits[index >> 3] as number) | (1 << (index & 7));
      seen.push(recordAt(index) * 4);
    }
    const records = new Uint8Array(seen.length * layout.RECORD_BYTES);
    seen.forEach((at, i) => {
      records.set(this.#bytes.subarray(at, at + layout.RECORD_BYTES), i * layout.RECORD_BYTES);
    });
    const stamp = this.#exports.lastStamp() >>> 0;
    const numbers = [this.#seed, this.#spread, this.#examples, stamp, layout.RECORD_BYTES];
    const head = new Uint8Array(Float64Array.of(...numbers, seen.length).buffer);
    const bias = this.#bytes.subarray(layout.TRAINER_BIAS, layout.TRAINER_BIAS + layout.RECORD_BYTES);
    return frameState(STATE_MAGIC, STATE_VERSION, [head, bits, bias, records]);
  }

  /**
   * Takes a saved state: from here on the trainer does what the one that saved it would have done, if their options
   * are the same; options are not part of a state.
   * @returns why the state was refused; the trainer is as it was then
   */
  restore(bytes: Uint8Array): StateError | undefined {
    const body = unframeState(STATE_MAGIC, STATE_VERSION, bytes);
    if (isStateError(body)) return body;
    const fixed = STATE_NUMBERS * 8 + STATE_BITS_BYTES + layout.RECORD_BYTES;
    if (body.length < fixed) return invalidState('shorter than a state');
    const numbers = new Float64Array(body.buffer, 0, STATE_NUMBERS);
    const [seed, spread, examples, stamp, recordBytes, count] = Array.from(numbers) as FixedNumbers;
    const bits = body.subarray(STATE_NUMBERS * 8, STATE_NUMBERS * 8 + STATE_BITS_BYTES);
    if (recordBytes !== layout.RECORD_BYTES) return invalidState(`records of ${recordBytes} bytes`);
    const present = indicesOf(bits);
    if (present.length !== count || body.length !== fixed + count * layout.RECORD_BYTES) {
      return invalidState(`${present.length} records named, ${count} counted, ${body.length} bytes`);
    }
    this.#seed = seed;
    this.#spread = spread;
    this.#examples = examples;
    this.#exports.initialise(seed, spread);
    this.#exports.setStamp(stamp);
    const bias = body.subarray(fixed - layout.RECORD_BYTES, fixed);
    this.#bytes.set(bias, layout.TRAINER_BIAS);
    present.forEach((index, i) => {
      const at = fixed + i * layout.RECORD_BYTES;
      this.#bytes.set(body.subarray(at, at + layout.RECORD_BYTES), recordAt(index) * 4);
    });
    return undefined;
  }

  #take(image: Float32Array, which: Target): void {
    const places = PLACES[which];
    this.#exports.setBias(image[places.bias / 4] as number);
    for (let index = 0; index < model.FEATURES; index++) {
      const at = (model.MODEL_FEATURES + index * model.FEATURE_STRIDE) / 4;
      const factors = at + places.factors / 4;
      const record = recordAt(index);
      this.#numbers.set(image.subarray(factors, factors + model.FACTORS), record + layout.RECORD_FACTORS / 4);
      this.#exports.setWeight(index, image[at + places.weight / 4] as number);
      this.#stamps[record + layout.RECORD_STAMP / 4] = layout.STAMP_OF_MODEL;
    }
  }

  #enter(block: ExampleBlock): void {
    const { examples, indices } = block;
    this.#stamps.set(block.lengths.subarray(0, examples), layout.TRAINER_LENGTHS / 4);
    this.#bytes.set(block.labels.subarray(0, examples), layout.TRAINER_LABELS);
    this.#numbers.set(block.weights.subarray(0, examples), layout.TRAINER_WEIGHTS / 4);
    this.#stamps.set(block.features.subarray(0, indices), layout.TRAINER_INDICES / 4);
  }

  #leave(done: number, { examples }: ExampleBlock, predictions: Float32Array): void {
    if (done === 0) throw new Error(`an index of no feature; they are below ${model.FEATURES}`);
    const from = layout.TRAINER_PREDICTIONS / 4;
    predictions.set(this.#numbers.subarray(from, from + examples));
  }
}

type FixedNumbers = [number, number, number, number, number, number];

/** Where a record stands, in numbers of 4 bytes. */
const recordAt = (index: number): number => (layout.TRAINER_RECORDS + index * layout.RECORD_BYTES) / 4;

/** The image as 32-bit floats. Throws on one of another length, or whose numbers are not aligned. */
function imageNumbers(image: Uint8Array): Float32Array {
  if (image.length !== model.MODEL_BYTES)
    throw new Error(`a model has ${model.MODEL_BYTES} bytes, not ${image.length}`);
  return new Float32Array(image.buffer, image.byteOffset, image.length / 4);
}

function indicesOf(bits: Uint8Array): number[] {
  const indices: number[] = [];
  bits.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) indices.push(at * 8 + bit);
  });
  return indices;
}
