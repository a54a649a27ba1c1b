// How a bidder starts: what it makes, what it says, and what refuses the start.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { failToStart, startGavel } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';
import { ask, bid } from './testing/wire.js';

t.setTimeout(120_000);

const campaigns = campaignsOf([{ id: 'all' }]);

t.test('a first start fills the data folder, a second one uses it', async (t) => {
  const gavel = await startGavel(t);
  t.match(gavel.output, /made \S+campaigns\.json from the sample\nmade \S+model\.bin from seed 1\n/);
  t.match(gavel.output, /Gavel bids on http:\/\/127\.0\.0\.1:\d+\/openrtb2\/bid \(1 worker\)/);
  t.match(gavel.output, /book {4}version 1: \d+ ads of \d+ campaigns/);
  t.match(gavel.output, /model {3}version 1 in \S+model\.bin\n +it bids until .* publishes one; .*gavel models list\n/);
  const keyPath = join(gavel.dataDir, 'notice.key');
  const key = readFileSync(keyPath, 'utf8');
  t.match(key, /^[0-9a-f]{32}\n$/);
  t.equal(statSync(keyPath).mode & 0o777, 0o600);
  t.notMatch(gavel.log + gavel.output, key.trim(), 'the notice key is not told');
  const adminKeyPath = join(gavel.dataDir, 'admin.key');
  t.match(gavel.adminKey, /^[0-9a-f]{48}$/);
  t.equal(statSync(adminKeyPath).mode & 0o777, 0o600);
  t.equal(gavel.output.split(gavel.adminKey).length, 2, 'the admin key is told once');
  t.match(gavel.output, `made the admin key ${gavel.adminKey}\n     told this once; it is kept in ${adminKeyPath}\n`);
  t.notMatch(gavel.log, gavel.adminKey, 'and never logged');
  t.match(gavel.output, `(key: in ${adminKeyPath})`, 'and where it is');
  gavel.signal('SIGTERM');
  await gavel.ended;
  const again = await startGavel(t, {
    env: { GAVEL_DATA_DIR: gavel.dataDir, GAVEL_CAMPAIGNS: gavel.campaignsPath },
    campaigns,
  });
  t.notMatch(again.output, /made/);
  t.notMatch(again.output + again.log, gavel.adminKey, 'a later start does not tell it');
  t.equal(readFileSync(keyPath, 'utf8'), key);
  const { status } = await ask(again.adminPort, { path: '/explain', headers: { 'x-api-key': gavel.adminKey } });
  t.equal(status, 200, 'the key is kept');
});

t.test('an unknown key refuses the start', async (t) => {
  const { code, log, output } = await failToStart(t, { campaigns, env: { GAVEL_BIDPORT: '1', GAVEL_WORKERS: 'many' } });
  t.equal(code, 1);
  t.match(log, /^gavel: GAVEL_BIDPORT: no such key/m);
  t.match(log, /^gavel: GAVEL_WORKERS: a whole number/m);
  t.equal(output, '');
});

t.test('a port in use refuses the start in one line', async (t) => {
  const first = await startGavel(t, { campaigns });
  const { code, log } = await failToStart(t, { campaigns, env: { GAVEL_BID_PORT: String(first.port) } });
  t.equal(code, 1);
  t.match(log, new RegExp(`^gavel: port ${first.port} on 127\\.0\\.0\\.1 is in use .*GAVEL_BID_PORT.*\\n$`, 'm'));
  t.equal((await bid(first.port, bidRequest())).status, 200);
  const admin = await failToStart(t, { campaigns, env: { GAVEL_ADMIN_PORT: String(first.adminPort) } });
  t.equal(admin.code, 1);
  t.match(
    admin.log,
    new RegExp(`^gavel: port ${first.adminPort} on 127\\.0\\.0\\.1 is in use .*GAVEL_ADMIN_PORT`, 'm'),
  );
});

t.test('an admin key that is none refuses the start', async (t) => {
  const gavel = await startGavel(t, { campaigns });
  writeFileSync(join(gavel.dataDir, 'admin.key'), 'short\n');
  const { code, log } = await failToStart(t, { campaigns, env: { GAVEL_DATA_DIR: gavel.dataDir } });
  t.equal(code, 1);
  t.match(log, /^gavel: \S+admin\.key does not hold 16 to 256 printable characters/m);
});

t.test('a campaign file or model that cannot be used refuses the start', async (t) => {
  const broken = await failToStart(t, { campaigns: { currency: 'USD', accounts: [] } });
  t.equal(broken.code, 1);
  t.match(broken.log, /^gavel: \S+campaigns\.json: accounts: /m);
  const missing = await failToStart(t, { campaigns, env: { GAVEL_MODEL: '/nowhere/model.bin' } });
  t.equal(missing.code, 1);
  t.match(missing.log, /^gavel: \/nowhere\/model\.bin: ENOENT/m);
});

t.test('help names every key, other arguments are refused', async (t) => {
  const help = await failToStart(t, { campaigns, args: ['--help'] });
  t.equal(help.code, 0);
  t.match(help.output, /GAVEL_BID_PORT \(7507\)/);
  const unknown = await failToStart(t, { campaigns, args: ['--port', '1'] });
  t.equal(unknown.code, 2);
  t.match(unknown.log, /unknown argument --port 1/);
});

t.test('workers share one port', async (t) => {
  const gavel = await startGavel(t, { campaigns, env: { GAVEL_WORKERS: '3' } });
  t.match(gavel.output, /\(3 workers\)/);
  const answers = await Promise.all(Array.from({ length: 60 }, () => bid(gavel.port, bidRequest())));
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
  t.equal(await metric(gavel.port, 'gavel_requests_total'), 60);
  t.equal(await metric(gavel.port, 'gavel_workers_alive'), 3);
});
