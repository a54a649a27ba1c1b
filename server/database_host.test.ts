// The control plane and its database: two nodes on one PostgreSQL follow each other, and psql; while it is away calls
// are told so at once and bids go on; the embedded one leaves the control thread and its folder alone.

import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { type ApiClient, operatorOf } from './testing/api_client.js';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { startGavel, until } from './testing/gavel_process.js';
import { startPostgres } from './testing/postgres_server.js';
import { ask, bid } from './testing/wire.js';

t.setTimeout(240_000);

/** Of all nodes. */
const KEY = 'a-key-of-all-nodes';
const BANNER = {
  id: 'banner',
  type: 'banner',
  w: 300,
  h: 250,
  advertiser_domains: ['acme.example'],
  landing_url: 'https://acme.example/',
  image_url: 'https://cdn.acme.example/300x250.png',
};
const GROUP = { id: 'g', goal: { type: 'cpm', bid_micros: 2e6 }, max_bid_cpm_micros: 4e6, creatives: ['banner'] };
const campaigns = campaignsOf([{ id: 'first' }]);
const campaign = (id: string) => ({ id, account: 'acme', budget_micros: 1e9, ad_groups: [GROUP] });

interface Stats {
  readonly book: { readonly ads: number };
  readonly book_problems: readonly string[];
}

const statsOf = async (client: ApiClient): Promise<Stats> => (await client.call('GET /stats')).body as unknown as Stats;
const adsOf = async (client: ApiClient): Promise<number> => (await statsOf(client)).book.ads;
const bidsWith = (client: ApiClient, ads: number): Promise<void> =>
  until(async () => (await adsOf(client)) === ads, 20_000);

t.test('nodes on one PostgreSQL', async (t) => {
  const site = await startPostgres();
  t.teardown(() => site.stop());
  const url = await site.database();
  const start = (node: string) =>
    startGavel(t, {
      campaigns,
      env: { DATABASE_URL: url, GAVEL_NODE: node, GAVEL_ADMIN_KEY: KEY },
    });
  const one = await start('0');
  const first = await operatorOf(one, KEY);
  const two = await start('1');
  const second = await operatorOf(two, KEY);

  await t.test('one follows what another has changed, and what psql has', async (t) => {
    await first.call('POST /accounts', { id: 'acme', seat: 'acme' });
    await first.call('POST /accounts/acme/creatives', BANNER);
    t.equal((await first.call('POST /campaign/create', campaign('spring'))).status, 201);
    await Promise.all([bidsWith(first, 2), bidsWith(second, 2)]);
    const psql = new pg.Client({ connectionString: url });
    await psql.connect();
    t.teardown(() => psql.end());
    await psql.query(`update campaigns set status = 'paused' where id = 'spring'`);
    await Promise.all([bidsWith(first, 1), bidsWith(second, 1)]);
    await psql.query(`update ad_groups set targeting = '{"countries": "no list"}' where campaign_id = 'spring'`);
    await until(async () => (await statsOf(second)).book_problems.length > 0);
    t.equal(await adsOf(second), 1, 'what no bidder can read is not written');
    await psql.query(`update ad_groups set targeting = '{}' where campaign_id = 'spring'`);
    await psql.query(`update campaigns set status = 'active' where id = 'spring'`);
    await Promise.all([bidsWith(first, 2), bidsWith(second, 2)]);
    t.equal((await first.call('GET /campaigns/spring')).status, 200);
  });

  await t.test('while it is away calls are told so at once and bids go on, and it comes back by itself', async (t) => {
    await site.halt();
    await until(async () => (await first.call('GET /accounts')).status === 503);
    const { status, headers, body } = await second.call('GET /accounts');
    t.match({ status, headers, body }, { status: 503, headers: { 'retry-after': '1' } });
    t.equal(body?.error.code, 'database_unavailable');
    t.equal((await second.call('POST /accounts', { id: 'late', seat: 'late' })).status, 503);
    t.equal((await second.call('GET /stats')).status, 200, 'which asks the bidder only');
    t.equal((await bid(two.port, bidRequest())).status, 200);
    await site.resume();
    await until(async () => (await first.call('GET /accounts')).status === 200);
    t.equal((await first.call('POST /campaign/create', campaign('autumn'))).status, 201);
    await Promise.all([bidsWith(first, 3), bidsWith(second, 3)]);
  });

  await t.test('a node that starts with an old file follows the database', async () => {
    two.signal('SIGTERM');
    await two.ended;
    await first.call('POST /campaign/create', campaign('winter'));
    const again = await start('2');
    await bidsWith(await operatorOf(again, KEY), 4);
  });
});

t.test('the embedded database', async (t) => {
  const first = await startGavel(t, { campaigns, env: { GAVEL_JOBS: 'on' } });
  first.signal('SIGTERM');
  t.same(await first.ended, { code: 0, signal: null }, 'a stop while it opens is no hang');
  const env = { GAVEL_DATA_DIR: first.dataDir, GAVEL_CAMPAIGNS: first.campaignsPath };
  const gavel = await startGavel(t, { campaigns, env });
  const headers = { 'x-api-key': first.adminKey };
  const opening = await ask(gavel.adminPort, { method: 'GET', path: '/accounts', headers });
  t.match([opening.status, opening.headers['retry-after']], [503, '1'], 'nobody waits while it opens');
  const client = await operatorOf(gavel, first.adminKey);
  t.notOk(readdirSync(join(first.dataDir, 'sql')).includes('making'), 'a making that was cut off is made again');
  if (process.platform === 'linux') {
    const nice = readdirSync(`/proc/${gavel.pid}/task`).map((thread) => niceOf(gavel.pid, thread));
    t.ok(
      nice.some((value) => value >= 10),
      'runs in a thread of low priority',
    );
    t.equal(niceOf(gavel.pid, String(gavel.pid)), getPriority(), 'which the control thread is not');
  }
  t.equal((await client.call('POST /accounts', { id: 'kept', seat: 'kept' })).status, 201);
  const edited = JSON.stringify(campaignsOf([{ id: 'first' }, { id: 'by-hand' }]));
  await until(() => readFileSync(first.campaignsPath, 'utf8').includes('kept'));
  first.writeCampaigns(edited);
  await bidsWith(client, 2);
  gavel.signal('SIGKILL');
  await gavel.ended;
  const again = await startGavel(t, { campaigns, env });
  const later = await operatorOf(again, first.adminKey);
  t.equal((await later.call('GET /accounts/kept')).status, 200, 'it outlives a crash');
  t.equal(readFileSync(first.campaignsPath, 'utf8'), edited, 'and a file edited by hand a start');
  again.signal('SIGTERM');
  t.same(await again.ended, { code: 0, signal: null });
});

/** Field 19 of /proc/PID/task/TID/stat, counted from behind the name. */
function niceOf(pid: number, thread: string): number {
  const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[16]);
}
