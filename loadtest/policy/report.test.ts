// What is told of the seeds, and the command line.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { arrivals, DAY_S, usualRates } from './arrivals.js';
import { readPolicyOptions } from './options.js';
import { type Got, policyReport, type SeedReport } from './report.js';
import { policySvg, policyText } from './report_text.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

const got = (value: number): Got => ({
  ...{ spend: 9, spent_share: 0.9, largest_slot: 0.04, impressions: 100 },
  ...{ value, predicted_value: value },
});

function seedOf(seed: number, ratio: number): SeedReport {
  const compared = { budget: 10, policy: got(20 * ratio), pacer: got(20), ratio, predicted_ratio: ratio };
  return { seed, ...compared, campaigns: { bikes: compared }, decisions: 96, fell_back: 24, outside: { ctr: 24 } };
}

t.test('seeds are told as a whole, in words and as a picture', async (t) => {
  const seeds = [seedOf(1, 1.02), seedOf(2, 0.99), seedOf(3, 1.05)];
  const report = policyReport(seeds);
  t.match(report, { seeds: 3, better: 2, fell_back_share: 0.25, pacer: { value: 20 } });
  // Deviation 0.03 of three, and 4.303 for 2 degrees of freedom.
  const { estimate, lower, upper } = report.ratio;
  t.ok(Math.abs(estimate - 1.02) < 1e-12 && Math.abs(upper - 1.02 - (4.303 * 0.03) / Math.sqrt(3)) < 1e-4);
  t.ok(Math.abs(upper + lower - 2.04) < 1e-12);
  t.match(policyText(policyReport(seeds.slice(0, 1)), seeds.slice(0, 1)), /no interval/);
  const text = policyText(report, seeds);
  t.match(text, /policy \/ pacer: 1\.0200, 95% interval 0\.94\d\d to 1\.09\d\d/);
  t.match(text, /won more in 2 of 3 seeds, and was not asked in 25\.0% of its slots .*ctr 25\.0%/);
  t.match(policySvg(report, seeds), /^<svg .*<\/svg>\s*$/s);
});

t.test('auctions come as on a usual day, in order', async (t) => {
  const times = arrivals(20_000, 1, 0);
  t.ok(times.every((ms, n) => ms >= (times[n - 1] ?? 0) && ms < DAY_S * 1000));
  const before = (hour: number): number => times.filter((ms) => ms < hour * 3_600_000).length;
  t.ok(before(5) - before(3) < (before(21) - before(19)) / 2, 'the night is quiet');
  t.equal(Math.round(usualRates(20_000).reduce((sum, rate) => sum + rate * 900, 0)), 20_000);
});

t.test('what cannot be is refused with the reason, and status 2', async (t) => {
  t.match(readPolicyOptions(['--policy']), { seeds: 10, auctions: 100_000, days: 1, drift: 1, json: false });
  const wrong: [string[], RegExp][] = [
    [['--seeds', '0'], /--seeds takes a whole number/],
    [['--drift', '9'], /--drift takes a number/],
    [['--auctions', '10.5'], /--auctions takes/],
    [['--inject', 'lies'], /--inject is dropped or altered/],
    [['--closed-loop'], /closed-loop/],
  ];
  for (const [args, reason] of wrong) t.throws(() => readPolicyOptions(args), reason);
  const { status, stderr } = spawnSync(process.execPath, [MAIN, '--policy', '--policy-file', '/nowhere/x.policy'], {
    encoding: 'utf8',
  });
  t.equal(status, 2);
  t.match(stderr, /--policy-file: ENOENT/);
});
