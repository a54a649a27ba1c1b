// The admin port of a real bidder: what is open, what is closed, and explanations of what is live.

import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { MAX_BODY_BYTES, MAX_IMPS } from '../assembly/limits.js';
import { EXPLANATIONS_MAX } from './explain_route.js';
import { bidRequest, campaignsOf, type TestAd } from './testing/campaigns.js';
import { type GavelOptions, type GavelProcess, startGavel, until } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';
import { seededModelFile } from './testing/models.js';
import { type Answer, type Ask, ask, exchangeBytes, get, holdPost } from './testing/wire.js';

t.setTimeout(120_000);

const AT = '2026-01-07T13:30:00Z';

interface Explained {
  readonly status: number;
  readonly outcome: string;
  readonly impressions: readonly {
    readonly slots: readonly {
      readonly winner: number | null;
      readonly ads: readonly {
        readonly campaign: string;
        readonly outcome: string;
        readonly why: string;
        readonly price: { readonly priceMicros: number | null } | null;
      }[];
    }[];
  }[];
  readonly situation: Readonly<Record<string, unknown>>;
}

const explained = ({ text }: Answer): Explained => JSON.parse(text) as Explained;

/** Outcome of each campaign in the only slot. */
const outcomes = (answer: Answer): Record<string, string> =>
  Object.fromEntries(
    (explained(answer).impressions[0]?.slots[0]?.ads ?? []).map(({ campaign, outcome }) => [campaign, outcome]),
  );

const startWith = (t: Parameters<typeof startGavel>[0], ads: readonly TestAd[], env: GavelOptions['env'] = {}) =>
  startGavel(t, { campaigns: campaignsOf(ads, ['x', 'y']), env });

const explain = (gavel: GavelProcess, query = '', how: Partial<Ask> = {}): Promise<Answer> => {
  const headers = how.headers ?? { 'x-api-key': gavel.adminKey };
  return ask(gavel.adminPort, { path: `/explain${query}`, body: bidRequest(), ...how, headers });
};

t.test('the admin port', async (t) => {
  const ads = [{ id: 'best', bidMicros: 3_000_000 }, { id: 'good' }, { id: 'only-x', exchanges: ['x'] }];
  const gavel = await startWith(t, [...ads, { id: 'elsewhere', domain: 'other.example' }]);
  const { adminPort, adminKey } = gavel;

  await t.test('tells health and metrics to anybody', async (t) => {
    t.match(await get(adminPort, '/health'), { status: 200, text: '{"status":"alive"}' });
    t.match(await ask(adminPort, { method: 'HEAD', path: '/health' }), { status: 200, text: '' });
    const metrics = await get(adminPort, '/metrics');
    t.match(metrics, { status: 200, headers: { 'content-type': /^text\/plain; version=0\.0\.4/ } });
    t.match(metrics.text, /^gavel_ready 1$/m);
  });

  await t.test('has its own 404 and 405', async (t) => {
    t.match(await get(adminPort, '/nothing'), { status: 404, text: /"code":"not_found"/ });
    t.match(await ask(adminPort, { path: '/openrtb2/bid', body: bidRequest() }), { status: 404 });
    t.match(await get(adminPort, '/explain'), { status: 405, headers: { allow: 'POST' } });
    t.match(await ask(adminPort, { path: '/health', body: '' }), { status: 405, headers: { allow: 'GET, HEAD' } });
    t.equal((await get(gavel.port, '/explain')).status, 404, 'and the bid port has no explanations');
  });

  await t.test('explains only with the key', async (t) => {
    const wrong: Record<string, string>[] = [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': 'wrong' },
      { 'x-api-key': `${adminKey}0` },
      { 'x-api-key': adminKey.slice(1) },
      { 'x-api-key': 'wrong', authorization: `Bearer ${adminKey}` },
      { authorization: adminKey },
      { authorization: `Basic ${adminKey}` },
      { authorization: 'Bearer wrong' },
    ];
    for (const headers of wrong) {
      const answer = await explain(gavel, '', { headers });
      t.equal(answer.status, 401, JSON.stringify(headers));
      t.match(JSON.parse(answer.text), { error: { code: 'unauthorized', message: /X-API-Key/ } });
      t.notMatch(answer.text, adminKey);
      t.equal(answer.headers['www-authenticate'], 'Bearer');
    }
    t.equal((await explain(gavel, `?key=${adminKey}`, { headers: {} })).status, 401, 'nor in the address');
    t.equal((await explain(gavel, '', { headers: { authorization: `Bearer ${adminKey}` } })).status, 200);
  });

  await t.test('explains as JSON: every ad, with its gate or its price', async (t) => {
    const answer = await explain(gavel, `?at=${AT}`);
    t.match(answer, { status: 200, headers: { 'content-type': 'application/json' } });
    t.match(explained(answer), {
      status: 200,
      outcome: 'bid',
      situation: { book_version: 1, model_version: 1, exchange: 'default', at: '2026-01-07T13:30:00.000Z' },
    });
    t.same(outcomes(answer), { best: 'won', good: 'outbid', 'only-x': 'no_targeting', elsewhere: 'no_targeting' });
    const why = explained(answer).impressions[0]?.slots[0]?.ads.find(({ campaign }) => campaign === 'only-x')?.why;
    t.match(why, /exchange/);
    t.notMatch(answer.text, gavel.adminKey);
  });

  await t.test('explains as text, by the query or by Accept', async (t) => {
    const accept = { 'x-api-key': adminKey, accept: 'text/plain' };
    for (const answer of [await explain(gavel, '?format=text'), await explain(gavel, '', { headers: accept })]) {
      t.match(answer, { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } });
      t.match(answer.text, /^Bid \(HTTP 200\)\. 1 bid of 4 ads\./);
      t.match(answer.text, /\n {4}won\n {6}best\/group\/banner: bids /);
      t.match(answer.text, /\n {4}no_targeting \(2 ads\)\n/);
      t.match(answer.text, /Decided by book 1, model 1, exchange default, .*, with the budgets as they are\./);
    }
    t.match((await explain(gavel, '?format=text&ads=1')).text, /no_targeting \(2 ads\)\n.*\n {6}and 1 more/);
    const both = await explain(gavel, '?format=json', { headers: accept });
    t.equal(both.headers['content-type'], 'application/json', 'the query goes first');
  });

  await t.test('explains for an exchange of the book', async (t) => {
    t.match(outcomes(await explain(gavel, '?exchange=x')), { 'only-x': 'outbid' });
    t.match(outcomes(await explain(gavel, '?exchange=y')), { 'only-x': 'no_targeting' });
    const unknown = await explain(gavel, '?exchange=z');
    t.equal(unknown.status, 404);
    t.match(JSON.parse(unknown.text), {
      error: { code: 'unknown_exchange', message: /no exchange z: default, x, y$/ },
    });
  });

  await t.test('refuses a query it does not understand', async (t) => {
    for (const query of ['?format=xml', '?at=noon', '?ads=-1', '?ads=few', '?exchnage=x']) {
      const answer = await explain(gavel, query);
      t.equal(answer.status, 400, query);
      t.match(JSON.parse(answer.text), { error: { code: 'invalid_query' } });
    }
  });

  await t.test('explains a body that is no request', async (t) => {
    for (const [body, outcome] of [
      ['{', 'invalid_json'],
      ['', 'invalid_json'],
      ['[]', 'not_object'],
      ['{"id":"1"}', 'missing_imp'],
    ] as const) {
      const answer = await explain(gavel, '', { body });
      t.equal(answer.status, 200);
      t.match(explained(answer), { status: 400, outcome });
    }
  });

  await t.test('takes bodies up to the bound of the bid port, plain or compressed', async (t) => {
    const padded = (bytes: number): string => {
      const open = `${bidRequest().slice(0, -1)},"ext":"`;
      return `${open}${'x'.repeat(bytes - open.length - 2)}"}`;
    };
    const headers = { 'x-api-key': adminKey, 'content-encoding': 'gzip' };
    t.match(explained(await explain(gavel, '', { body: padded(MAX_BODY_BYTES) })), { outcome: 'bid' });
    t.match(explained(await explain(gavel, '', { body: gzipSync(bidRequest()), headers })), { outcome: 'bid' });
    const long = padded(MAX_BODY_BYTES + 1);
    for (const answer of [
      await explain(gavel, '', { body: long }),
      await explain(gavel, '', { body: gzipSync(long), headers }),
    ]) {
      t.equal(answer.status, 413);
      t.match(JSON.parse(answer.text), { error: { code: 'body_too_large' } });
    }
    const head = `POST /explain HTTP/1.1\r\nHost: x\r\nX-API-Key: ${adminKey}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`;
    t.match((await exchangeBytes(adminPort, [head + chunk])).text, /^HTTP\/1\.1 413 [\s\S]*body_too_large/);
    t.match(await explain(gavel, '', { body: 'x', headers }), { status: 415, text: /bad_encoding/ });
  });

  await t.test('makes only so many explanations at once', async (t) => {
    const body = bidRequest();
    const hold = () =>
      Array.from({ length: EXPLANATIONS_MAX }, () => holdPost(adminPort, '/explain', body, { 'x-api-key': adminKey }));
    const held = await Promise.all(hold());
    const refused = await explain(gavel);
    t.match(refused, { status: 429, headers: { 'retry-after': '1' }, text: /"code":"busy"/ });
    t.equal((await get(adminPort, '/health')).status, 200);
    t.equal((await ask(gavel.port, { path: '/bid', body })).status, 200, 'bidding goes on');
    const answers = await Promise.all(held.map(({ finish }) => finish()));
    t.same(
      answers.map(({ status }) => status),
      answers.map(() => 200),
    );
    const lost = await Promise.all(hold());
    t.equal((await explain(gavel)).status, 429);
    for (const { abort } of lost) abort();
    await until(async () => (await explain(gavel)).status === 200);
  });

  await t.test('counts nothing', async (t) => {
    const before = await metric(gavel.port, 'gavel_requests_total');
    await explain(gavel);
    t.equal(await metric(gavel.port, 'gavel_requests_total'), before);
  });
});

t.test('an explanation that would keep the control thread for long is refused', async (t) => {
  const ads = Array.from({ length: 600 }, (_, n) => ({ id: `c${n}` }));
  const gavel = await startWith(t, ads);
  const pods = Array.from({ length: MAX_IMPS }, (_, n) => ({ id: n, video: { poddur: 60 } }));
  const large = await explain(gavel, '', { body: JSON.stringify({ id: 'large', imp: pods }) });
  t.equal(large.status, 422);
  t.match(JSON.parse(large.text), {
    error: { code: 'too_much_to_explain', message: /^with 600 ads, at most 500 slots/ },
  });
  const half = await explain(gavel, '', { body: JSON.stringify({ id: 'half', imp: pods.slice(0, 4) }) });
  t.match(explained(half), { status: 204 });
});

t.test('what is explained is what is live', async (t) => {
  const gavel = await startWith(t, [{ id: 'first' }]);
  t.same(outcomes(await explain(gavel)), { first: 'won' });
  gavel.writeCampaigns(campaignsOf([{ id: 'second' }], ['z']));
  await until(async () => 'second' in outcomes(await explain(gavel)));
  t.match(explained(await explain(gavel, '?exchange=z')).situation, { book_version: 2, model_version: 1 });
  t.equal((await explain(gavel, '?exchange=x')).status, 404);
  const priceOf = async (): Promise<unknown> =>
    explained(await explain(gavel, `?at=${AT}`)).impressions[0]?.slots[0]?.ads[0]?.price;
  const before = await priceOf();
  writeFileSync(gavel.modelPath, seededModelFile(2, 2));
  await until(async () => explained(await explain(gavel)).situation['model_version'] === 2);
  t.notSame(await priceOf(), before, 'the new model multiplies otherwise');
  gavel.writeCampaigns('{');
  await gavel.logged('campaign file refused');
  t.same(outcomes(await explain(gavel)), { second: 'won' });
});

t.test('a campaign is open or closed by its schedule: now, or at the time that is asked about', async (t) => {
  const file = campaignsOf([{ id: 'later' }, { id: 'always' }]) as {
    accounts: { campaigns: Record<string, unknown>[] }[];
  };
  Object.assign(file.accounts[0]?.campaigns[0] ?? {}, { start: '2090-01-01T00:00:00Z', end: '2091-01-01T00:00:00Z' });
  const gavel = await startGavel(t, { campaigns: file });
  t.match(outcomes(await explain(gavel)), { later: 'campaign_closed', always: 'won' });
  t.match(outcomes(await explain(gavel, '?at=2090-06-01T00:00:00Z')), { later: /won|outbid/, always: /won|outbid/ });
  t.match(outcomes(await explain(gavel, '?at=2091-01-01T00:00:00Z')), { later: 'campaign_closed' });
});

t.test('the price of an explanation is the price of the bid', async (t) => {
  const gavel = await startWith(t, [{ id: 'all' }]);
  const answer = JSON.parse((await ask(gavel.port, { path: '/bid', body: bidRequest() })).text);
  const price = explained(await explain(gavel)).impressions[0]?.slots[0]?.ads[0]?.price?.priceMicros ?? 0;
  t.equal(price / 1e6, answer.seatbid[0].bid[0].price);
});

t.test('the key of the environment is the one that counts, and is told nowhere', async (t) => {
  const key = 'from-the-environment-1';
  const gavel = await startWith(t, [{ id: 'all' }], { GAVEL_ADMIN_KEY: key });
  t.throws(() => gavel.adminKey, /ENOENT/, 'none is made');
  t.equal((await explain(gavel, '', { headers: { 'x-api-key': key } })).status, 200);
  t.match(gavel.output, /admin +http:\S+\/docs .*\(key: GAVEL_ADMIN_KEY\)/);
  t.notMatch(gavel.output + gavel.log, key);
});
