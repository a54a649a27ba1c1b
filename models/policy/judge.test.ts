// The gate for policies, on replays of real days and on what could come of them.

import { test } from 'tap';
import { zeroPolicy } from '../../bidcore/policy/policy_weights.js';
import type { DayResult } from '../race/day.js';
import { judgePolicy } from './judge.js';
import type { NoOverlap, OffPolicy } from './off_policy.js';
import { type Replay, replay } from './replay.js';
import type { Estimate } from './weighted.js';

/** A day that won a value, with this much spent of a budget of 100. */
function day(value: number, spent = 99, most = 2): DayResult {
  return { value, spent, clicks: 0, wins: 1, spentBySlot: Float64Array.of(most, 1) };
}

/** Days of worlds whose candidate is better by a share that differs from world to world. */
function replays(
  worlds: number,
  gain: number,
  spread: number,
  candidate: (value: number) => DayResult = day,
): Replay[] {
  return Array.from({ length: worlds * 4 }, (_, n) => {
    const world = Math.floor(n / 4);
    const value = 10 + (n % 4);
    const better = value * (1 + gain + spread * Math.sin(world * 2.4));
    return { world, budget: 100, candidate: candidate(better), incumbent: day(value), alone: day(value) };
  });
}

const estimate = (value: number, lower: number, upper: number): Estimate => ({ value, lower, upper });

function logged(gain: Estimate): OffPolicy {
  const of = estimate(1, 0.9, 1.1);
  return {
    ...{ decisions: 900, leftOut: 3, episodes: 12, effective: 400, behaviour: of, ips: of, snips: of, dr: of, gain },
    clipped: { ...of, clip: 5, bias: 0 },
    horizon: { ...of, slots: 4, effective: 80 },
  };
}

test('a candidate that is better by more than chance passes, with the figures', (t) => {
  const { verdict, difference, figures } = judgePolicy(replays(16, 0.01, 0.005));
  t.match(verdict, { passes: true, reason: /95%.*64 replayed days/ });
  t.ok(difference.lower > 0.5 && difference.lower < 1 && difference.upper > 1 && difference.upper < 1.5);
  t.ok(Math.abs((figures.candidate['value_to_pacer'] ?? 0) - 1.01) < 0.002);
  t.end();
});

test('one that is as good, worse, or seen too little is refused', (t) => {
  t.match(judgePolicy(replays(16, 0, 0.01)).verdict, { passes: false, reason: /not shown to be better/ });
  t.match(judgePolicy(replays(16, -0.01, 0.001)).verdict, { passes: false, reason: /^worse/ });
  t.match(judgePolicy(replays(4, 0.01, 0.001)).verdict, { passes: false, reason: /too little/ });
  t.match(judgePolicy([]).verdict, { passes: false, reason: /too little/ });
  t.end();
});

test('one that spends badly is refused, unless nobody could do better', (t) => {
  const late = judgePolicy(replays(16, 0.01, 0, (value) => day(value, 94)));
  t.match(late.verdict, { passes: false, reason: /misspends: 94% .* by the end/ });
  const rash = judgePolicy(replays(16, 0.01, 0, (value) => day(value, 99, 11)));
  t.match(rash.verdict, { passes: false, reason: /misspends: 11% of a budget in one slot/ });
  const scarce = replays(16, 0.01, 0, (value) => day(value, 80)).map((each) => ({ ...each, alone: day(10, 80) }));
  t.ok(judgePolicy(scarce).verdict.passes);
  t.end();
});

test('logged decisions stand beside it, and may contradict', (t) => {
  const good = replays(16, 0.01, 0.001);
  t.match(judgePolicy(good, logged(estimate(-0.02, -0.05, 0.01))).verdict, {
    passes: true,
    reason: /net gain a slot -0.02/,
  });
  t.match(judgePolicy(good, logged(estimate(-0.05, -0.08, -0.02))).verdict, { passes: false, reason: /contradict/ });
  const nothing: NoOverlap = { code: 'no_overlap', problem: 'none was drawn' };
  t.match(judgePolicy(good, nothing).verdict, { passes: true, reason: /none was drawn/ });
  t.end();
});

test('replays are of the same days for all: equal policies win the same, a poor one is refused', async (t) => {
  const poor = { ...zeroPolicy(), b3: Float32Array.of(-0.8) };
  const options = { seed: 5, worlds: 12, days: 4 };
  const small = { ...options, worlds: 2, days: 1 };
  for (const each of await replay(zeroPolicy(), undefined, small)) {
    t.equal(each.candidate.value, each.incumbent.value);
    t.same(each.candidate.spentBySlot, each.alone.spentBySlot);
  }
  const judged = judgePolicy(await replay(poor, zeroPolicy(), options));
  t.equal(judged.verdict.passes, false, judged.verdict.reason);
  t.ok(judged.difference.upper < 0, `it loses ${judged.difference.value}%`);
});
