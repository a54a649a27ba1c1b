// Generated examples for tests: clicks drawn from a latent factorization machine over fields with frequent and rare
// values, as ad logs have them.

import { FEATURES } from '../../assembly/model_layout.js';
import { seededRandom } from '../../bidcore/testing/random.js';
import { ExampleBlock } from './example_block.js';

export interface Example {
  readonly features: Uint32Array;
  readonly label: 0 | 1;
  /** The probability the label was drawn with. */
  readonly probability: number;
}

export interface World {
  readonly seed: number;
  readonly examples: number;
  readonly fields: number;
  /** Values of a field. */
  readonly values: number;
  /** Logit of an example all of whose latent weights are 0. */
  readonly base: number;
}

/** Examples of a world; the same seed gives the same. */
export function drawExamples({ seed, examples, fields, values, base }: World): Example[] {
  const random = seededRandom(seed);
  const spread = (scale: number): number => (random() * 2 - 1) * scale;
  const weights = Array.from({ length: fields * values }, () => spread(0.8));
  // Fields 0 and 1 act together: a value of one likes some values of the other.
  const pairs = Array.from({ length: values * values }, () => spread(1));
  const indices = Uint32Array.from({ length: fields * values }, () => Math.floor(random() * FEATURES));
  return Array.from({ length: examples }, () => {
    const drawn = Array.from({ length: fields }, () => Math.floor(values * random() ** 2));
    const places = drawn.map((value, field) => field * values + value);
    const linear = places.reduce((sum, place) => sum + (weights[place] as number), base);
    const logit = linear + (pairs[(drawn[0] as number) * values + (drawn[1] as number)] as number);
    const probability = 1 / (1 + Math.exp(-logit));
    const features = Uint32Array.from(places, (place) => indices[place] as number);
    return { features, probability, label: random() < probability ? 1 : 0 };
  });
}

/** Examples in as many blocks as they need. */
export function blocksOf(examples: readonly Example[], weightOf = (_: number): number => 1): ExampleBlock[] {
  const blocks = [new ExampleBlock()];
  examples.forEach(({ features, label }, i) => {
    if (blocks[blocks.length - 1]?.add(features, label, weightOf(i))) return;
    const next = new ExampleBlock();
    next.add(features, label, weightOf(i));
    blocks.push(next);
  });
  return blocks;
}
