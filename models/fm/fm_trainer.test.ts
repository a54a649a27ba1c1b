// The trainer's module: against its plain twin, against finite differences of the loss, and its states.

import t from 'tap';
import * as layout from '../../assembly/model_layout.js';
import { featureIndex, hashNumber, hashText } from '../../bidcore/hash.js';
import { seededRandom } from '../../bidcore/testing/random.js';
import { sampleModel } from '../../bidcore/testing/sample_model.js';
import { ExampleBlock } from './example_block.js';
import { FmPlain } from './fm_plain.js';
import { FmTrainer, type Target } from './fm_trainer.js';
import type { FmOptions } from './options.js';
import { sampledWeight } from './sampling.js';
import { blocksOf, drawExamples, type World } from './testing.js';

const WORLD: World = { seed: 1, examples: 6000, fields: 8, values: 12, base: -2 };

/** Bias, weights and factors as a trainer writes them. */
function learnt(trainer: FmTrainer, which: Target = 'ctr') {
  const image = new Uint8Array(layout.MODEL_BYTES);
  trainer.writeTo(image, which);
  const numbers = new Float32Array(image.buffer);
  const at = (index: number, offset: number): number =>
    numbers[(layout.MODEL_FEATURES + index * layout.FEATURE_STRIDE + offset) / 4] as number;
  const [bias, weight, factors] =
    which === 'ctr'
      ? [layout.MODEL_BIAS_CTR, layout.FEATURE_WEIGHT_CTR, layout.FEATURE_FACTORS_CTR]
      : [layout.MODEL_BIAS_CVR, layout.FEATURE_WEIGHT_CVR, layout.FEATURE_FACTORS_CVR];
  return {
    image,
    bias: numbers[bias / 4] as number,
    weight: (index: number): number => at(index, weight),
    factors: (index: number): number[] => Array.from({ length: layout.FACTORS }, (_, j) => at(index, factors + 4 * j)),
  };
}

const CASES: readonly { what: string; options: Partial<FmOptions> }[] = [
  { what: 'defaults', options: {} },
  { what: 'weights only', options: { factors: false } },
  { what: 'penalties and large factors', options: { weightL1: 0.3, weightL2: 2, factorL2: 0.02, factorSpread: 0.3 } },
  { what: 'another seed', options: { seed: 77 } },
];

for (const { what, options } of CASES) {
  t.test(`module and plain twin learn the same: ${what}`, async (t) => {
    const examples = drawExamples(WORLD);
    // Every tenth example has an index twice, and one three times.
    const withRepeats = examples.map((example, i) => {
      if (i % 10 !== 0) return example;
      const [first = 0, second = 0, ...rest] = example.features;
      return { ...example, features: Uint32Array.of(first, second, first, second, first, ...rest) };
    });
    const random = seededRandom(3);
    const blocks = blocksOf(withRepeats, () => 0.5 + 2 * random());
    const trainer = await FmTrainer.create(options);
    const plain = new FmPlain(options);
    const [ours, theirs] = [new Float32Array(8192), new Float32Array(8192)];
    let furthest = 0;
    for (let pass = 0; pass < 2; pass++) {
      for (const block of blocks) {
        trainer.learnMany(block, ours);
        plain.learnMany(block, theirs);
        for (let i = 0; i < block.examples; i++) {
          furthest = Math.max(furthest, Math.abs((ours[i] as number) - (theirs[i] as number)));
        }
      }
    }
    t.ok(furthest < 1e-4, `predictions of 12,000 updates differ by at most ${furthest}`);
    const { bias, weight, factors } = learnt(trainer);
    const differences = examples
      .slice(0, 300)
      .flatMap(({ features }) =>
        [...features].flatMap((index) => [
          Math.abs(weight(index) - (plain.weights[index] as number)),
          ...factors(index).map((v, j) =>
            plain.options.factors ? Math.abs(v - (plain.factors[index * layout.FACTORS + j] as number)) : Math.abs(v),
          ),
        ]),
      );
    t.ok(Math.max(...differences) < 1e-4, 'weights and factors');
    t.ok(Math.abs(bias - plain.bias) < 1e-4, 'bias');
  });
}

t.test('the first step follows the gradient of the loss, by finite differences', async (t) => {
  const spread = 0.6;
  const options = { factorSpread: spread, factorL2: 0, weightL2: 0 };
  const features = [11, 222, 3333, 222, 44444, 222];
  for (const label of [0, 1] as const) {
    const weight = 1.7;
    const before = learnt(await FmTrainer.create(options));
    const distinct = [...new Set(features)];
    const start = distinct.flatMap((index) => [before.weight(index), ...before.factors(index)]);
    /** The loss with all parameters given: the textbook sum over pairs, each index as often as it stands there. */
    const loss = (parameters: readonly number[]): number => {
      const of = (index: number): number => distinct.indexOf(index) * (layout.FACTORS + 1);
      let logit = before.bias;
      features.forEach((one, i) => {
        logit += parameters[of(one)] as number;
        for (const other of features.slice(i + 1)) {
          for (let j = 1; j <= layout.FACTORS; j++) {
            logit += (parameters[of(one) + j] as number) * (parameters[of(other) + j] as number);
          }
        }
      });
      return weight * Math.log(1 + Math.exp(label === 1 ? -logit : logit));
    };
    const gradient = start.map((_, i) => {
      const moved = (by: number): number => loss(start.map((x, k) => (k === i ? x + by : x)));
      return (moved(1e-5) - moved(-1e-5)) / 2e-5;
    });
    const trainer = await FmTrainer.create(options);
    const predicted = trainer.learn(features, label, weight);
    const chance = Math.exp(-loss(start) / weight);
    t.ok(Math.abs(predicted - (label === 1 ? chance : 1 - chance)) < 1e-6, 'the prediction is the textbook one');
    const after = learnt(trainer);
    const { weightStep, weightBeta, factorStep } = trainer.options;
    const end = distinct.flatMap((index) => [after.weight(index), ...after.factors(index)]);
    // The updates, from a fresh state, as functions of the gradient alone.
    const expected = gradient.map((g, i) =>
      i % (layout.FACTORS + 1) === 0
        ? (-weightStep * g) / (weightBeta + Math.abs(g))
        : (-factorStep * g) / Math.hypot(1, g),
    );
    end.forEach((value, i) => {
      const step = value - (start[i] as number);
      t.ok(Math.abs(step - (expected[i] as number)) < 1e-6, `parameter ${i} moves by ${step}, not ${expected[i]}`);
    });
    t.ok(
      gradient.every((g) => Math.abs(g) > 1e-3),
      'and all of them move',
    );
  }
});

t.test('it learns what the world is made of, and calls it by its probability', async (t) => {
  const all = drawExamples({ ...WORLD, examples: 60_000 });
  const trainer = await FmTrainer.create();
  const linear = await FmTrainer.create({ factors: false });
  const predictions = new Float32Array(4096);
  for (let pass = 0; pass < 3; pass++) {
    for (const block of blocksOf(all.slice(0, 50_000))) {
      trainer.learnMany(block, predictions);
      linear.learnMany(block, predictions);
    }
  }
  const test = all.slice(50_000);
  const loss = (predict: (i: number) => number): number =>
    test.reduce((sum, { label }, i) => sum - Math.log(label === 1 ? predict(i) : 1 - predict(i)), 0) / test.length;
  const of = (model: FmTrainer) => (i: number) => model.predict(test[i]?.features ?? []);
  const best = loss((i) => test[i]?.probability as number);
  const clicks = test.reduce((sum, { label }) => sum + label, 0);
  const constant = loss(() => clicks / test.length);
  t.ok(loss(of(trainer)) < best + 0.15 * (constant - best), 'close to the probabilities the clicks were drawn with');
  t.ok(loss(of(trainer)) < loss(of(linear)), 'closer than weights alone: two of the fields act together');
});

t.test('left-out negatives are corrected for', async (t) => {
  const all = drawExamples({ ...WORLD, examples: 80_000, base: -3.5 });
  const clicks = all.slice(60_000).reduce((sum, { label }) => sum + label, 0);
  for (const share of [0.1, 0.5]) {
    const trainer = await FmTrainer.create();
    const weights = all.slice(0, 60_000).map(({ label }, line) => sampledWeight(label, 0, line, share));
    const learntFrom = all.slice(0, 60_000).filter((_, i) => weights[i] !== 0);
    const kept = weights.filter((weight) => weight !== 0);
    const negatives = all.slice(0, 60_000).filter(({ label }) => label === 0).length;
    const stay = kept.length - (60_000 - negatives);
    t.ok(Math.abs(stay / negatives - share) < 0.02, `${stay} of ${negatives} negatives stay`);
    for (const block of blocksOf(learntFrom, (i) => kept[i] as number)) {
      trainer.learnMany(block, new Float32Array(4096));
    }
    const predicted = all.slice(60_000).reduce((sum, { features }) => sum + trainer.predict(features), 0);
    const noise = 3 / Math.sqrt(clicks) + 0.02;
    t.ok(Math.abs(predicted / clicks - 1) < noise, `${share}: ${predicted} predicted, ${clicks} clicks`);
  }
});

t.test('a trainer restored from its state goes on exactly as if nothing had happened', async (t) => {
  const [first, second] = [drawExamples(WORLD), drawExamples({ ...WORLD, seed: 2 })].map((all) => blocksOf(all));
  const predictions = new Float32Array(4096);
  const trainer = await FmTrainer.create({ seed: 5 });
  for (const block of first ?? []) trainer.learnMany(block, predictions);
  const state = trainer.save();
  const resumed = await FmTrainer.create({ seed: 9, factorSpread: 0.9 });
  resumed.learn([1, 2, 3], 1);
  t.equal(resumed.restore(Buffer.concat([Buffer.alloc(3), state]).subarray(3)), undefined, 'at any address');
  t.equal(resumed.examples, 6000);
  const again = new Float32Array(4096);
  for (const block of second ?? []) {
    trainer.learnMany(block, predictions);
    resumed.learnMany(block, again);
    t.same(again, predictions, 'the same predictions, to the bit');
  }
  t.ok(Buffer.from(resumed.save()).equals(trainer.save()), 'and the same state');
  t.ok(state.length < 200_000, `${state.length} bytes: only what was seen is kept`);
});

t.test('a state that is damaged or of another kind is refused, and nothing changes', async (t) => {
  const trainer = await FmTrainer.create();
  for (let i = 0; i < 50; i++) trainer.learn([i, 2 * i, 77], i % 2 === 0 ? 0 : 1);
  const state = trainer.save();
  const changed = (at: number, value: number): Uint8Array => {
    const copy = state.slice();
    copy[at] = value;
    return copy;
  };
  const refused: readonly [Uint8Array, RegExp][] = [
    [new Uint8Array(), /0 bytes are no state/],
    [changed(0, 1), /magic/],
    [changed(4, 9), /version 9; this program reads 1/],
    [state.subarray(0, state.length - 1), /bytes of state; the frame says/],
    [changed(state.length - 1, 99), /CRC/],
  ];
  for (const [bytes, problem] of refused) t.match(trainer.restore(bytes), { code: 'invalid_state', problem });
  t.ok(Buffer.from(trainer.save()).equals(state));
});

t.test('a trainer starts from the weights of a model, and writes only its own part of an image', async (t) => {
  const image = sampleModel(4);
  for (const which of ['ctr', 'cvr'] as const) {
    for (const options of [{}, { weightL1: 0.5 }]) {
      const trainer = await FmTrainer.startFrom(image, which, options);
      const copy = image.slice();
      trainer.writeTo(copy, which);
      const [ours, theirs] = [new Float32Array(copy.buffer), new Float32Array(image.buffer)];
      t.ok(
        ours.every((x, i) => Object.is(x, theirs[i]) || Math.abs(x - (theirs[i] as number)) < 1e-6),
        `${which}: it writes what it took`,
      );
      trainer.learn([5, 6, 7], 1);
      const [was, is] = [theirs, learnt(trainer, which)].map((from) =>
        from instanceof Float32Array
          ? (from[(layout.MODEL_FEATURES + 6 * layout.FEATURE_STRIDE + (which === 'ctr' ? 64 : 68)) / 4] as number)
          : from.weight(6),
      ) as [number, number];
      t.ok(is > was && is < was + 0.1, 'and a click raises the weights from there');
      const resumed = await FmTrainer.create(options);
      t.equal(resumed.restore(trainer.save()), undefined);
      t.equal(resumed.predict([5, 6, 9]), trainer.predict([5, 6, 9]));
    }
  }
  const ctr = await FmTrainer.create();
  const copy = image.slice();
  ctr.writeTo(copy, 'ctr');
  const cvr = (bytes: Uint8Array): number[] =>
    Array.from(new Float32Array(bytes.buffer, layout.MODEL_FEATURES + layout.FEATURE_FACTORS_CVR, 8));
  t.same(cvr(copy), cvr(image), 'the other model stays');
});

t.test('hashes are those of the book and the hot path', async (t) => {
  const trainer = await FmTrainer.create();
  for (const text of ['', 'a', 'news.example', 'Straße 12', 'x'.repeat(1000)]) {
    t.equal(trainer.featureOfText(3, Buffer.from(text)), featureIndex(3, hashText(text)), text.slice(0, 20));
  }
  for (const n of [0, 1, -1, 728, 2 ** 31 - 1, -(2 ** 31)]) {
    t.equal(trainer.featureOfNumber(9, n), featureIndex(9, hashNumber(n)), `${n}`);
  }
});

t.test('an index of no feature, a weight that is none, a block that is full', async (t) => {
  const trainer = await FmTrainer.create();
  const state = trainer.save();
  t.throws(() => trainer.learn([1, layout.FEATURES], 1), /an index of no feature/);
  t.throws(() => trainer.learn([1], 1, 0), /weight 0/);
  t.throws(() => trainer.learn([1], 1, Number.NaN), /weight NaN/);
  t.ok(Buffer.from(trainer.save()).equals(state), 'nothing was learnt');
  await t.rejects(FmTrainer.create({ weightStep: 0 }), /options/);
  await t.rejects(FmTrainer.create({ seed: -1 }), /options/);
  const block = new ExampleBlock();
  const many = new Uint32Array(100_000);
  t.equal(block.add(many, 1), true);
  t.equal(block.add(many, 1), false, 'no room for its indices');
  t.same([block.examples, block.indices], [1, 100_000]);
  t.throws(() => new ExampleBlock().add(new Uint32Array(200_000), 1), /200000 features/);
  block.clear();
  let count = 0;
  while (block.add([1], 0)) count++;
  t.equal(count, 4096);
});
