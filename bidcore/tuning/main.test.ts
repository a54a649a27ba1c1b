// `npm run tune` as a user calls it: figures a line, and usage errors.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.url));

function tune(...args: readonly string[]) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
}

t.test('one JSON object a line, the same each time but for the seconds', async (t) => {
  const args = ['--function', 'branin', '--evaluations', '8', '--seeds', '2', '--json'];
  const rows = (text: string): Record<string, unknown>[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const [first, again] = [tune(...args), tune(...args)];
  t.equal(first.status, 0);
  t.match(rows(first.stdout), [
    {
      function: 'branin',
      seed: 1,
      evaluations: 8,
      gap: Number,
      random_gap: Number,
      gap_ratio: Number,
      seconds: Number,
    },
    { function: 'branin', seed: 2 },
  ]);
  const still = (text: string): unknown[] => rows(text).map(({ seconds, ...rest }) => rest);
  t.same(still(first.stdout), still(again.stdout));
  t.match(first.stderr, /tune: branin, seed 2 of 2/, 'progress');
});

t.test('a table for people, help, and what is no use of it', async (t) => {
  const table = tune('--function', 'hartmann3', '--evaluations', '5', '--seeds', '1');
  t.match(table.stdout, /^function .*random.*\nhartmann3 +1 +5 +\d\.\d\de/);
  t.match(tune('--help'), { status: 0, stdout: /Usage: npm run tune/ });
  for (const args of [
    ['--function', 'rosenbrock'],
    ['--evaluations', '0'],
    ['--seeds', '1.5'],
    ['--speed', '9'],
  ]) {
    t.match(tune(...args), { status: 2, stdout: '', stderr: /^tune: .*\n\nUsage/ }, args.join(' '));
  }
});
