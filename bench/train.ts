// How fast the factorization machine learns, on one core: the module against the plain twin in JavaScript, which learn
// the same examples in turn, block by block, so that a slow minute of the machine hits both alike.
//
// An example has 24 features, one of each field: fields have from 3 to 30,000 values, few of them frequent, and their
// hashes are spread over all of the model, as an ad log's are: what is frequent stays in the cache, what is rare misses
// it.

import { featureIndex, hashNumber } from '../bidcore/hash.js';
import { ExampleBlock } from '../models/fm/example_block.js';
import { FmPlain } from '../models/fm/fm_plain.js';
import { FmTrainer } from '../models/fm/fm_trainer.js';
import type { Benchmark, Context } from './benchmark.js';
import { median, quantile, WorkHash } from './measure.js';
import { Random } from './random.js';

const FEATURES = 24;
const VALUES_MIN = 3;
const VALUES_MAX = 30_000;
const CLICK_RATE = 0.01;
/** Blocks of 4,096 examples, all learnt in each round. */
const BLOCKS = 8;

export const train: Benchmark = {
  name: 'train',
  help: 'examples a second that the factorization machine learns, and that in plain JavaScript',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const blocks = generatedBlocks(seed);
  const trainer = await FmTrainer.create({ seed });
  const plain = new FmPlain({ seed });
  const [ours, theirs] = [new Float32Array(blocks[0]?.examples ?? 0), new Float32Array(blocks[0]?.examples ?? 0)];
  const rates: [number[], number[]] = [[], []];
  const hash = new WorkHash();
  let furthest = 0;
  for (let round = -1; round < size.trainRounds; round++) {
    let [ourMs, theirMs] = [0, 0];
    for (const block of blocks) {
      const start = performance.now();
      trainer.learnMany(block, ours);
      const middle = performance.now();
      plain.learnMany(block, theirs);
      ourMs += middle - start;
      theirMs += performance.now() - middle;
      hash.bytes(new Uint8Array(ours.buffer));
      for (const [i, p] of ours.entries()) furthest = Math.max(furthest, Math.abs(p - (theirs[i] as number)));
    }
    if (round < 0) continue; // warm-up
    const examples = blocks.reduce((sum, block) => sum + block.examples, 0);
    rates[0].push((examples / ourMs) * 1000);
    rates[1].push((examples / theirMs) * 1000);
  }
  report.work('train', hash.text(), `predictions differ by ${furthest.toExponential(1)} at most`);
  // The upper quartile over rounds: other work of the machine only slows.
  const [fast, slow] = [quantile(rates[0], 0.75), quantile(rates[1], 0.75)];
  report.figure('train_examples_per_s', fast, 'examples/s', '24 features, 8 factors, one core');
  report.figure('train_plain_examples_per_s', slow, 'examples/s', 'the same update in plain JavaScript');
  const ratios = rates[0].map((rate, round) => rate / (rates[1][round] as number));
  report.figure('train_ratio_plain', median(ratios), 'ratio', 'of the two in a round, median');
}

function generatedBlocks(seed: number): ExampleBlock[] {
  const random = new Random(seed);
  const features = new Uint32Array(FEATURES);
  return Array.from({ length: BLOCKS }, () => {
    const block = new ExampleBlock();
    do {
      for (let field = 0; field < FEATURES; field++) {
        const values = VALUES_MIN * (VALUES_MAX / VALUES_MIN) ** (field / (FEATURES - 1));
        features[field] = featureIndex(field, hashNumber(random.skewed(Math.round(values))));
      }
    } while (block.add(features, random.float() < CLICK_RATE ? 1 : 0));
    return block;
  });
}
