// Notices through a whole Gavel: the addresses of a real bid, its tokens and its metrics.

import t from 'tap';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { failToStart, startGavel } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';
import { ask, bid, get } from './testing/wire.js';

t.setTimeout(120_000);

const PRICE_KEYS = `${Buffer.alloc(32, 1).toString('base64')}:${Buffer.alloc(32, 2).toString('base64url')}`;

interface RealBid {
  readonly nurl: string;
  readonly adm: string;
}

async function realBid(port: number): Promise<RealBid> {
  const { text } = await bid(port, bidRequest());
  const { seatbid } = JSON.parse(text) as { seatbid: { bid: RealBid[] }[] };
  const first = seatbid[0]?.bid[0];
  if (first === undefined) throw new Error(`no bid: ${text}`);
  return first;
}

const pathIn = (text: string, kind: string): string => new RegExp(`/n/${kind}/[^"]*`).exec(text)?.[0] ?? 'none';

t.test(
  'the click of a real bid leads to the landing page; a changed token is forged; all are zero before',
  async (t) => {
    const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }]) });
    t.equal(await metric(gavel.port, 'gavel_notices_total{kind="bill",outcome="booked"}'), 0);
    t.equal(await metric(gavel.port, 'gavel_notices_total{kind="click",outcome="forged"}'), 0);
    const { adm, nurl } = await realBid(gavel.port);
    const click = pathIn(adm, 'click');
    t.match(await get(gavel.port, click), { status: 302, headers: { location: 'https://advertiser.example/' } });
    const other = click.replace(
      /(click\/.{50})(.)/,
      (_, before: string, one: string) => before + (one === 'A' ? 'B' : 'A'),
    );
    t.match(await get(gavel.port, other), { status: 403, text: /^forged: / });
    t.equal(await metric(gavel.port, 'gavel_notices_total{kind="click",outcome="forged"}'), 1);
    t.match(await get(gavel.port, pathIn(nurl, 'win').slice(0, 40)), { status: 400, text: /^malformed_token: / });
  },
);

t.test('a landing page as long as the campaign file may have it still arrives', async (t) => {
  const landing = `https://advertiser.example/?${'q=%20&'.repeat(330)}`.slice(0, 2048);
  const campaigns = JSON.stringify(campaignsOf([{ id: 'all' }])).replace('https://advertiser.example/', landing);
  const gavel = await startGavel(t, { campaigns: JSON.parse(campaigns) });
  const click = pathIn((await realBid(gavel.port)).adm, 'click');
  t.ok(click.length > 3000, `${click.length} characters`);
  t.match(await get(gavel.port, click), { status: 302, headers: { location: landing } });
});

t.test('a key that was replaced is believed as long as it is kept', async (t) => {
  const campaigns = campaignsOf([{ id: 'all' }]);
  const [first, second] = ['11', '22'].map((digits) => digits.repeat(16));
  const before = await startGavel(t, { campaigns, env: { GAVEL_NOTICE_KEY: first ?? '', GAVEL_NOTICE_KEY_ID: '1' } });
  const click = pathIn((await realBid(before.port)).adm, 'click');
  const env = { GAVEL_NOTICE_KEY: second ?? '', GAVEL_NOTICE_KEY_ID: '2' };
  const without = await startGavel(t, { campaigns, env });
  t.match(await get(without.port, click), { status: 403, text: /^unknown_key: / });
  const kept = await startGavel(t, { campaigns, env: { ...env, GAVEL_NOTICE_KEYS_OLD: `1:${first}` } });
  t.equal((await get(kept.port, click)).status, 302);
});

t.test('an exchange that encrypts prices needs its keys', async (t) => {
  const campaigns = campaignsOf([{ id: 'all' }], [{ id: 'ad-exchange', price_encoding: 'google' }]);
  const ended = await failToStart(t, { campaigns });
  t.match(ended, { code: 1, log: /GAVEL_PRICE_KEYS_AD_EXCHANGE/ });
  const gavel = await startGavel(t, { campaigns, env: { GAVEL_PRICE_KEYS_AD_EXCHANGE: PRICE_KEYS } });
  t.notOk(`${gavel.log}${gavel.output}`.includes(PRICE_KEYS));
  t.match((await realBid(gavel.port)).nurl, /\?p=\$\{AUCTION_PRICE\}$/);
});

t.test('a bill is booked once, whether it comes as a notice or as an auction result', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }]) });
  const send = async (token: string, price: number): Promise<unknown> => {
    const body = JSON.stringify({ results: [{ token, kind: 'bill', price }] });
    const headers = { 'x-api-key': gavel.adminKey };
    return JSON.parse((await ask(gavel.adminPort, { path: '/auction-result', headers, body })).text);
  };
  const tokenOf = async (): Promise<string> =>
    /win\/([\w-]+)/.exec(pathIn((await realBid(gavel.port)).nurl, 'win'))?.[1] ?? '';
  const [first, second] = [await tokenOf(), await tokenOf()];
  t.equal((await get(gavel.port, `/n/bill/${first}?p=0.5`)).status, 200);
  t.same(await send(first, 0.5), { results: [{ outcome: 'repeated' }] });
  t.same(await send(second, 0.5), { results: [{ outcome: 'booked' }] });
  t.equal((await get(gavel.port, `/n/bill/${second}?p=0.5`)).status, 200);
  t.equal(await metric(gavel.port, 'gavel_notices_total{kind="bill",outcome="booked"}'), 2);
  t.equal(await metric(gavel.port, 'gavel_notices_total{kind="bill",outcome="repeated"}'), 2);
});
