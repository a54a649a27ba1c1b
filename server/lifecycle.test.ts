// How a bidder starts, shares its port, survives its workers and ends.

import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { failToStart, startGavel, until } from './testing/gavel_process.js';
import { startTraffic } from './testing/traffic.js';
import { ask, bid, exchangeBytes, get, post } from './testing/wire.js';

const campaigns = campaignsOf([{ id: 'all' }]);
const SABOTAGE = new URL('./testing/sabotage.js', import.meta.url).href;

async function metric(port: number, line: string): Promise<number> {
  const { text } = await get(port, '/metrics');
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return Number(found?.slice(line.length));
}

t.test('a first start fills the data folder, a second one uses it', async (t) => {
  const gavel = await startGavel(t);
  t.match(gavel.output, /made \S+campaigns\.json from the sample\nmade \S+model\.bin from seed 1\n/);
  t.match(gavel.output, /Gavel bids on http:\/\/127\.0\.0\.1:\d+\/openrtb2\/bid \(1 worker\)/);
  t.match(gavel.output, /book {4}version 1: \d+ ads of \d+ campaigns/);
  const keyPath = join(gavel.dataDir, 'notice.key');
  const key = readFileSync(keyPath, 'utf8');
  t.match(key, /^[0-9a-f]{32}\n$/);
  t.equal(statSync(keyPath).mode & 0o777, 0o600);
  t.notMatch(gavel.log + gavel.output, key.trim(), 'the notice key is not told');
  const again = await startGavel(t, {
    env: { GAVEL_DATA_DIR: gavel.dataDir, GAVEL_CAMPAIGNS: gavel.campaignsPath },
    campaigns,
  });
  t.notMatch(again.output, /made/);
  t.equal(readFileSync(keyPath, 'utf8'), key);
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
  t.match(log, new RegExp(`^gavel: port ${first.port} on 127\\.0\\.0\\.1 is in use .*GAVEL_BID_PORT.*\\n$`));
  t.equal((await bid(first.port, bidRequest())).status, 200);
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
  t.equal(unknown.code, 1);
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

t.test('a trap costs its request a 204', async (t) => {
  const gavel = await startGavel(t, { campaigns, nodeArgs: ['--import', SABOTAGE] });
  for (let i = 0; i < 3; i++) t.equal((await bid(gavel.port, '"trap"')).status, 204);
  t.equal((await bid(gavel.port, bidRequest())).status, 200);
  const batch = await ask(gavel.port, { path: '/bid/batch', body: `["trap",${bidRequest()}]` });
  t.match(batch, { status: 200, text: /^\[\{"nbr":1\},\{"id":"request"/ });
  t.equal(await metric(gavel.port, 'gavel_no_bids_total{reason="internal_error"}'), 4);
  t.equal(await metric(gavel.port, 'gavel_worker_restarts_total'), 0);
});

t.test('a worker that dies is started again, the others go on', async (t) => {
  const gavel = await startGavel(t, { campaigns, nodeArgs: ['--import', SABOTAGE], env: { GAVEL_WORKERS: '2' } });
  const { port } = gavel;
  for (let death = 1; death <= 2; death++) {
    await t.rejects(bid(port, '"crash"'), 'the connection breaks');
    t.equal((await bid(port, bidRequest())).status, 200, 'another worker answers');
    await until(async () => (await metric(port, 'gavel_worker_restarts_total')) === death);
    await until(async () => (await metric(port, 'gavel_workers_alive')) === 2);
  }
  t.match(gavel.log, /"worker failed"/);
  t.match(gavel.log, /sabotaged/);
  const answers = await Promise.all(Array.from({ length: 40 }, () => bid(port, bidRequest())));
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
  gavel.signal('SIGTERM');
  t.match(await gavel.ended, { code: 0 });
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} drains without a failed request`, async (t) => {
    const gavel = await startGavel(t, { campaigns, env: { GAVEL_WORKERS: '2' } });
    let signalled = false;
    const traffic = startTraffic(
      gavel.port,
      8,
      () => ({ path: '/bid', body: bidRequest() }),
      ({ status }, n) => (status === 200 ? undefined : `request ${n}: ${status}`),
      () => signalled,
    );
    await until(() => traffic.answers > 200);
    // A request that has only begun is waited for; the connection is told to go elsewhere with the answer.
    const whole = post('/bid', bidRequest());
    const begun = connect({ host: '127.0.0.1', port: gavel.port });
    let text = '';
    begun.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    begun.write(whole.slice(0, -20));
    const answered = traffic.answers;
    await until(() => traffic.answers > answered + 20);
    signalled = true;
    gavel.signal(signal);
    await gavel.logged('draining');
    await new Promise((resolve) => setTimeout(resolve, 600));
    t.notOk(gavel.hasEnded, 'it waits for the request that has begun');
    begun.write(whole.slice(-20));
    t.match(await gavel.ended, { code: 0, signal: null });
    t.same(await traffic.stop(), []);
    t.match(text, /^HTTP\/1\.1 200 [\s\S]*Connection: close/);
    t.match(gavel.log, /drained/);
    begun.destroy();
  });
}

t.test('connections that stay busy are cut when the time is over', async (t) => {
  const gavel = await startGavel(t, { campaigns, env: { GAVEL_DRAIN_SECONDS: '1' } });
  const stuck = connect({ host: '127.0.0.1', port: gavel.port });
  stuck.on('error', () => undefined);
  stuck.write(post('/bid', bidRequest()).slice(0, -1));
  await exchangeBytes(gavel.port, [post('/bid', bidRequest())]); // the one before has arrived by now
  gavel.signal('SIGTERM');
  t.match(await gavel.ended, { code: 0, signal: null });
  t.match(gavel.log, /still busy are cut/);
  stuck.destroy();
});

t.test('a second signal ends at once with 130', async (t) => {
  const gavel = await startGavel(t, { campaigns, env: { GAVEL_DRAIN_SECONDS: '60' } });
  const stuck = connect({ host: '127.0.0.1', port: gavel.port });
  stuck.on('error', () => undefined);
  stuck.write(post('/bid', bidRequest()).slice(0, -1));
  await exchangeBytes(gavel.port, [post('/bid', bidRequest())]);
  gavel.signal('SIGINT');
  gavel.signal('SIGINT');
  await gavel.logged('draining');
  await new Promise((resolve) => setTimeout(resolve, 700));
  t.notOk(gavel.hasEnded, 'one Ctrl-C may arrive twice');
  gavel.signal('SIGINT');
  t.match(await gavel.ended, { code: 130, signal: null });
  stuck.destroy();
});
