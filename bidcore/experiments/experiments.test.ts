// Experiments from assignment to decision, on simulated users.

import t from 'tap';
import { ARM_USE } from '../../assembly/memory_map.js';
import { hashText, mix } from '../hash.js';
import { chiSquareAbove, countsTest } from '../statistics/chi_square.js';
import { Draws } from '../testing/draws.js';
import { Assignment, dealt } from './assignment.js';
import { banditWeights } from './bandit_arms.js';
import {
  type ArmSums,
  armSums,
  type ExperimentInput as Definition,
  type Experiment,
  experiment,
} from './experiment_schema.js';
import {
  type ExperimentInput,
  type ExperimentResults,
  type ExperimentState,
  powerWith,
  requiredUnits,
  resultsOf,
} from './results.js';

t.setTimeout(120_000);

const CLICKS = { name: 'clicked', kind: 'rate', baseline: 0.1 } as const;

const define = (more: Partial<Definition> = {}): Experiment =>
  experiment.parse({
    ...{ id: 'e1', name: 'E', arms: [{ name: 'now' }, { name: 'new' }], metric: CLICKS, minimum_effect: 0.1 },
    ...more,
  });
const rate = (units: number, sum: number): ArmSums => armSums.parse({ units, sum, squares: sum });
const results = (definition: Experiment, input: Partial<ExperimentInput>): ExperimentResults =>
  resultsOf(definition, { sums: [], guards: {}, days: 1, ...input });

t.test('chi-square is that of the tables', async (t) => {
  for (const [x, df, p] of [
    [3.841459, 1, 0.05],
    [5.991465, 2, 0.05],
    [7.814728, 3, 0.05],
    [11.0705, 5, 0.05],
    [23.20925, 10, 0.01],
    [27.87716, 9, 0.001],
  ] as const) {
    t.ok(Math.abs(chiSquareAbove(x, df) / p - 1) < 1e-5, `${x}, ${df} degrees`);
  }
  t.equal(chiSquareAbove(0, 4), 1);
  // Pearson's own kind of table: 315, 101, 108 and 32 peas (Mendel) for 9 : 3 : 3 : 1.
  const { x, p } = countsTest([315, 101, 108, 32], [9, 3, 3, 1]);
  t.ok(Math.abs(x - 0.47) < 0.001 && Math.abs(p - 0.925) < 0.001, `${x}, ${p}`);
  t.equal(countsTest([5, 1], [1, 0]).p, 0);
  t.equal(countsTest([0, 0], [1, 1]).p, 1);
});

t.test('a unit is always in the same arm, by the weights, and where the hot path puts it', async (t) => {
  const keys = Array.from({ length: 20_000 }, (_, n) => hashText(`user ${n}`));
  const three = define({
    arms: [
      { name: 'a', weight: 2 },
      { name: 'b', weight: 1 },
      { name: 'c', weight: 1 },
    ],
    traffic: 0.5,
  });
  const counts = [0, 0, 0, 0];
  for (const key of keys) (counts[new Assignment(three).armOf(key) ?? 3] as number)++;
  t.ok(countsTest(counts, [2, 1, 1, 4]).p > 0.001, counts.join());
  const share = 0.1;
  const two = define({
    arms: [
      { name: 'a', weight: 1 - share },
      { name: 'b', weight: share },
    ],
    salt: 4_000_000_000,
  });
  const assignment = new Assignment(two);
  const hot = (key: bigint): number =>
    Number(mix(key ^ 4_000_000_000n, ARM_USE) >> 48n) < Math.round(share * 65_536) ? 1 : 0;
  t.ok(keys.every((key) => assignment.armOf(key) === hot(key)));
  const other = new Assignment(define({ id: 'e2' }));
  const even = new Assignment(define());
  const both = keys.filter((key) => even.armOf(key) === other.armOf(key)).length;
  t.ok(Math.abs(both / keys.length - 0.5) < 0.02, 'two experiments draw independently');
});

t.test('the sample an experiment needs', async (t) => {
  // docs/statistics.md: from 1% to 1.1%, alpha 5%, power 80%.
  t.equal(requiredUnits(define({ metric: { ...CLICKS, baseline: 0.01 } })), 163_095);
  const mean = { name: 'revenue', kind: 'mean', baseline: 2, deviation: 1 } as const;
  t.equal(requiredUnits(define({ metric: mean, minimum_effect: 0.25 })), 64, 'half a deviation');
  const arms = ['a', 'b', 'c'].map((name) => ({ name }));
  t.ok(requiredUnits(define({ arms })) > requiredUnits(define()), 'more for more arms');
});

t.test('decisions, each for its reason', async (t) => {
  const two = define();
  const needed = requiredUnits(two);
  const guarded = define({ guards: [{ name: 'value', baseline: 1 }] });
  const spent = (units: number, mean: number): ArmSums =>
    armSums.parse({ units, sum: units * mean, squares: units * (mean * mean + 1) });
  const cases: readonly [string, Experiment, Partial<ExperimentInput>, string | undefined][] = [
    ['too early', two, { sums: [rate(1000, 100), rate(1000, 115)] }, undefined],
    ['nothing yet', two, { sums: [rate(0, 0), rate(0, 0)] }, undefined],
    ['better', two, { sums: [rate(9000, 900), rate(9000, 1170)] }, 'winner'],
    ['worse', two, { sums: [rate(9000, 900), rate(9000, 630)] }, 'all_worse'],
    ['the same', two, { sums: [rate(900_000, 90_000), rate(900_000, 90_100)] }, 'no_effect'],
    ['not sure', two, { sums: [rate(needed, needed / 10), rate(needed, needed / 9.6)] }, 'sample_reached'],
    ['late', two, { sums: [rate(1000, 100), rate(1000, 115)], days: 28 }, 'time_over'],
    ['lost units', two, { sums: [rate(9000, 900), rate(8400, 1170)] }, 'sample_ratio_mismatch'],
    ['as planned', two, { sums: [rate(9000, 900), rate(3000, 330)], expected_units: [3, 1] }, undefined],
    [
      'guard',
      guarded,
      { sums: [rate(9000, 900), rate(9000, 1170)], guards: { value: [spent(9000, 1), spent(9000, 0.8)] } },
      'guard_failed',
    ],
    [
      'guard kept',
      guarded,
      { sums: [rate(9000, 900), rate(9000, 1170)], guards: { value: [spent(9000, 1), spent(9000, 1.01)] } },
      'winner',
    ],
    [
      'lower is better',
      define({ metric: { ...CLICKS, better: 'lower' } }),
      { sums: [rate(9000, 900), rate(9000, 630)] },
      'winner',
    ],
  ];
  for (const [what, definition, input, reason] of cases) {
    const { decision } = results(definition, input);
    t.equal(decision.stop ? decision.reason : undefined, reason, `${what}: ${decision.why}`);
  }
  const [now, next] = results(two, { sums: [rate(9000, 900), rate(9000, 1170)] }).arms;
  t.equal(now?.lift, undefined);
  t.ok(Math.abs((next?.lift?.estimate ?? 0) - 0.3) < 1e-12 && (next?.lift?.lower ?? 0) > 0.18);
  t.ok((next?.p ?? 1) < 1e-6);
});

t.test('watched at every step, no effect is hardly ever a winner, and an effect is found', async (t) => {
  const definition = define({ days_max: 365 });
  const run = (lift: number, seed: number): string => {
    const draws = new Draws(seed);
    const sums = [rate(0, 0), rate(0, 0)] as [ArmSums, ArmSums];
    let state: ExperimentState | undefined;
    for (let step = 0; step < 60; step++) {
      for (const arm of [0, 1] as const) {
        const { units, sum } = sums[arm];
        sums[arm] = rate(units + 300, sum + draws.binomial(300, arm === 0 ? 0.1 : 0.1 * (1 + lift)));
      }
      const seen = resultsOf(definition, { sums, guards: {}, days: step, ...(state === undefined ? {} : { state }) });
      state = JSON.parse(JSON.stringify(seen.state)) as ExperimentState;
      if (seen.decision.stop) return seen.decision.reason;
    }
    return 'none';
  };
  const share = (lift: number, reason: string): number =>
    Array.from({ length: 200 }, (_, seed) => run(lift, seed)).filter((found) => found === reason).length / 200;
  const [falsely, found] = [share(0, 'winner'), share(0.2, 'winner')];
  t.comment(`winner without an effect ${falsely * 100}%, with one of 20% ${found * 100}%`);
  t.ok(falsely <= 0.025, 'alpha is for both sides');
  t.ok(found > 0.9);
});

t.test('a ratio varies as its users do, not as its impressions', async (t) => {
  // Users have a rate of their own: clicks of one user come together.
  const ratio = { name: 'ctr', kind: 'ratio', baseline: 0.1, deviation: 0.15 } as const;
  const definition = define({ metric: ratio });
  const arm = (draws: Draws): ArmSums => {
    const sums = { units: 500, sum: 0, squares: 0, lower: 0, lower_squares: 0, products: 0 };
    for (let user = 0; user < 500; user++) {
      const [shown, own] = [1 + draws.poisson(20), draws.float() < 0.5 ? 0.02 : 0.18];
      const clicks = draws.binomial(shown, own);
      sums.sum += clicks;
      sums.squares += clicks * clicks;
      sums.lower += shown;
      sums.lower_squares += shown * shown;
      sums.products += shown * clicks;
    }
    return sums;
  };
  let missed = 0;
  for (let seed = 0; seed < 300; seed++) {
    const draws = new Draws(seed);
    const { difference } = results(definition, { sums: [arm(draws), arm(draws)] }).arms[1] ?? {};
    if ((difference?.lower ?? 0) > 0 || (difference?.upper ?? 0) < 0) missed++;
  }
  t.comment(`95% intervals that missed: ${missed} of 300`);
  t.ok(missed >= 4 && missed <= 28, `${missed} of 300`);
});

t.test('a bandit gives the better arm more, and each arm its least share', async (t) => {
  const arms = ['a', 'b', 'c'].map((name) => ({ name }));
  const bandit = define({ arms, mode: 'bandit', exploration: 0.1 });
  const clear = banditWeights(bandit, [rate(5000, 400), rate(5000, 500), rate(5000, 300)]);
  t.ok((clear[1] as number) > 0.79 && Math.abs((clear[2] as number) - 0.1) < 1e-6, clear.join());
  t.ok(Math.abs(clear.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-9);
  const lower = banditWeights(define({ ...bandit, metric: { ...CLICKS, better: 'lower' } }), [
    rate(5000, 400),
    rate(5000, 500),
    rate(5000, 300),
  ]);
  t.ok((lower[2] as number) > 0.79);
  const mean = define({ arms, mode: 'bandit', metric: { name: 'revenue', kind: 'mean', baseline: 2, deviation: 1 } });
  const money = (units: number, value: number): ArmSums =>
    armSums.parse({ units, sum: units * value, squares: units * (value * value + 1) });
  const earned = banditWeights(mean, [money(400, 2), money(400, 2.3), money(400, 1.9)]);
  t.ok((earned[1] as number) > 0.85, earned.join());
  const unknown = banditWeights(
    bandit,
    arms.map(() => rate(0, 0)),
  );
  t.ok(unknown.every((weight) => Math.abs(weight - 1 / 3) < 1e-6));
});

t.test('what is no experiment is refused', async (t) => {
  const good = { id: 'e', name: 'E', arms: [{ name: 'a' }, { name: 'b' }], metric: CLICKS };
  t.ok(experiment.safeParse(good).success);
  for (const [what, definition] of [
    ['one arm', { ...good, arms: [{ name: 'a' }] }],
    ['two of a name', { ...good, arms: [{ name: 'a' }, { name: 'a' }] }],
    ['a weight of 0', { ...good, arms: [{ name: 'a' }, { name: 'b', weight: 0 }] }],
    ['a mean without deviation', { ...good, metric: { name: 'm', kind: 'mean', baseline: 1 } }],
    ['a rate of 2', { ...good, metric: { ...CLICKS, baseline: 2 } }],
    [
      'a bandit of ratios',
      { ...good, mode: 'bandit', metric: { name: 'm', kind: 'ratio', baseline: 1, deviation: 1 } },
    ],
    [
      'too much exploring',
      { ...good, mode: 'bandit', arms: ['a', 'b', 'c'].map((name) => ({ name })), exploration: 0.4 },
    ],
  ] as const) {
    t.notOk(experiment.safeParse(definition).success, what);
  }
});

t.test('few units are dealt as exactly as they can be, the same each time, and all of them by chance', async (t) => {
  const units = Array.from({ length: 10 }, (_, i) => `campaign-${i}`);
  const arms = [{ name: 'a', weight: 2 }, { name: 'b' }, { name: 'c' }];
  const counts = (id: string, traffic = 1): number[] => {
    const placed = [...dealt(define({ id, arms, traffic }), units).values()];
    return arms.map((_, arm) => placed.filter((one) => one === arm).length);
  };
  t.same(counts('x'), [5, 3, 2]);
  t.same(counts('x', 0.4), [2, 1, 1]);
  t.same(dealt(define({ id: 'x', arms }), units), dealt(define({ id: 'x', arms }), [...units].reverse()));
  t.notSame(dealt(define({ id: 'x', arms }), units), dealt(define({ id: 'y', arms }), units));
});

t.test('the power of a sample is what was asked for once it is as large as required', async (t) => {
  for (const definition of [define(), define({ metric: { name: 'm', kind: 'mean', baseline: 2, deviation: 3 } })]) {
    const units = requiredUnits(definition);
    t.ok(powerWith(definition, units) >= definition.power);
    t.ok(powerWith(definition, units - 1) < definition.power);
  }
});
