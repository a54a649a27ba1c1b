// `npm run evaluate` as a program: its lines, tables and picture, and what it refuses.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Auctions } from './day.js';
import { FIELD } from './field.js';
import { columnsOf, readLog } from './log.js';
import { syntheticLog } from './testing.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gavel-race-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const line = ({ price, rate, click }: Auctions, n: number): string => `${click[n]}\t${price[n]}\t${rate[n]}\t14`;

function written(name: string, lines: readonly string[], compress = false): string {
  const file = join(folder, name);
  const content = Buffer.from(`${lines.join('\n')}\n`);
  writeFileSync(file, compress ? gzipSync(content) : content);
  return file;
}

const test = syntheticLog(4000, 1);
const lines = Array.from(test.price, (_, n) => line(test, n));
const log = written('test.txt', lines);

function evaluate(...args: string[]) {
  const script = join(root, 'dist/models/race/main.js');
  return spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' });
}

const SMALL = ['--budgets', '1/8,0.5', '--deviations', '-0.8,0', '--stress', 'none,traffic', '--seeds', '2'];

t.test('npm run evaluate writes a line of JSON for each day of each policy, and a picture', async (t) => {
  const svg = join(folder, 'race.svg');
  const args = ['--log', log, '--columns', 'click,price,pctr,hour', ...SMALL, '--json', '--svg', svg];
  const run = spawnSync('npm', ['run', 'evaluate', '--silent', '--', ...args], { cwd: root, encoding: 'utf8' });
  t.equal(run.status, 0, run.stderr);
  const rows = run.stdout
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each) as Record<string, unknown>);
  const [bidders, worlds, budgets, starts] = [Object.keys(FIELD).length, 4, 2, 2];
  t.equal(rows.length, 2 * worlds * budgets * (bidders * starts + 2) + worlds * budgets);
  for (const name of ['r_over_r_star', 'spent_share', 'clicks', 'pctr_sum', 'surplus_share']) {
    t.ok(
      rows.every((row) => typeof row[name] === 'number' && Number.isFinite(row[name])),
      name,
    );
  }
  const values = (name: string): unknown[] => [...new Set(rows.map((row) => row[name]))];
  t.same(values('budget'), [0.125, 0.5]);
  t.same(values('price'), ['second', 'first']);
  t.same(values('stress'), ['none', 'traffic']);
  t.same(values('seed'), [0, 1]);
  t.same(values('start_deviation'), [-0.8, 0, null]);
  t.match(run.stderr, /no --train: tuning on the first 1000 auctions, racing on the other 3000/);
  t.match(readFileSync(svg, 'utf8'), /^<svg [\s\S]*traffic[\s\S]*value_pacer[\s\S]*<\/svg>\n$/);
});

t.test('as text it prints tables, differences and a verdict; threads do not change figures', async (t) => {
  const args = ['--log', log, '--train', written('train.gz', lines.slice(0, 2000), true), ...SMALL];
  const some = [
    ...args,
    '--columns',
    'click,price,pctr,-',
    '--policies',
    'value_pacer,pid,dual,lin',
    '--price',
    'second',
  ];
  const run = evaluate(...some);
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^policy +mean +\+- +to -30% .* none +traffic$/m);
  t.match(run.stdout, /^value_pacer less each of the others, on the same days$/m);
  t.match(run.stdout, /^traffic: value_pacer is (no worse|WORSE) than (pid|dual)/m);
  t.equal(evaluate(...some, '--threads', '1').stdout, run.stdout);
});

t.test('options it does not understand end it with 2, logs it cannot read with 1', async (t) => {
  const bad = lines.with(4, '0\tmany\t0.1\t2');
  const cases: readonly (readonly [status: number, problem: RegExp, args: readonly string[]])[] = [
    [2, /--log is needed/, []],
    [2, /Unknown option '--lgo'/, ['--lgo', log]],
    [2, /no column is called "bid"/, ['--columns', 'click,bid,pctr']],
    [2, /the column price is needed/, ['--columns', 'click,pctr']],
    [2, /--budgets 0: wants/, ['--budgets', '1/8,0']],
    [2, /--budgets 1\/2\/3: wants/, ['--budgets', '1/2/3']],
    [2, /--deviations -1: wants/, ['--deviations', '-1']],
    [2, /--price third: there are second, first/, ['--price', 'third']],
    [2, /--stress rain: there are none, traffic/, ['--stress', 'rain']],
    [2, /--seeds 0: wants a whole number/, ['--seeds', '0']],
    [2, /--policies sac: there are/, ['--policies', 'sac']],
    [1, /nowhere\.txt: ENOENT/, ['--train', join(folder, 'nowhere.txt')]],
    [1, /bad\.txt:5: column 2, price: "many" is no number from 0 on/, ['--train', written('bad.txt', bad)]],
    [1, /short\.txt: 20 auctions; a race wants at least 1000/, ['--train', written('short.txt', lines.slice(0, 20))]],
  ];
  for (const [status, problem, args] of cases) {
    const run = evaluate(...(status === 2 && args.length === 0 ? [] : ['--log', log]), ...args);
    t.equal(run.status, status, args.join(' '));
    t.match(run.stderr, problem);
    t.equal(run.stdout, '');
  }
  const help = evaluate('--help');
  t.equal(help.status, 0);
  t.match(help.stdout, /^Usage: npm run evaluate/);
});

t.test('columns stand in any order, by tabs or spaces', async (t) => {
  const columns = columnsOf('-,pctr,click,hour,price');
  if (typeof columns === 'string') throw new Error(columns);
  const mixed = lines.slice(0, 1000).map((each, n) => {
    const [click, price, pctr, hour] = each.split('\t');
    return ['x', pctr, click, hour, price].join(n % 2 === 0 ? '  ' : '\t');
  });
  const read = await readLog(written('mixed.txt', mixed), columns);
  if ('problem' in read) throw new Error(read.problem);
  t.same([...read.price], [...test.price.subarray(0, 1000)]);
  t.same([...read.rate], [...test.rate.subarray(0, 1000)]);
  t.same([...read.click], [...test.click.subarray(0, 1000)]);
});
