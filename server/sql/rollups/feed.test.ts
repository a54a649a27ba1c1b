// The sums of a real bidder, fed from its event log or from Redis, are what its ledger has charged: to the micro, and
// also when it was killed half way.

import t, { type Test } from 'tap';
import { bidRequest, campaignsOf } from '../../testing/campaigns.js';
import { type GavelProcess, startGavel, startGavelWithCluster, until } from '../../testing/gavel_process.js';
import { metric } from '../../testing/metric.js';
import { startRedis } from '../../testing/redis_server.js';
import { ask, bid } from '../../testing/wire.js';
import { type Db, embeddedFolder, openDatabase } from '../database.js';
import { isDatabaseError } from '../errors.js';

t.setTimeout(180_000);

const MICROS = 1e6;
const BIDS = 12;
const CAMPAIGNS = campaignsOf([
  { id: 'spring', domain: 'spring.example' },
  { id: 'autumn', domain: 'autumn.example' },
]);

interface WireBid {
  readonly nurl: string;
  readonly burl: string;
  readonly adm: string;
}

/** Bids and their notices, at prices that end in odd micros. */
async function trade(t: Test, port: number, seed: number): Promise<void> {
  for (let n = 0; n < BIDS; n++) {
    const answer = await bid(port, bidRequest(n % 3 === 0 ? 'autumn.example' : 'spring.example', `r${seed}-${n}`));
    const { seatbid } = JSON.parse(answer.text) as { seatbid: { bid: WireBid[] }[] };
    const won = seatbid[0]?.bid[0] as WireBid;
    const price = String(1.000_1 + seed / 100 + n / 1000);
    for (const url of [won.burl, won.burl]) {
      const path = (new URL(url).pathname + new URL(url).search).replace(/p=[^&]*/, `p=${price}`);
      t.equal((await ask(port, { method: 'GET', path: path.replace(/q=[^&]*/, 'q=') })).status, 200);
    }
    const pixel = /https?:\/\/[^"]+\/n\/imp\/[\w-]+/.exec(won.adm)?.[0] ?? '';
    t.equal((await ask(port, { method: 'GET', path: new URL(pixel).pathname })).status, 200);
  }
}

const env = (more: Readonly<Record<string, string>>) => ({ GAVEL_JOBS: 'on', ...more });
const summedOnce = async (gavel: GavelProcess): Promise<boolean> =>
  (await metric(gavel.port, 'gavel_job_runs_total{job="sums",result="done"}').catch(() => 0)) > 0;

/** Waits until everything before now is in the sums. */
async function caughtUp({ port }: GavelProcess): Promise<void> {
  const sinceMs = performance.now();
  await until(async () => {
    const agoS = (performance.now() - sinceMs) / 1000;
    return agoS > 1.5 && (await metric(port, 'gavel_sums_lag_seconds')) < agoS - 1.2;
  });
}

async function sumsOf(db: Db): Promise<Record<string, { spend: number; billed: number; impressions: number }>> {
  const rows = await db
    .selectFrom('metrics_day')
    .select(({ fn }) => ['campaign_id', fn.sum<number>('spend_micros').as('spend')])
    .select(({ fn }) => [fn.sum<number>('billed').as('billed'), fn.sum<number>('impressions').as('impressions')])
    .where('dimension', '=', 'campaign')
    .groupBy('campaign_id')
    .execute();
  return Object.fromEntries(
    rows.map((row) => [
      row.campaign_id,
      { spend: Number(row.spend), billed: Number(row.billed), impressions: Number(row.impressions) },
    ]),
  );
}

/** Trades, is killed, trades on, and ends; then its sums are compared with what its ledger said. */
async function killedHalfWay(t: Test, more: Readonly<Record<string, string>>): Promise<void> {
  const gavel = await startGavelWithCluster(t, { campaigns: CAMPAIGNS, env: env(more) });
  await trade(t, gavel.port, 1);
  await until(() => summedOnce(gavel), 60_000);
  await trade(t, gavel.port, 2);
  gavel.signal('SIGKILL');
  await gavel.ended;
  const { dataDir, campaignsPath } = gavel;
  const again = await startGavel(t, {
    campaigns: CAMPAIGNS,
    env: env({ ...more, GAVEL_DATA_DIR: dataDir, GAVEL_CAMPAIGNS: campaignsPath }),
  });
  await until(() => summedOnce(again), 60_000);
  await trade(t, again.port, 3);
  await caughtUp(again);
  const spentMicros = Math.round((await metric(again.port, 'gavel_spend')) * MICROS);
  again.signal('SIGTERM');
  await again.ended;
  const database = await openDatabase({ url: undefined, folder: embeddedFolder(dataDir) });
  if (isDatabaseError(database)) throw new Error(database.problem);
  t.teardown(() => database.close());
  const sums = await sumsOf(database.db);
  t.match(sums, {
    spring: { billed: 2 * BIDS, impressions: 2 * BIDS },
    autumn: { billed: BIDS, impressions: BIDS },
  });
  t.equal((sums['spring']?.spend ?? 0) + (sums['autumn']?.spend ?? 0), spentMicros, 'to the micro');
  const charged = [1, 2, 3].flatMap((seed) =>
    Array.from({ length: BIDS }, (_, n) => Math.round((1.000_1 + seed / 100 + n / 1000) * 1000)),
  );
  t.ok(Math.abs(spentMicros - charged.reduce((sum, micros) => sum + micros, 0)) < 3 * BIDS, 'and that is the prices');
}

t.test('from the event log of the node', (t) => killedHalfWay(t, {}));

t.test('from the streams of Redis', async (t) => {
  const site = await startRedis('single');
  t.teardown(() => site.stop());
  await killedHalfWay(t, { REDIS_URL: site.url });
});
