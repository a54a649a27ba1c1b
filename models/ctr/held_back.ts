// Examples of the training file that are never learnt from: by them the number of passes is chosen and calibration
// is fitted. They are one of each ten clicks and one of each ten others, drawn by a hash of which ten it is, so that
// clicks are as frequent among them as among the rest, also where there are few. Of a file so large that a tenth of it
// does not fit the memory set aside, only every second ten has one held back, or every fourth, and so on: they are
// always from the whole file.

import { ExampleBlock } from '../fm/example_block.js';
import type { FmTrainer } from '../fm/fm_trainer.js';
import { drawOf } from '../fm/sampling.js';
import type { Row } from './row.js';

/** Of so many examples of a label in a row, one is held back. */
const GROUP = 10;
/** Indices kept at most: 64 MB. */
const INDICES_MAX = 2 ** 24;
/** What the hash is drawn for: which of the ten, and which tens where memory is short. */
const WHICH = 0x68656c64;
const THINNED = 0x7468696e;

interface Held {
  readonly thinning: number;
  readonly label: 0 | 1;
  readonly features: Uint32Array;
}

export class HeldBack {
  readonly #seed: number;
  readonly #indicesMax: number;
  #share = 1;
  #examples: Held[] = [];
  #indices = 0;

  constructor(seed: number, indicesMax = INDICES_MAX) {
    this.#seed = seed;
    this.#indicesMax = indicesMax;
  }

  get examples(): number {
    return this.#examples.length;
  }

  /**
   * True if an example is held back.
   * @param ordinal how many of its label came before it in the file
   */
  has(label: 0 | 1, ordinal: number): boolean {
    const group = Math.floor(ordinal / GROUP);
    const which = Math.floor(drawOf(this.#seed, group * 2 + label, WHICH) * GROUP);
    return which === ordinal % GROUP && this.#thinning(label, ordinal) < this.#share;
  }

  /** Keeps an example that is held back. */
  keep({ label, features, count }: Row, ordinal: number): void {
    this.#examples.push({ thinning: this.#thinning(label, ordinal), label, features: features.slice(0, count) });
    this.#indices += count;
    while (this.#indices > this.#indicesMax && this.#examples.length > 1) {
      this.#share /= 2;
      this.#examples = this.#examples.filter(({ thinning }) => thinning < this.#share);
      this.#indices = this.#examples.reduce((sum, example) => sum + example.features.length, 0);
    }
  }

  /** Predictions of a trainer for them, and their labels. */
  predictions(trainer: FmTrainer): { readonly predictions: Float32Array; readonly labels: Uint8Array } {
    const predictions = new Float32Array(this.#examples.length);
    const labels = Uint8Array.from(this.#examples, ({ label }) => label);
    const block = new ExampleBlock();
    let from = 0;
    const predict = (): void => {
      trainer.predictMany(block, predictions.subarray(from));
      from += block.examples;
      block.clear();
    };
    for (const { features } of this.#examples) {
      if (block.add(features, 0)) continue;
      predict();
      block.add(features, 0);
    }
    predict();
    return { predictions, labels };
  }

  #thinning(label: 0 | 1, ordinal: number): number {
    return drawOf(this.#seed, Math.floor(ordinal / GROUP) * 2 + label, THINNED);
  }
}
