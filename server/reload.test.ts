// Campaign file and model file are changed while traffic flows: no answer is lost, none is wrong, bad files change
// nothing.

import { writeFileSync } from 'node:fs';
import t from 'tap';
import { bidRequest, campaignIn, campaignsOf } from './testing/campaigns.js';
import { type GavelProcess, startGavel, until } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';
import { seededModelFile } from './testing/models.js';
import { startTraffic } from './testing/traffic.js';
import { bid } from './testing/wire.js';

t.setTimeout(120_000);

const CONNECTIONS = 4;

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
