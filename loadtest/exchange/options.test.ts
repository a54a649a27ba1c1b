// The command line: what is wrong is said, with status 2.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readOptions } from './options.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

t.test('options are read', async (t) => {
  const options = readOptions(['--seed', '7', '--seconds', '2.5', '--json']);
  t.match(options, { seed: 7, seconds: 2.5, json: true, closedLoop: false, nodes: 1 });
  t.equal(readOptions([]).auctions, 20_000);
  t.equal(readOptions(['--closed-loop']).auctions, 200_000);
});

t.test('what cannot be is refused with the reason', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['--seed', 'x'], /--seed takes a whole number/],
    [['--auctions', '0'], /--auctions takes/],
    [['--rate', ''], /--rate takes a number/],
    [['--redis', 'many'], /--redis is none, single or cluster/],
    [['--nodes', '2'], /needs --redis/],
    [['--url', 'http://h:1'], /--url needs --campaigns/],
    [['--url', 'ftp://h', '--campaigns', 'f'], /--url is such as/],
    [['--report', 'a.svg'], /goes only with --closed-loop/],
    [['--closed-loop', '--nodes', '2'], /does not go with --closed-loop/],
    [['--inject', 'lies'], /--inject is dropped or altered/],
    [['--no-such'], /no-such/],
    [['word'], /word/],
  ];
  for (const [args, message] of wrong) t.throws(() => readOptions(args), { message }, args.join(' '));
});

t.test('the command says what is wrong and ends with 2; help ends with 0', async (t) => {
  const run = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  const wrong = run('--auctions', 'many');
  t.equal(wrong.status, 2);
  t.match(wrong.stderr, /^simulate: --auctions takes a whole number/);
  const missing = run('--campaigns', 'no/such/file');
  t.equal(missing.status, 2);
  t.match(missing.stderr, /^simulate: --campaigns: /);
  t.match(run('--help'), { status: 0, stdout: /--closed-loop/ });
  t.match(run('--money', '--help'), { status: 0, stdout: /histories of money/ });
});
