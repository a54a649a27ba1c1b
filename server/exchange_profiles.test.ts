// What the front does for an exchange's profile, over HTTP against a real bidder: who it is, its token, its quota, and
// how it is told that there is no bid.

import { createHash } from 'node:crypto';
import t from 'tap';
import { MAX_IMPS } from '../assembly/limits.js';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { startGavel, until } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';
import { type Answer, type Ask, ask, exchangeBytes, post } from './testing/wire.js';

t.setTimeout(120_000);

const TOKEN = 'open+sesame/1';
const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
const unauthorized = (port: number): Promise<number> =>
  metric(port, 'gavel_errors_total{code="401",reason="unauthorized"}');
const overQps = (port: number): Promise<number> => metric(port, 'gavel_no_bids_total{reason="over_qps"}');

t.test('the exchange of a request', async (t) => {
  const ads = [{ id: 'only-x', exchanges: ['x'] }];
  const { port } = await startGavel(t, { campaigns: campaignsOf(ads, ['w', 'x']) });
  const status = async (path: string, exchange?: string): Promise<number> => {
    const headers: Record<string, string> = exchange === undefined ? {} : { 'x-gavel-exchange': exchange };
    return (await ask(port, { path, body: bidRequest(), headers })).status;
  };

  await t.test('is that of the header, where the path names none', async (t) => {
    for (const path of ['/openrtb2/bid', '/bid']) {
      t.equal(await status(path, 'x'), 200, path);
      t.equal(await status(path, 'w'), 204, path);
      t.equal(await status(path), 204, path);
    }
  });

  await t.test('is the default one, if the book does not have it', async (t) => {
    t.equal(await status('/bid', 'nobody'), 204);
    t.equal(await status('/bid', ''), 204);
    t.equal(await status('/bid', 'default'), 204);
  });

  await t.test('is that of the path, where there are both', async (t) => {
    t.equal(await status('/openrtb2/bid/x', 'w'), 200);
    t.equal(await status('/openrtb2/bid/w', 'x'), 204);
  });

  await t.test('is one for a whole batch', async (t) => {
    const of = (exchange: string): Promise<Answer> =>
      ask(port, { path: '/bid/batch', body: `[${bidRequest()}]`, headers: { 'x-gavel-exchange': exchange } });
    t.match(JSON.parse((await of('x')).text), [{ seatbid: [{}] }]);
    t.match(JSON.parse((await of('w')).text), [{ id: 'request', nbr: 0 }]);
  });
});

t.test('an exchange with a token', async (t) => {
  const exchanges = [{ id: 'closed', auth_token_sha256: digest(TOKEN) }, 'open'];
  const { port } = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }], exchanges) });
  const path = '/openrtb2/bid/closed';
  const send = (how: Partial<Ask> = {}): Promise<Answer> => ask(port, { path, body: bidRequest(), ...how });

  await t.test('takes it from each of three places', async (t) => {
    t.equal((await send({ headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
    t.equal((await send({ headers: { authorization: `bearer ${TOKEN}` } })).status, 200);
    t.equal((await send({ headers: { 'x-auth-token': TOKEN } })).status, 200);
    t.equal((await send({ headers: { authorization: 'Basic eDp5', 'x-auth-token': TOKEN } })).status, 200);
    t.equal((await send({ path: `${path}?token=${encodeURIComponent(TOKEN)}` })).status, 200);
    t.equal((await send({ path: `/bid?a=1&token=${encodeURIComponent(TOKEN)}`, headers: NAMED })).status, 200);
  });

  await t.test('refuses without it, and the body is not decided', async (t) => {
    const before = await metric(port, 'gavel_requests_total');
    const refusedBefore = await unauthorized(port);
    const wrong: Partial<Ask>[] = [
      {},
      { headers: { authorization: 'Bearer wrong' } },
      { headers: { authorization: `Bearer ${TOKEN}x` } },
      { headers: { authorization: TOKEN } },
      { headers: { authorization: 'Bearer ' } },
      { headers: { authorization: 'Bearer wrong', 'x-auth-token': TOKEN } },
      { headers: { 'x-auth-token': '' } },
      { headers: { 'x-auth-token': digest(TOKEN) } },
      { path: `${path}?token=` },
      { path: `${path}?tokens=${encodeURIComponent(TOKEN)}` },
      { body: '{' },
      { path: '/bid', headers: NAMED },
      { path: '/bid/batch', body: `[${bidRequest()}]`, headers: NAMED },
    ];
    for (const how of wrong) {
      const answer = await send(how);
      t.equal(answer.status, 401, JSON.stringify(how));
      t.match(JSON.parse(answer.text), { error: 'unauthorized', message: /Bearer/ });
      t.match(answer.headers, { 'content-type': 'application/json', 'www-authenticate': 'Bearer' });
    }
    t.equal((await unauthorized(port)) - refusedBefore, wrong.length);
    t.equal(await metric(port, 'gavel_requests_total'), before);
  });

  await t.test('leaves the others alone', async (t) => {
    t.equal((await send({ path: '/openrtb2/bid/open' })).status, 200);
    t.equal((await send({ path: '/openrtb2/bid/unknown' })).status, 200);
    t.equal((await send({ path: '/openrtb2/bid', headers: { authorization: 'Bearer wrong' } })).status, 200);
  });

  await t.test('keeps the connection, also when the body comes later', async (t) => {
    const whole = post(path, bidRequest()) + post('/bid', bidRequest());
    const cut = whole.indexOf('\r\n\r\n') + 10;
    const { text, closed } = await exchangeBytes(port, [whole.slice(0, cut), whole.slice(cut)]);
    t.match(text, /^HTTP\/1\.1 401 [\s\S]*HTTP\/1\.1 200 /);
    t.notOk(closed);
  });
});

t.test('the header that names an exchange is the one that is set up, if any', async (t) => {
  const campaigns = campaignsOf([{ id: 'only-x', exchanges: ['x'] }], ['x']);
  const status = async (port: number, header: string): Promise<number> =>
    (await ask(port, { path: '/bid', body: bidRequest(), headers: { [header]: 'x' } })).status;
  const own = await startGavel(t, { campaigns, env: { GAVEL_EXCHANGE_HEADER: 'x-ssp' } });
  t.equal(await status(own.port, 'x-ssp'), 200);
  t.equal(await status(own.port, 'x-gavel-exchange'), 204);
});

const NAMED = { 'x-gavel-exchange': 'closed' };

t.test('the default exchange may have a token; those that are unknown then need it', async (t) => {
  const exchanges = ['open', { id: 'default', auth_token_sha256: digest(TOKEN) }];
  const { port } = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }], exchanges) });
  for (const [path, status] of [
    ['/bid', 401],
    ['/openrtb2/bid/unknown', 401],
    ['/openrtb2/bid/default', 401],
    ['/openrtb2/bid/open', 200],
  ] as const) {
    t.equal((await ask(port, { path, body: bidRequest() })).status, status, path);
  }
  const headers = { authorization: `Bearer ${TOKEN}` };
  t.equal((await ask(port, { path: '/openrtb2/bid/unknown', body: bidRequest(), headers })).status, 200);
});

t.test('an exchange over its quota is answered 204 before anything is read', async (t) => {
  const exchanges = [{ id: 'slow', qps: 1, auth_token_sha256: digest(TOKEN), no_bid: 'reason' }, 'fast'];
  const { port } = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }], exchanges) });
  // In one packet: far more than a quota of one a second lets through, however slow the machine is.
  const path = `/openrtb2/bid/slow?token=${encodeURIComponent(TOKEN)}`;
  const burst = [post('/openrtb2/bid/slow', '{'), ...Array.from({ length: 50 }, () => post(path, bidRequest()))];
  const { text, closed } = await exchangeBytes(port, [burst.join('') + post('/openrtb2/bid/fast', bidRequest())]);
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));
  t.equal(statuses.shift(), 401, 'what is not authorized does not count against the quota');
  t.equal(statuses.shift(), 200, 'the first is inside it');
  t.equal(statuses.pop(), 200, 'another exchange has its own');
  t.ok(statuses.includes(204));
  const refused = statuses.filter((status) => status === 204).length;
  t.equal(await overQps(port), refused);
  t.equal(await metric(port, 'gavel_requests_total'), 51 - refused);
  t.notOk(closed);
  await until(async () => (await ask(port, { path, body: bidRequest() })).status === 200);
});

t.test('each request of a batch counts against the quota', async (t) => {
  const { port } = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }], [{ id: 'default', qps: 10 }]) });
  const batch = Array.from({ length: 100 }, (_, n) => bidRequest('site.example', `n${n}`));
  const answers = JSON.parse((await ask(port, { path: '/bid/batch', body: `[${batch.join()}]` })).text);
  t.equal(answers.length, 100);
  t.match(answers[0], { id: 'n0', seatbid: [{}] });
  const refused = answers.filter((answer: { nbr?: number }) => answer.nbr === 0);
  t.ok(refused.length > 0);
  t.equal(await overQps(port), refused.length);
  t.match(refused[0], { id: /^n\d+$/ });
});

t.test('an exchange that wants reasons', async (t) => {
  const exchanges = [{ id: 'curious', no_bid: 'reason' }, 'plain'];
  const ads = [{ id: 'all', domain: 'site.example' }];
  const { port } = await startGavel(t, { campaigns: campaignsOf(ads, exchanges) });
  const send = (body: string | Uint8Array, headers: Ask['headers'] = {}, exchange = 'curious'): Promise<Answer> =>
    ask(port, { path: `/openrtb2/bid/${exchange}`, body, headers });
  const late = (id: string): string => `{"imp":[{"id":"1","banner":{}}],"id": ${id} ,"tmax":5}`;

  await t.test('gets the number of one that has a number, with the id byte for byte', async (t) => {
    for (const id of ['"plain"', '"\\u00e9\\/\\"x"', '"ü"', '12345678901234567890', '-1.50']) {
      const answer = await send(late(id), { 'accept-encoding': 'gzip' });
      t.equal(answer.status, 200);
      t.equal(answer.text, `{"id":${id},"nbr":15}`);
      t.match(answer.headers, { 'content-type': 'application/json', 'x-openrtb-version': '2.6' });
    }
    const imps = Array.from({ length: MAX_IMPS + 1 }, (_, n) => `{"id":"${n}","banner":{}}`).join();
    t.equal((await send(`{"id":"many","imp":[${imps}]}`)).text, '{"id":"many","nbr":2}');
    t.equal(await metric(port, 'gavel_no_bids_total{reason="too_little_time"}'), 5, 'and it is counted as ever');
  });

  await t.test('gets an empty 204 for the others, and a bid as ever', async (t) => {
    t.match(await send(bidRequest('nobody.example')), { status: 204, text: '' });
    t.equal((await send(bidRequest())).status, 200);
    t.match(await send('{"id":"x"}'), { status: 400, text: '' }, 'malformed is no no-bid');
  });

  await t.test('is told alone', async (t) => {
    t.match(await send(late('"x"'), {}, 'plain'), { status: 204, text: '' });
    t.match(await send(late('"x"'), {}, 'default'), { status: 204, text: '' });
  });

  await t.test('gets it also when the body comes in pieces', async (t) => {
    const whole = post('/openrtb2/bid/curious', late('"slow"'));
    const cut = whole.length - 20;
    const { text } = await exchangeBytes(port, [whole.slice(0, cut), whole.slice(cut)]);
    t.match(text, /^HTTP\/1\.1 200 [\s\S]*\{"id":"slow","nbr":15\}$/);
  });
});

t.test('an exchange that wants reasons gets those of the accounts', async (t) => {
  const file = campaignsOf([{ id: 'all' }], [{ id: 'default', no_bid: 'reason' }]) as { accounts: object[] };
  const policy = {
    without_consent: 'no_bid',
    crawlers: 'no_bid',
    datacentres: 'no_bid',
    schain: 'complete',
    blocked_nodes: ['reseller.example'],
    blocked: { publishers: ['p-bad'], domains: ['rumours.example'] },
  };
  const accounts = file.accounts.map((account) => ({ ...account, policy }));
  const traffic = { datacentre_ranges: ['192.0.2.0/24'] };
  const { port } = await startGavel(t, { campaigns: { ...file, accounts, traffic } });
  const schain = (complete: number, asi: string) => ({ source: { schain: { complete, nodes: [{ asi, sid: '1' }] } } });
  const cases: [number | undefined, string, object][] = [
    [3, 'crawler', { device: { ua: 'Examplebot/2.1 (+https://bot.example)' } }],
    [5, 'datacentre', { device: { ip: '192.0.2.77' } }],
    [7, 'blocked_publisher', { site: { domain: 'site.example', publisher: { id: 'p-bad' } } }],
    [7, 'brand_safety', { site: { domain: 'www.rumours.example' } }],
    [16, 'incomplete_schain', schain(0, 'seller.example')],
    [17, 'blocked_node', schain(1, 'reseller.example')],
    [undefined, 'no_consent', { regs: { gdpr: 1 } }],
    [undefined, 'seat_blocked', { bseat: ['seat'] }],
    [undefined, 'no_format', { imp: [{ id: '1', video: { mimes: ['video/mp4'] } }] }],
  ];
  for (const [nbr, label, part] of cases) {
    const body = JSON.stringify({ ...JSON.parse(bidRequest('site.example', label)), ...part });
    const { status, text } = await ask(port, { path: '/bid', body });
    t.equal(status, nbr === undefined ? 204 : 200, label);
    t.equal(text, nbr === undefined ? '' : `{"id":"${label}","nbr":${nbr}}`);
    t.equal(await metric(port, `gavel_no_bids_total{reason="${label}"}`), 1, `${label} is counted`);
  }
  t.equal((await ask(port, { path: '/bid', body: bidRequest() })).status, 200);
});
