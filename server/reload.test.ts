// Campaign file and model file are changed while traffic flows: no answer is lost, none is wrong, bad files change
// nothing.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { bidRequest, campaignIn, campaignsOf, type TestExchange } from './testing/campaigns.js';
import { type GavelProcess, startGavel, until } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';
import { seededModelFile } from './testing/models.js';
import { startTraffic } from './testing/traffic.js';
import { type Answer, ask, beginPost, bid } from './testing/wire.js';

t.setTimeout(120_000);

const CONNECTIONS = 4;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const campaignNow = async ({ port }: GavelProcess): Promise<string | undefined> => {
  const { status, text } = await bid(port, bidRequest());
  return status === 200 ? campaignIn(text) : undefined;
};

t.test('a changed campaign file is live while traffic flows', async (t) => {
  const books = ['first', 'second', 'third', 'fourth'];
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'first' }]), env: { GAVEL_WORKERS: '2' } });
  /** When an answer of each book was first seen. */
  const seenMs = new Map<string, number>();
  const traffic = startTraffic(
    gavel.port,
    CONNECTIONS,
    () => ({ path: '/bid', body: bidRequest() }),
    ({ status, text }, n, sinceMs) => {
      if (status !== 200) return `request ${n}: ${status}`;
      const campaign = campaignIn(text) ?? '';
      if (!seenMs.has(campaign)) seenMs.set(campaign, performance.now());
      // A request sent after a book was seen must not be answered from an older one.
      const newer = books.slice(books.indexOf(campaign) + 1).find((book) => (seenMs.get(book) ?? Infinity) < sinceMs);
      return newer === undefined ? undefined : `request ${n}: ${campaign} after ${newer}`;
    },
  );
  for (const book of books.slice(1)) {
    gavel.writeCampaigns(campaignsOf([{ id: book }]));
    await until(() => seenMs.has(book));
    const answered = traffic.answers;
    await until(() => traffic.answers > answered + 100);
  }
  t.same(await traffic.stop(), []);
  t.same([...seenMs.keys()], books);
  t.equal(await metric(gavel.port, 'gavel_book_version'), books.length);
});

t.test('a broken campaign file keeps the old book and is explained', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'good' }]) });
  gavel.writeCampaigns('{"currency": "USD",');
  await gavel.logged('not JSON');
  t.equal(await campaignNow(gavel), 'good');
  gavel.writeCampaigns({ currency: 'dollars', accounts: [{ id: 'a' }] });
  await gavel.logged('accounts.0.seat');
  t.match(gavel.log, /currency: an ISO 4217 code/, 'every problem with its path');
  t.match(gavel.log, /campaign file refused, the old one stays/);
  t.equal(await campaignNow(gavel), 'good');
  t.equal(await metric(gavel.port, 'gavel_book_loads_total{result="refused"}'), 2);
  gavel.writeCampaigns(campaignsOf([{ id: 'better' }]));
  await until(async () => (await campaignNow(gavel)) === 'better');
});

t.test('exchanges that change places are never taken for each other', async (t) => {
  const ads = ['x', 'y'].map((id) => ({ id: `for-${id}`, exchanges: [id] }));
  const gavel = await startGavel(t, { campaigns: campaignsOf(ads, ['x', 'y']), env: { GAVEL_WORKERS: '2' } });
  const traffic = startTraffic(
    gavel.port,
    CONNECTIONS,
    (n) => ({ path: `/openrtb2/bid/${n % 2 ? 'x' : 'y'}`, body: bidRequest() }),
    ({ status, text }, n) => {
      if (status === 204) return undefined; // while the books change, an exchange may count as the default one
      return campaignIn(text) === (n % 2 ? 'for-x' : 'for-y') ? undefined : `request ${n}: ${text}`;
    },
  );
  for (let change = 1; change <= 4; change++) {
    gavel.writeCampaigns(campaignsOf(ads, change % 2 ? ['y', 'x'] : ['x', 'y']));
    await until(async () => (await metric(gavel.port, 'gavel_book_version')) === change + 1);
    const answered = traffic.answers;
    await until(() => traffic.answers > answered + 100);
  }
  t.same(await traffic.stop(), []);
  const answer = await bid(gavel.port, bidRequest());
  t.equal(answer.status, 204, 'the default exchange is neither');
});

t.test('a request under way while exchanges change places stays with its own', async (t) => {
  const ads = ['x', 'y'].map((id) => ({ id: `for-${id}`, exchanges: [id] }));
  const gavel = await startGavel(t, { campaigns: campaignsOf(ads, ['x', 'y']) });
  const begun = await beginPost(gavel.port, '/openrtb2/bid/x', bidRequest());
  const gone = await beginPost(gavel.port, '/openrtb2/bid/y', bidRequest());
  gavel.writeCampaigns(campaignsOf(ads.slice(0, 1), ['new', 'x']));
  await until(async () => (await metric(gavel.port, 'gavel_book_version')) === 2);
  t.equal(campaignIn((await begun.finish()).text), 'for-x');
  t.equal((await gone.finish()).status, 204, 'an exchange that is gone is the default one');
});

t.test('a changed exchange profile is live while traffic flows', async (t) => {
  const ads = [{ id: 'all', domain: 'site.example' }];
  const bookOf = (profile: Partial<TestExchange>, ...before: string[]): unknown =>
    campaignsOf(ads, [...before, { id: 'x', ...profile }, { id: 'default', auth_token_sha256: sha256('other') }]);
  const gavel = await startGavel(t, { campaigns: bookOf({}), env: { GAVEL_WORKERS: '2' } });
  const send = (token: string, body = bidRequest()): Promise<Answer> =>
    ask(gavel.port, { path: '/openrtb2/bid/x', body, headers: { authorization: `Bearer ${token}` } });
  const isLive = (check: (answer: Answer) => boolean, token = 'one', body = bidRequest()): Promise<void> =>
    // A connection each: it is live only if both workers have it.
    until(async () => (await Promise.all(Array.from({ length: 8 }, () => send(token, body)))).every(check));
  t.equal((await send('none')).status, 200);

  gavel.writeCampaigns(bookOf({ auth_token_sha256: sha256('one') }));
  await isLive(({ status }) => status === 401, 'none');
  t.equal((await send('one')).status, 200);
  const traffic = startTraffic(
    gavel.port,
    CONNECTIONS,
    () => ({ path: '/openrtb2/bid/x', body: bidRequest(), headers: { authorization: 'Bearer one' } }),
    ({ status }, n) => (status === 200 ? undefined : `request ${n}: ${status}`),
  );

  const late = '{"id":"late","imp":[{"id":"1"}],"tmax":5}';
  gavel.writeCampaigns(bookOf({ auth_token_sha256: sha256('one'), no_bid: 'reason' }, 'new', 'places'));
  await isLive(({ text }) => text === '{"id":"late","nbr":15}', 'one', late);
  gavel.writeCampaigns(bookOf({ auth_token_sha256: sha256('one') }));
  await isLive(({ status }) => status === 204, 'one', late);
  t.same(await traffic.stop(), [], 'its token is good all the time, wherever it stands in the book');

  gavel.writeCampaigns(bookOf({ auth_token_sha256: sha256('two') }));
  await isLive(({ status }) => status === 401, 'one');
  t.equal((await send('two')).status, 200);
  gavel.writeCampaigns(bookOf({ qps: 1 }));
  await until(async () => (await send('none')).status === 204);
  t.ok((await metric(gavel.port, 'gavel_no_bids_total{reason="over_qps"}')) > 0);
  gavel.writeCampaigns(bookOf({}));
  await isLive(({ status }) => status === 200, 'none');
});

t.test('changed notices of an exchange are live', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }], ['x']) });
  const noticesNow = async (): Promise<string> => {
    const { text } = await ask(gavel.port, { path: '/openrtb2/bid/x', body: bidRequest() });
    const bids: Record<string, unknown> = JSON.parse(text).seatbid[0].bid[0];
    return ['nurl', 'burl', 'lurl'].filter((name) => name in bids).join();
  };
  t.equal(await noticesNow(), 'nurl,burl,lurl');
  gavel.writeCampaigns(campaignsOf([{ id: 'all' }], [{ id: 'x', notices: ['burl'] }]));
  await until(async () => (await noticesNow()) === 'burl');
  gavel.writeCampaigns(campaignsOf([{ id: 'all' }], ['x']));
  await until(async () => (await noticesNow()) === 'nurl,burl,lurl');
});

t.test('models are flipped while traffic flows, bad ones are refused', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }]), env: { GAVEL_WORKERS: '2' } });
  const traffic = startTraffic(
    gavel.port,
    CONNECTIONS,
    () => ({ path: '/bid', body: bidRequest() }),
    ({ status }, n) => (status === 200 ? undefined : `request ${n}: ${status}`),
  );
  writeFileSync(gavel.modelPath, 'no model');
  await gavel.logged('model file refused, the old one stays');
  t.equal(await metric(gavel.port, 'gavel_model_version'), 1);
  const damaged = Buffer.from(seededModelFile(2, 2));
  damaged[damaged.length - 9] = (damaged[damaged.length - 9] as number) ^ 1;
  writeFileSync(gavel.modelPath, damaged);
  await gavel.logged('CRC does not match');
  t.equal(await metric(gavel.port, 'gavel_model_version'), 1);
  writeFileSync(gavel.modelPath, seededModelFile(2, 2));
  await until(async () => (await metric(gavel.port, 'gavel_model_version')) === 2);
  t.same(await traffic.stop(), []);
  t.ok(traffic.answers > 0);
});
