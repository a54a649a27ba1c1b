// Off-policy estimates where the truth is known: a bandit whose reward is written down here, and one slot of days in
// the bid environment, where the target policy is also really followed.

import { type Test, test } from 'tap';
import { BidEnvironment } from '../environments/bid/bid_environment.js';
import { syntheticTask } from '../environments/bid/synthetic_task.js';
import { Random } from '../random.js';
import { type Decision, estimate, type NoOverlap, type OffPolicy, type Target } from './off_policy.js';

const SIGMA = 0.3;
const behaviour: Target = () => ({ mean: 0, sigma: SIGMA });
const target: Target = (inputs) => ({ mean: 0.15 + 0.1 * (inputs[0] as number), sigma: 0.25 });

function density(x: number, mean: number, sigma: number): number {
  return Math.exp(-(((x - mean) / sigma) ** 2) / 2) / (sigma * Math.sqrt(2 * Math.PI));
}

/** Reward is quadratic in the action, or, for a model of it that is wrong, with a wave. */
function rewardOf(x: number, action: number, wave: number): number {
  return 2 + x + (1 + x) * action - 1.5 * action * action + wave * Math.sin(9 * action);
}

function bandit(
  seed: number,
  { wave = 0, wrong = 1, episodes = 40 }: { wave?: number; wrong?: number; episodes?: number } = {},
): Decision[] {
  const random = new Random(seed);
  return Array.from({ length: episodes }, (_, episode) => {
    const shared = random.normal(0, 0.3);
    return Array.from({ length: 20 }, (_, slot) => {
      const x = random.uniform(-1, 1);
      const output = random.normal(0, SIGMA);
      const reward = rewardOf(x, output, wave) + shared + random.normal(0, 0.3);
      // `wrong`: the log says another deviation than the one that was drawn with.
      return { inputs: [x], output, density: density(output, 0, SIGMA * wrong), reward, episode: `${episode}`, slot };
    });
  }).flat();
}

/** Expectation of the target, by a fine grid. */
function truth(wave: number): number {
  let [sum, weights] = [0, 0];
  for (let x = -0.995; x < 1; x += 0.01) {
    const { mean, sigma } = target([x]) as { mean: number; sigma: number };
    for (let z = -4; z <= 4; z += 0.05) {
      const p = Math.exp((-z * z) / 2);
      sum += p * rewardOf(x, mean + sigma * z, wave);
      weights += p;
    }
  }
  return sum / weights;
}

function estimated(t: Test, decisions: readonly Decision[], policy: Target = target): OffPolicy {
  const result = estimate(decisions, policy);
  if ('code' in result) throw new Error(result.problem);
  t.ok(result.effective > 0 && result.effective <= result.decisions);
  return result;
}

const RUNS = 40;

test('intervals hold the truth as often as they say, and a better estimator is narrower', (t) => {
  const held = { ips: 0, snips: 0, dr: 0 };
  const width = { ips: 0, clipped: 0, dr: 0 };
  const mean = { ips: 0, dr: 0 };
  const wanted = truth(0);
  for (let seed = 1; seed <= RUNS; seed++) {
    const result = estimated(t, bandit(seed));
    for (const name of ['ips', 'snips', 'dr'] as const) {
      if (result[name].lower <= wanted && wanted <= result[name].upper) held[name] += 1;
    }
    for (const name of ['ips', 'clipped', 'dr'] as const) width[name] += result[name].upper - result[name].lower;
    mean.ips += result.ips.value / RUNS;
    mean.dr += result.dr.value / RUNS;
    t.ok(result.clipped.value >= wanted - result.clipped.bias - 0.5, 'within the bias it states');
  }
  // 95% of 40 are 38; fewer than 33 have a chance of one in a hundred.
  for (const [name, count] of Object.entries(held)) t.ok(count >= 33, `${name} holds the truth in ${count} of ${RUNS}`);
  t.ok(width.dr < 0.8 * width.ips, `doubly robust ${width.dr} against ${width.ips}`);
  t.ok(width.clipped <= width.ips, `clipped ${width.clipped} against ${width.ips}`);
  t.ok(Math.abs(mean.dr - wanted) < 0.05, `doubly robust ${mean.dr}, truth ${wanted}`);
  t.ok(Math.abs(mean.ips - wanted) < 0.1, `ips ${mean.ips}, truth ${wanted}`);
  t.end();
});

test('with a reward model that is wrong, doubly robust is right on average; with wrong densities it is not', (t) => {
  const wanted = truth(1.5);
  let [right, wrong] = [0, 0];
  for (let seed = 100; seed < 100 + RUNS; seed++) {
    right += estimated(t, bandit(seed, { wave: 1.5 })).dr.value / RUNS;
    wrong += estimated(t, bandit(seed, { wave: 1.5, wrong: 1.8 })).ips.value / RUNS;
  }
  t.ok(Math.abs(right - wanted) < 0.06, `${right}, truth ${wanted}`);
  t.ok(Math.abs(wrong - wanted) > 0.3, `${wrong}, truth ${wanted}`);
  t.end();
});

test('a target that is the behaviour gets what the behaviour got', (t) => {
  const result = estimated(t, bandit(3), behaviour);
  t.ok(Math.abs(result.ips.value - result.behaviour.value) < 1e-9);
  t.ok(Math.abs(result.effective - result.decisions) < 1e-6);
  t.ok(Math.abs(result.clipped.bias) < 1e-9);
  t.ok(Math.abs(result.horizon.value - result.behaviour.value) < 0.05);
  t.end();
});

test('the longer the horizon, the fewer decisions it is worth', (t) => {
  const effective = [1, 4, 16].map((horizon) => {
    const result = estimate(bandit(4), target, { horizon }) as OffPolicy;
    return result.horizon.effective;
  });
  t.ok((effective[0] as number) > 2 * (effective[1] as number));
  t.ok((effective[1] as number) > 2 * (effective[2] as number));
  t.end();
});

test('where nothing was drawn there is no number', (t) => {
  const fixed = bandit(5).map((decision) => ({ ...decision, density: 0 }));
  t.match(estimate(fixed, target), { code: 'no_overlap', problem: /sigma 0/ } as unknown as NoOverlap);
  t.match(
    estimate(bandit(5), () => ({ mean: 0, sigma: 0 })),
    { code: 'no_overlap' },
  );
  t.match(
    estimate(bandit(5), () => undefined),
    { code: 'no_overlap' },
  );
  t.match(estimate([], target), { code: 'no_overlap' });
  const half = estimated(
    t,
    bandit(5).map((each) => (each.slot < 5 ? { ...each, density: 0 } : each)),
  );
  t.equal(half.leftOut, 200);
  t.equal(half.decisions, 600);
  t.end();
});

test('one slot of days in the bid environment: the estimate holds what following the target really brings', (t) => {
  const random = new Random(11);
  const environment = new BidEnvironment(syntheticTask);
  const follow = (slot: number, policy: Target, seed: number): Decision => {
    let { observation } = environment.reset(seed);
    for (let at = 0; ; at++) {
      const { mean, sigma } = (at === slot ? policy : behaviour)(observation) as { mean: number; sigma: number };
      const output = random.normal(mean, sigma);
      const inputs = observation.slice();
      const step = environment.step(Float32Array.of(Math.max(-0.9, Math.min(1, output))));
      if (at === slot) {
        return { inputs, output, density: density(output, mean, sigma), reward: step.reward, episode: `${seed}`, slot };
      }
      observation = step.observation;
    }
  };
  const lower: Target = () => ({ mean: -0.4, sigma: 0.2 });
  const logged = Array.from({ length: 150 }, (_, n) => follow(1 + (n % 12), behaviour, 1000 + n));
  const real = Array.from({ length: 150 }, (_, n) => follow(1 + (n % 12), lower, 5000 + n).reward);
  const mean = real.reduce((sum, reward) => sum + reward, 0) / real.length;
  const error = Math.sqrt(real.reduce((sum, reward) => sum + (reward - mean) ** 2, 0)) / real.length;
  const { dr, behaviour: before } = estimated(t, logged, lower);
  t.ok(
    dr.lower - 2 * error <= mean && mean <= dr.upper + 2 * error,
    `${dr.lower} to ${dr.upper}, really ${mean} ± ${error}`,
  );
  t.ok(before.lower > mean, `it tells them apart: the behaviour gets ${before.value}`);
  t.end();
});
