// Calibration: what it does to distorted predictions, to thin data and to one exchange among others, and that what it
// writes is a model.

import t from 'tap';
import * as layout from '../../assembly/model_layout.js';
import { isModelFileError, readModelFile, writeModelFile } from '../../bidcore/model_file.js';
import { seededRandom } from '../../bidcore/testing/random.js';
import { sampleModel } from '../../bidcore/testing/sample_model.js';
import { calibrationRatio, logLoss } from '../metrics/metrics.js';
import { CALIBRATION_METHODS, Calibrator } from './calibrator.js';
import { isotonicFit } from './fits.js';
import { KnotCounts, knotLogit } from './knot_counts.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const near = (a: number, b: number, within: number): boolean => Math.abs(a - b) <= within;

interface Outcome {
  readonly logit: number;
  readonly label: 0 | 1;
}

/** Predictions around −3, whose outcomes follow another curve. */
function draw(seed: number, count: number, truth: (logit: number) => number): Outcome[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const logit = -3 + 2 * (random() + random() + random() - 1.5);
    return { logit, label: random() < truth(logit) ? 1 : 0 };
  });
}

function fitted(outcomes: readonly Outcome[], ...options: ConstructorParameters<typeof Calibrator>): Calibrator {
  const calibrator = new Calibrator(...options);
  for (const { logit, label } of outcomes) calibrator.add(logit, label);
  return calibrator;
}

/** The table of a slot. */
function table(image: Uint8Array, which: 'ctr' | 'cvr', slot: number): Float32Array {
  const at = layout.MODEL_CALIBRATION + slot * layout.CALIBRATION_SLOT_BYTES;
  const start = at + (which === 'ctr' ? 0 : layout.CALIBRATION_TABLE_BYTES);
  return new Float32Array(image.buffer, start, layout.CALIBRATION_KNOTS);
}

t.test('without examples it is the sigmoid, and a handful moves it little', async (t) => {
  for (const method of CALIBRATION_METHODS) {
    const plain = new Calibrator(method).curve();
    for (const x of [-20, -16, -4.2, 0, 3.33, 16]) {
      const p = sigmoid(Math.max(-16, x));
      t.ok(near(plain.probability(x), p, p * 0.003), `${method} at ${x}`);
    }
    const few = fitted([{ logit: -4, label: 1 }], method)
      .curve()
      .probability(-4);
    t.ok(few > sigmoid(-4) && few < 3 * sigmoid(-4), `${method}: after one click where 2% were expected, ${few}`);
  }
});

t.test('a shifted and flattened model is put right by both methods', async (t) => {
  const truth = (x: number): number => sigmoid(0.6 * x - 1.5);
  const test = draw(2, 40_000, truth);
  const labels = test.map(({ label }) => label);
  const best = logLoss(
    test.map(({ logit }) => truth(logit)),
    labels,
  );
  const raw = logLoss(
    test.map(({ logit }) => sigmoid(logit)),
    labels,
  );
  for (const method of CALIBRATION_METHODS) {
    const curve = fitted(draw(1, 40_000, truth), method).curve();
    const predictions = test.map(({ logit }) => curve.probability(logit));
    t.ok(near(calibrationRatio(predictions, labels), 1, 0.05), `${method}: as many as there are`);
    t.ok(logLoss(predictions, labels) < best + 0.1 * (raw - best), `${method}: nearly the best log loss`);
    for (const x of [-4.5, -3, -1.5]) {
      t.ok(near(curve.probability(x), truth(x), truth(x) * 0.15), `${method} at ${x}: ${curve.probability(x)}`);
    }
  }
});

t.test('a bend that no sigmoid has is followed by the isotonic fit', async (t) => {
  const truth = (x: number): number => (x < -3 ? 0.01 : x < -2 ? 0.1 : 0.12);
  const test = draw(2, 40_000, truth);
  const labels = test.map(({ label }) => label);
  const [isotonic, platt] = CALIBRATION_METHODS.map((method) => {
    const curve = fitted(draw(1, 40_000, truth), method).curve();
    return logLoss(
      test.map(({ logit }) => curve.probability(logit)),
      labels,
    );
  }) as [number, number];
  const best = logLoss(
    test.map(({ logit }) => truth(logit)),
    labels,
  );
  t.ok(isotonic - best < 0.4 * (platt - best), `${isotonic} against ${platt}, ${best} at best`);
});

t.test('the isotonic fit is the isotonic regression of counts and start', async (t) => {
  const random = seededRandom(8);
  const counts = new KnotCounts();
  const start = Float64Array.from({ length: layout.CALIBRATION_KNOTS }, (_, k) => knotLogit(k));
  for (let i = 0; i < 30_000; i++) {
    const logit = 8 * random() - 6;
    counts.add(logit, random() < sigmoid(logit) * (0.5 + random()) ? 1 : 0, 1);
  }
  const fit = isotonicFit(counts, start).map(sigmoid);
  // Brute force: the largest, over starts, of the smallest, over ends, of the means around a knot.
  const mixed = Array.from(start, (x, k) => {
    const weight = (counts.examples[k] as number) + 40 / Math.min(sigmoid(x), sigmoid(-x));
    const positives = counts.positives[k] as number;
    return { weight, positives: positives + (weight - (counts.examples[k] as number)) * sigmoid(x) };
  });
  const regression = mixed.map((_, k) => {
    let largest = 0;
    for (let from = 0; from <= k; from++) {
      let [weight, positives, smallest] = [0, 0, 1];
      for (let to = from; to < mixed.length; to++) {
        weight += mixed[to]?.weight as number;
        positives += mixed[to]?.positives as number;
        if (to >= k) smallest = Math.min(smallest, positives / weight);
      }
      largest = Math.max(largest, smallest);
    }
    return largest;
  });
  // A knot that is alone in its pool has the value of the regression.
  const alone = regression.flatMap((p, k) => (p === regression[k - 1] || p === regression[k + 1] ? [] : [k]));
  t.ok(alone.length > 100 && alone.length < 250, `${alone.length} knots are alone, others are pooled`);
  for (const k of alone) {
    const p = regression[k] as number;
    t.ok(near(fit[k] as number, p, 1e-6 * p + 1e-9), `knot ${k}`);
  }
  t.ok(
    fit.every((p, k) => k === 0 || p >= (fit[k - 1] as number)),
    'and it never falls',
  );
});

t.test('whatever the outcomes, what it writes is a model', async (t) => {
  const cases: readonly Outcome[][] = [
    [],
    draw(1, 2000, (x) => sigmoid(-x - 6)), // turned round
    draw(1, 2000, () => 0),
    draw(1, 2000, () => 1),
    [-1e9, Number.NEGATIVE_INFINITY, 1e9, Number.POSITIVE_INFINITY].map((logit) => ({ logit, label: 1 as const })),
    [
      { logit: 16, label: 0 },
      { logit: -16, label: 1 },
    ],
  ];
  for (const method of CALIBRATION_METHODS) {
    for (const outcomes of cases) {
      const image = sampleModel(1);
      fitted(outcomes, method).writeTo(image, 'cvr', []);
      const file = readModelFile(writeModelFile(image, 1, 0));
      t.notOk(isModelFileError(file) && file.problem, method);
      t.same(table(image, 'ctr', 3), table(sampleModel(1), 'ctr', 3), 'the other target stays');
    }
  }
  t.throws(() => new Calibrator().add(Number.NaN, 1), /logit NaN/);
});

t.test('an exchange has its own curve as far as its data go', async (t) => {
  for (const method of CALIBRATION_METHODS) {
    const calibrator = new Calibrator(method);
    const truth = (x: number): number => sigmoid(x);
    const add = (outcomes: readonly Outcome[], exchange?: number): void => {
      for (const { logit, label } of outcomes) calibrator.add(logit, label, exchange);
    };
    add(draw(1, 40_000, truth));
    add(
      draw(2, 40_000, (x) => sigmoid(x + 1)),
      500,
    ); // clicks far more
    add(
      draw(3, 12, (x) => sigmoid(x + 1)),
      600,
    ); // as well, but who knows
    add(
      draw(4, 20_000, (x) => sigmoid(x - 1)),
      700,
    ); // less, and without a slot
    const image = sampleModel(1);
    calibrator.writeTo(image, 'ctr', [layout.NO_EXCHANGE, 500, 600]);
    const knot = (-3 + layout.CALIBRATION_LOGIT_MAX) * layout.CALIBRATION_KNOTS_PER_LOGIT;
    const [rest, large, small, none] = [0, 1, 2, 9].map((slot) => table(image, 'ctr', slot)[knot]) as number[];
    const all = calibrator.curve().probability(-3);
    t.equal(none, Math.fround(all), 'a slot of nobody has the curve of all');
    t.ok(near(large as number, sigmoid(-2), 0.012), `${method}: its own, ${large}`);
    t.ok(near(small as number, all, 0.02), `${method}: of too few, nearly that of all: ${small}, ${all}`);
    const expected = (2 * sigmoid(-3) + sigmoid(-4)) / 3;
    t.ok(near(rest as number, expected, 0.008), `${method}: slot 0 is of those without one: ${rest}, ${expected}`);
  }
});

t.test('counts add up over processes, fade, and are saved', async (t) => {
  const truth = (x: number): number => sigmoid(0.5 * x);
  const [first, second] = [draw(1, 3000, truth), draw(2, 3000, truth)];
  const whole = fitted([...first, ...second]);
  const merged = fitted(first);
  merged.merge(fitted(second));
  const differ = (a: Calibrator, b: Calibrator): number =>
    Math.max(...a.curve().knots.map((p, k) => Math.abs(p - (b.curve().knots[k] as number))));
  t.ok(differ(merged, whole) < 1e-6);

  const faded = fitted(first);
  faded.add(-2, 1, 77);
  faded.decay(0.5);
  t.ok(near(faded.total, 1500.5, 1e-6));
  for (let i = 0; i < 40; i++) faded.decay(0.5);
  t.ok(differ(faded, new Calibrator()) < 1e-6, 'at last nothing is left');

  const exchanges = fitted(first);
  for (const { logit, label } of second) exchanges.add(logit, label, 123);
  const restored = new Calibrator();
  restored.add(0, 1, 9);
  t.equal(restored.restore(exchanges.save()), undefined);
  t.ok(Buffer.from(restored.save()).equals(exchanges.save()));
  const [ours, theirs] = [sampleModel(1), sampleModel(1)];
  restored.writeTo(ours, 'ctr', [layout.NO_EXCHANGE, 123]);
  exchanges.writeTo(theirs, 'ctr', [layout.NO_EXCHANGE, 123]);
  t.ok(Buffer.from(ours).equals(theirs));
  const damaged = exchanges.save();
  damaged[100] = (damaged[100] as number) ^ 1;
  t.match(restored.restore(damaged), { code: 'invalid_state', problem: /CRC/ });
  t.match(restored.restore(new Uint8Array(3)), { code: 'invalid_state' });
  t.ok(Buffer.from(restored.save()).equals(exchanges.save()), 'a refused state changes nothing');
});
