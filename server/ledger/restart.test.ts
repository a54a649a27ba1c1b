// What a bidder that is killed with -9 knows when it comes back: spend, what its bids may still cost, what users have
// seen. By real processes on one data folder.

import t, { type Test } from 'tap';
import { type GavelProcess, startGavel, until } from '../testing/gavel_process.js';
import { metric } from '../testing/metric.js';
import { type Answer, ask, bid } from '../testing/wire.js';

interface WireBid {
  readonly burl: string;
  readonly adm: string;
}

const creative = {
  id: 'banner',
  type: 'banner',
  w: 300,
  h: 250,
  advertiser_domains: ['advertiser.example'],
  landing_url: 'https://advertiser.example/',
  image_url: 'https://cdn.example/banner.png',
};

/** One campaign whose bids are 2 CPM: 2,000 micros each. */
function campaignFile(campaign: object): unknown {
  const goal = { type: 'cpm', bid_micros: 2_000_000 };
  const group = { id: 'g', goal, max_bid_cpm_micros: 2_000_000, creatives: ['banner'] };
  const whole = { id: 'c', pacing: 'asap', ad_groups: [group], ...campaign };
  return { currency: 'USD', accounts: [{ id: 'a', seat: 's', creatives: [creative], campaigns: [whole] }] };
}

const requestOf = (user: string): string =>
  JSON.stringify({ id: 'r', at: 2, imp: [{ id: '1', banner: { w: 300, h: 250 } }], device: { ifa: user } });

function bidIn(answer: Answer): WireBid {
  const { seatbid } = JSON.parse(answer.text) as { seatbid: { bid: WireBid[] }[] };
  return seatbid[0]?.bid[0] as WireBid;
}

const pathOf = (url: string): string => new URL(url).pathname + new URL(url).search;

/** The same bidder again, behind a kill. */
async function killed(t: Test, gavel: GavelProcess, campaigns: unknown): Promise<GavelProcess> {
  gavel.signal('SIGKILL');
  await gavel.ended;
  return startGavel(t, { campaigns, env: { GAVEL_DATA_DIR: gavel.dataDir, GAVEL_CAMPAIGNS: gavel.campaignsPath } });
}

t.test('a user who has seen enough has seen it after a kill, too', async (t) => {
  const caps = { budget_micros: 1_000_000_000, frequency_caps: [{ impressions: 2, minutes: 60 }] };
  const campaigns = campaignFile(caps);
  const gavel = await startGavel(t, { campaigns });
  for (let n = 0; n < 2; n++) {
    const { adm } = bidIn(await bid(gavel.port, requestOf('user-1')));
    const pixel = /https?:\/\/[^"]+\/n\/imp\/[\w-]+/.exec(adm)?.[0] ?? '';
    t.equal((await ask(gavel.port, { method: 'GET', path: pathOf(pixel) })).status, 200);
  }
  t.equal((await bid(gavel.port, requestOf('user-1'))).status, 204);
  const again = await killed(t, gavel, campaigns);
  t.equal((await bid(again.port, requestOf('user-1'))).status, 204, 'the counts are back');
  t.equal((await bid(again.port, requestOf('user-2'))).status, 200, 'of nobody else');
  t.equal(await metric(again.port, 'gavel_no_bids_total{reason="frequency_capped"}'), 1);
});

t.test('what was billed is spent after a kill, and what was bid before it stays held', async (t) => {
  const campaigns = campaignFile({ budget_micros: 7000 });
  const gavel = await startGavel(t, { campaigns });
  const { burl } = bidIn(await bid(gavel.port, requestOf('u')));
  for (let n = 0; n < 2; n++) t.equal((await bid(gavel.port, requestOf('u'))).status, 200);
  t.equal((await bid(gavel.port, requestOf('u'))).status, 204, 'three bids of 2,000 micros hold 6,000 of 7,000');
  const path = pathOf(burl)
    .replace(/p=[^&]*/, 'p=1.5')
    .replace(/q=[^&]*/, 'q=');
  const notice = { method: 'GET', path };
  t.equal((await ask(gavel.port, notice)).status, 200);
  const again = await killed(t, gavel, campaigns);
  t.equal((await bid(again.port, requestOf('u'))).status, 204, 'two bids may still be billed');
  t.equal((await ask(again.port, notice)).status, 200, 'the notice comes once more');
  t.equal(await metric(again.port, 'gavel_notices_total{kind="bill",outcome="repeated"}'), 1);
  await until(async () => (await metric(again.port, 'gavel_spend')) === 0.0015);
});
