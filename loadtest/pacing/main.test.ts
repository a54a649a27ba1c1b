// `npm run pacing` answers in the form it documents.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

t.setTimeout(120_000);

const main = fileURLToPath(new URL('main.js', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

t.test('--json prints one object a day, the same for the same seed', async (t) => {
  const args = ['--plan', 'even', '--world', 'few-wins', '--setter', 'none', '--seeds', '2', '--json'];
  const { stdout, status } = run(...args);
  t.equal(status, 0);
  const days = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.same(
    days.map(({ plan, world, setter, seed }) => [plan, world, setter, seed]),
    [
      ['even', 'few-wins', 'none', 1],
      ['even', 'few-wins', 'none', 2],
    ],
  );
  t.ok(days.every(({ spent_share, deviation }) => spent_share > 0.98 && spent_share <= 1 && deviation > 0.3));
  t.equal(run(...args).stdout, stdout);
});

t.test('an unknown plan, world or setter is refused', async (t) => {
  for (const option of ['--plan', '--world', '--setter']) {
    const { status, stderr } = run(option, 'nothing');
    t.equal(status, 2);
    t.match(stderr, 'no nothing');
  }
});
