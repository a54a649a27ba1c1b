// The `gavel` command as a shell runs it.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { writeModelFile } from '../bidcore/model_file.js';
import { writePointer } from '../bidcore/model_pointer.js';
import { sampleFile, sampleRequest } from '../bidcore/testing/sample_book.js';
import { sampleModel } from '../bidcore/testing/sample_model.js';
import { SAMPLE_CAMPAIGNS, SAMPLE_REQUEST } from './files.js';

const GAVEL = fileURLToPath(new URL('../../server/gavel.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gavel-cli-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (name: string): string => join(folder, name);
writeFileSync(inFolder('model.bin'), writeModelFile(sampleModel(2), 41, 0));
writeFileSync(inFolder('request.json'), JSON.stringify(sampleRequest()));
writeFileSync(inFolder('mine.json'), JSON.stringify(sampleFile({ exchanges: [{ id: 'x1' }] })));

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs gavel in the test's folder, which is its data folder too. */
function gavel(args: readonly string[], environment: Record<string, string> = {}, input = ''): Run {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GAVEL_'));
  const env = { ...Object.fromEntries(kept), GAVEL_DATA_DIR: folder, ...environment };
  return spawnSync(process.execPath, [GAVEL, ...args], { cwd: folder, env, input, encoding: 'utf8' });
}

t.test('--help names the commands and ends well', async (t) => {
  const pages: [string[], RegExp][] = [
    [['--help'], /campaigns .*[\s\S]*explain /],
    [['-h'], /campaigns .*[\s\S]*explain /],
    [['explain', '--help'], /gavel explain REQUEST\.json[\s\S]*--exchange ID/],
    [['campaigns', '--help'], /gavel campaigns check FILE/],
  ];
  for (const [args, text] of pages) {
    const { status, stdout, stderr } = gavel(args);
    t.equal(status, 0);
    t.match(stdout, text);
    t.equal(stderr, '');
  }
});

t.test('a command line that is not understood ends with 2 and says why', async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /name a command/],
    [['bid'], /no command bid/],
    [['constructor'], /no command constructor/],
    [['explain'], /takes one request/],
    [['explain', 'a.json', 'b.json'], /takes one request/],
    [['explain', 'request.json', '--fast'], /--fast/],
    [['explain', 'request.json', '--at', 'noon'], /--at noon is not a time/],
    [['explain', 'request.json', '--ads', 'many'], /--ads many/],
    [['campaigns'], /campaigns check FILE/],
    [['campaigns', 'delete', 'x'], /no command campaigns delete/],
    [['campaigns', 'check'], /takes one file/],
  ];
  for (const [args, problem] of cases) {
    const { status, stdout, stderr } = gavel(args);
    t.equal(status, 2, args.join(' '));
    t.match(stderr, problem);
    t.equal(stdout, '');
  }
});

t.test('explain tells a request by its file, in text', async (t) => {
  const { status, stdout, stderr } = gavel([
    'explain',
    'request.json',
    '--campaigns',
    'mine.json',
    '--at',
    '2026-01-07T13:30:00Z',
  ]);
  t.equal(stderr, '');
  t.equal(status, 0);
  t.match(stdout, /^Bid \(HTTP 200\)\. 1 bid of 1 ad\./);
  t.match(stdout, /won\n {6}c1\/g1\/cr1: bids /);
  t.match(stdout, /mine\.json \(1 ads?\), .*model\.bin \(version 41\), exchange default, 2026-01-07T13:30:00\.000Z/);
});

t.test('explain reads standard input and prints one JSON object', async (t) => {
  const request = JSON.stringify(sampleRequest({ tmax: 3 }));
  const { status, stdout } = gavel(
    ['explain', '-', '--json', '--campaigns', 'mine.json', '--exchange', 'x1'],
    {},
    request,
  );
  t.equal(status, 0, 'a no-bid is an answer too');
  t.equal(stdout.trimEnd().split('\n').length, 1);
  t.match(JSON.parse(stdout), {
    status: 204,
    outcome: 'too_little_time',
    situation: { model_version: 41, exchange: 'x1' },
  });
});

t.test('explain takes the model that was published, unless one is named', async (t) => {
  const models = inFolder('models');
  mkdirSync(models);
  t.teardown(() => rmSync(models, { recursive: true, force: true }));
  writeFileSync(join(models, '42.model'), writeModelFile(sampleModel(3), 42, 0));
  writeFileSync(join(models, 'live.json'), writePointer({ sequence: 7, control: 42 }));
  const request = ['explain', 'request.json', '--campaigns', 'mine.json'];
  const modelOf = (args: string[], env = {}): unknown =>
    JSON.parse(gavel([...request, '--json', ...args], env).stdout).situation;
  t.match(modelOf([]), { model: join(models, '42.model'), model_version: 42 });
  t.match(modelOf(['--model', 'model.bin']), { model_version: 41 });
  t.match(modelOf([], { GAVEL_MODEL: 'model.bin' }), { model_version: 41 }, 'a bidder with that follows no bus');
  writeFileSync(join(models, 'live.json'), writePointer({ sequence: 8, control: 43 }));
  t.match(gavel(request), { status: 1, stderr: /there is no .*43\.model, which .*live\.json names/ });
  writeFileSync(join(models, 'live.json'), '{}');
  t.match(gavel(request), { status: 1, stderr: /live\.json holds no pointer; name a model with --model/ });
});

t.test('without a campaign file the sample that comes with Gavel is used', async (t) => {
  const { status, stdout } = gavel(['explain', SAMPLE_REQUEST, '--json']);
  t.equal(status, 0);
  t.equal(JSON.parse(stdout).situation.campaigns, SAMPLE_CAMPAIGNS);
  copyFileSync(inFolder('mine.json'), inFolder('campaigns.json'));
  t.equal(
    JSON.parse(gavel(['explain', SAMPLE_REQUEST, '--json']).stdout).situation.campaigns,
    inFolder('campaigns.json'),
  );
  const set = gavel(['explain', SAMPLE_REQUEST, '--json'], { GAVEL_CAMPAIGNS: SAMPLE_CAMPAIGNS });
  t.equal(JSON.parse(set.stdout).situation.campaigns, SAMPLE_CAMPAIGNS);
});

t.test('what is missing or wrong is said, with the way out, and ends with 1', async (t) => {
  writeFileSync(inFolder('broken.json'), '{"currency":"usd"}');
  writeFileSync(inFolder('long.json'), ' '.repeat(200_000));
  writeFileSync(inFolder('cut.bin'), writeModelFile(sampleModel(2), 1, 0).subarray(0, 1000));
  const mine = ['--campaigns', 'mine.json'];
  const cases: [string[], Record<string, string>, RegExp][] = [
    [['explain', 'none.json', ...mine], {}, /cannot read none\.json: ENOENT/],
    [['explain', 'request.json', '--campaigns', 'none.json'], {}, /cannot read none\.json/],
    [['explain', 'request.json', '--campaigns', 'broken.json'], {}, /broken\.json: currency: .*ISO 4217/],
    [
      ['explain', 'request.json', ...mine, '--model', 'none.bin'],
      {},
      /no model at none\.bin; make one with: npm run model/,
    ],
    [['explain', 'request.json', ...mine, '--model', 'cut.bin'], {}, /cut\.bin: /],
    [['explain', 'request.json', ...mine, '--exchange', 'x9'], {}, /names no exchange x9: default, x1/],
    [['explain', 'long.json', ...mine], {}, /200000 bytes; a bidder takes 131072/],
    [['explain', 'request.json', ...mine], { GAVEL_NOED: '1' }, /GAVEL_NOED/],
    [['campaigns', 'check', 'none.json'], {}, /cannot read none\.json/],
  ];
  for (const [args, environment, problem] of cases) {
    const { status, stdout, stderr } = gavel(args, environment);
    t.equal(status, 1, args.join(' '));
    t.match(stderr, problem);
    t.notMatch(stderr, /\n\s+at /, 'no stack');
    t.equal(stdout, '');
  }
});

t.test('campaigns check counts what is in a good file', async (t) => {
  const text = gavel(['campaigns', 'check', 'mine.json']);
  t.equal(text.status, 0, text.stderr);
  t.match(
    text.stdout,
    /is fine: 1 account, 1 campaign, 1 ad group, 1 creative \(1 banner\), 1 exchange, in USD\.\n1 ad may bid/,
  );
  const json = gavel(['campaigns', 'check', SAMPLE_CAMPAIGNS, '--json']);
  t.equal(json.status, 0, json.stderr);
  const summary = JSON.parse(json.stdout);
  t.ok(summary.accounts >= 1 && summary.ads >= 1, json.stdout);
  const formats = Object.values<number>(summary.formats).reduce((sum, count) => sum + count, 0);
  t.equal(formats, summary.creatives);
  t.ok(summary.exchanges >= 1);
});

t.test('campaigns check lists every problem of a bad file', async (t) => {
  const file = sampleFile();
  const campaign = file.accounts[0]?.campaigns[0];
  writeFileSync(
    inFolder('bad.json'),
    JSON.stringify({ ...file, accounts: [{ ...file.accounts[0], campaigns: [campaign, campaign] }] }),
  );
  const { status, stderr } = gavel(['campaigns', 'check', 'bad.json']);
  t.equal(status, 1);
  t.match(stderr, /bad\.json: accounts: two campaigns have the id c1/);
});

t.test('campaigns check finds what only compiling finds', async (t) => {
  const file = sampleFile();
  const [account] = file.accounts;
  const creatives = account?.creatives.map((creative) => ({
    ...creative,
    image_url: undefined,
    markup: '"'.repeat(12_000),
  }));
  writeFileSync(inFolder('large.json'), JSON.stringify({ ...file, accounts: [{ ...account, creatives }] }));
  const { status, stderr } = gavel(['campaigns', 'check', 'large.json']);
  t.equal(status, 1);
  t.match(stderr, /large\.json: .*bytes/);
});
