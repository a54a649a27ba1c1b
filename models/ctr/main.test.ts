// `npm run ctr` as a program: on generated logs of each format, on a public one where it is, and on what it refuses.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { isModelFileError, readModelFile } from '../../bidcore/model_file.js';
import { drawExamples } from '../fm/testing.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const DATA = join(root, '../shared/data');
const folder = mkdtempSync(join(tmpdir(), 'gavel-ctr-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const all = drawExamples({ seed: 3, examples: 16_000, fields: 6, values: 10, base: -2 });
const [train, test] = [all.slice(0, 12_000), all.slice(12_000)];

function written(name: string, lines: readonly string[], compress = false): string {
  const file = join(folder, name);
  const content = Buffer.from(`${lines.join('\n')}\n`);
  writeFileSync(file, compress ? gzipSync(content) : content);
  return file;
}

const indexed = (examples: typeof all, head: (label: number) => string): string[] =>
  examples.map(({ label, features }) => [head(label), ...Array.from(features, (index) => `${index}:1`)].join(' '));
const asLibsvm = (label: number): string => (label === 1 ? '+1' : '-1');

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ctr(...args: string[]): Run {
  const script = join(root, 'dist/models/ctr/main.js');
  return spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' });
}

interface Figures {
  readonly auc: number;
  readonly log_loss: number;
  readonly ne: number;
  readonly calibration: number;
  readonly ece: number;
  readonly examples_per_s: number;
  readonly passes: number;
  readonly train_examples: number;
  readonly test_examples: number;
}
const figuresOf = ({ stdout }: Run): Figures => JSON.parse(stdout) as Figures;

const libsvm = {
  train: written('train.libsvm', indexed(train, asLibsvm)),
  test: written('test.libsvm', indexed(test, asLibsvm)),
};
const files = ['--train', libsvm.train, '--test', libsvm.test, '--format', 'libsvm'];

t.test('npm run ctr prints one line of JSON, and says on standard error how far it is', async (t) => {
  const run = spawnSync('npm', ['run', 'ctr', '--silent', '--', ...files, '--json'], { cwd: root, encoding: 'utf8' });
  t.equal(run.status, 0, run.stderr);
  t.equal(run.stdout.trim().split('\n').length, 1);
  const figures = figuresOf(run);
  const clicks = test.reduce((sum, { label }) => sum + label, 0);
  const noise = 4 / Math.sqrt(clicks);
  t.ok(figures.auc > 0.7 && figures.auc < 1, `auc ${figures.auc}`);
  t.ok(figures.ne < 0.95, `ne ${figures.ne}`);
  t.ok(Math.abs(figures.calibration - 1) < noise, `calibration ${figures.calibration}`);
  t.ok(figures.ece < 0.04, `ece ${figures.ece}`);
  t.ok(figures.examples_per_s > 0 && figures.passes >= 1 && figures.passes <= 5);
  t.same([figures.train_examples, figures.test_examples], [12_000, 4000]);
  t.match(run.stderr, /pass 1: log loss 0\.\d+ on (1199|1200|1201) examples held back/);
});

t.test('the same seed gives the same figures, another one others', async (t) => {
  const quality = (...more: string[]): unknown => {
    const { examples_per_s: _, ...rest } = figuresOf(ctr(...files, '--passes', '1', '--json', ...more));
    return rest;
  };
  t.same(quality(), quality());
  t.notSame(quality(), quality('--seed', '2'));
});

t.test('all formats of the same log are learnt alike', async (t) => {
  const header = 'a,b,click,c,d,e,f';
  const csv = (examples: typeof all): string[] => [
    header,
    ...examples.map(({ label, features: [a, b, ...rest] }) => [a, b, label, ...rest].join(',')),
  ];
  const iclick = (label: number): string => `${label} 227 300`;
  const formats = [
    files,
    ['--train', written('train.csv.gz', csv(train), true), '--test', written('test.csv', csv(test)), '--format', 'csv'],
    [
      '--train',
      written('train.yzx', indexed(train, iclick)),
      '--test',
      written('test.yzx', indexed(test, iclick)),
      '--format',
      'iclick',
    ],
  ];
  const losses = formats.map((args) => figuresOf(ctr(...args, '--json', '--passes', '2')).log_loss);
  t.ok(Math.max(...losses) - Math.min(...losses) < 0.01, losses.join(', '));
});

t.test('options: fewer negatives, methods of calibration, no factors, a table', async (t) => {
  const of = (...more: string[]): Figures => figuresOf(ctr(...files, '--json', '--passes', '2', ...more));
  const noise = 4 / Math.sqrt(test.reduce((sum, { label }) => sum + label, 0));
  for (const options of [
    ['--negatives', '0.2'],
    ['--negatives', '0.2', '--calibrate', 'none'],
    ['--calibrate', 'platt'],
    ['--factors', 'off', '--calibrate', 'none'],
  ]) {
    const { calibration, auc } = of(...options);
    t.ok(Math.abs(calibration - 1) < noise, `${options.join(' ')}: calibration ${calibration}`);
    t.ok(auc > 0.65, `${options.join(' ')}: auc ${auc}`);
  }
  t.ok(of('--factors', 'off').log_loss > of().log_loss, 'factors help where features act together');
  const { stdout } = ctr(...files, '--passes', '1', '--calibrate', 'platt');
  t.match(stdout, /\n +auc +log_loss +ne +calibration +ece\nplatt +0\.\d{4} .*\nnot calibrated +0\.\d{4} /);
});

t.test('the model it writes is one', async (t) => {
  const out = join(folder, 'out.model');
  t.equal(ctr(...files, '--passes', '1', '--out', out).status, 0);
  const file = readModelFile(readFileSync(out));
  t.notOk(isModelFileError(file) && file.problem);
  const nowhere = ctr(...files, '--passes', '1', '--out', join(folder, 'no', 'where'));
  t.match(nowhere, { status: 1, stdout: '', stderr: /ENOENT/ });
});

t.test('what cannot be is said, and there is no figure', async (t) => {
  const bad = written('bad.libsvm', [...indexed(train.slice(0, 20), asLibsvm), '1 3:1 x']);
  for (const [args, status, stderr] of [
    [['--train', bad, '--test', libsvm.test, '--format', 'libsvm'], 1, /bad\.libsvm:21: "x": wants index:value/],
    [['--train', libsvm.train, '--test', bad, '--format', 'libsvm', '--passes', '1'], 1, /bad\.libsvm:21/],
    [['--train', join(folder, 'none'), '--test', bad, '--format', 'libsvm'], 1, /none: ENOENT/],
    [['--train', written('empty', ['']), '--test', bad, '--format', 'libsvm'], 1, /empty: no examples/],
    [['--train', bad, '--test', bad], 2, /--format wants libsvm, csv, iclick\n\nUsage/],
    [['--train', bad, '--format', 'csv'], 2, /wants --train and --test/],
    [[...files, '--passes', '0'], 2, /--passes 0: wants a whole number from 1/],
    [[...files, '--negatives', '2'], 2, /--negatives 2/],
    [[...files, '--seed', '-1'], 2, /--seed/],
    [[...files, '--calibrate', 'best'], 2, /--calibrate wants isotonic, platt, none/],
    [[...files, '--factors', 'yes'], 2, /--factors/],
    [[...files, '--columns', 'a'], 2, /--columns is of --format csv/],
    [[...files, '--unknown'], 2, /--unknown/],
  ] as const) {
    t.match(ctr(...args), { status, stdout: '', stderr }, stderr.source);
  }
  t.match(ctr('--help'), { status: 0, stdout: /^Usage: npm run ctr/ });
});

t.test('a log without a click has figures that are null', async (t) => {
  const quiet = written(
    'quiet.libsvm',
    indexed(
      test.filter(({ label }) => label === 0),
      asLibsvm,
    ),
  );
  const run = ctr('--train', libsvm.train, '--test', quiet, '--format', 'libsvm', '--json', '--passes', '1');
  t.equal(run.status, 0);
  t.match(figuresOf(run), { auc: null, ne: null, calibration: null });
});

t.test('a9a, where it is', async (t) => {
  const of = (part: string): string => join(DATA, 'a9a', `${part}.libsvm`);
  if (!existsSync(of('train'))) {
    t.pass('not here');
    return;
  }
  const figures = figuresOf(ctr('--train', of('train'), '--test', of('test'), '--format', 'libsvm', '--json'));
  t.ok(figures.auc >= 0.902, `auc ${figures.auc}`);
  t.ok(figures.log_loss <= 0.324, `log loss ${figures.log_loss}`);
  t.ok(Math.abs(figures.calibration - 1) < 0.06, `calibration ${figures.calibration}`);
});
