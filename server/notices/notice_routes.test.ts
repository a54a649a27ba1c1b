// Notices over HTTP, with a ledger for tests: what is booked, what is answered, what is counted.

import { connect } from 'node:net';
import t from 'tap';
import { NOTICE_KINDS, type NoticeKind } from '../../bidcore/money/event.js';
import type { NoticeOutcome } from '../../bidcore/money/notice_outcomes.js';
import { factsWith, OTHER_KEY, tokenWith } from '../../bidcore/testing/notice_tokens.js';
import { until } from '../testing/gavel_process.js';
import { startNoticeApp } from '../testing/notice_app.js';
import { ask, get } from '../testing/wire.js';

t.setTimeout(60_000);

const LANDING = 'https://brand.example/?a=b&c=d#e';
const nowS = (): number => Math.floor(Date.now() / 1000);
let bids = 0;

/** A token of a new bid that was made just now. */
function fresh(part: Parameters<typeof tokenWith>[0] = {}, key?: Parameters<typeof tokenWith>[1]): string {
  bids += 1;
  return tokenWith({ bid: bids.toString(16).padStart(16, '0'), issuedS: nowS(), ...part }, key);
}

/** What a good notice of each kind says besides. */
function queryOf(kind: NoticeKind, sign: (landing: string) => string): string {
  const queries: Partial<Record<NoticeKind, string>> = {
    bill: '?p=1.25',
    click: `?${sign(LANDING)}`,
    event: '?e=start',
  };
  return queries[kind] ?? '';
}

t.test('each kind is booked once, and answered as it should be', async (t) => {
  const app = await startNoticeApp(t);
  for (const kind of NOTICE_KINDS) {
    const path = `/n/${kind}/${fresh()}${queryOf(kind, app.sign)}`;
    for (const outcome of ['booked', 'repeated'] as const) {
      const answer = await get(app.port, path);
      t.equal(answer.status, kind === 'click' ? 302 : 200, `${kind} ${outcome}`);
      t.equal(answer.headers.location, kind === 'click' ? LANDING : undefined, kind);
      t.equal(answer.headers['referrer-policy'], kind === 'click' ? 'no-referrer' : undefined, kind);
      t.match(answer.headers['cache-control'], 'no-store', kind);
      const byBrowser = ['imp', 'click', 'conv', 'event'].includes(kind);
      t.equal(answer.headers['access-control-allow-origin'], byBrowser ? '*' : undefined, kind);
      const picture = kind === 'imp' || kind === 'event';
      t.equal(answer.bytes.length, picture ? 43 : 0, kind);
      if (picture) t.match(answer, { headers: { 'content-type': 'image/gif' }, text: /^GIF89a/ }, kind);
      const counted = kind === 'win' && outcome === 'booked' ? 'price_missing' : outcome;
      t.equal(app.count(kind, counted), 1, `${kind} ${counted}`);
    }
    t.equal(app.ledger.booked.at(-1)?.kind, kind);
  }
  t.equal(app.ledger.booked.length, NOTICE_KINDS.length);
});

t.test('what a notice says comes to the ledger', async (t) => {
  const app = await startNoticeApp(t);
  const facts = factsWith({ bid: 'abcdefabcdefabcd', issuedS: nowS() });
  const token = tokenWith(facts);
  await get(app.port, `/n/win/${token}?p=1.5`);
  await get(app.port, `/n/bill/${token}?p=1.25&q=2`);
  await get(app.port, `/n/loss/${token}?r=102&m=3.5`);
  await get(app.port, `/n/event/${token}?e=error&c=405`);
  t.match(app.ledger.booked, [
    { kind: 'win', facts, clearingMicros: 1_500_000, quantity: undefined },
    { kind: 'bill', facts, clearingMicros: 1_250_000, quantity: 2 },
    { kind: 'loss', facts, lossReason: 102, toWinMicros: 3_500_000 },
    { kind: 'event', facts, name: 'error', errorCode: 405 },
  ]);
  const ageMs = Date.now() - (app.ledger.booked[0]?.atMs ?? 0);
  t.ok(ageMs >= 0 && ageMs < 60_000, 'when it came is now');
});

const MACRO = encodeURIComponent('${AUCTION_PRICE}');

/** Kind, query, what of the bid differs, what becomes of it, and whether it comes to the ledger. */
const PRICES: readonly [NoticeKind, string, Parameters<typeof factsWith>[0], NoticeOutcome, boolean][] = [
  ['bill', '?p=1.25', {}, 'booked', true],
  ['bill', '?p=', {}, 'price_missing', false],
  ['bill', '', {}, 'price_missing', false],
  ['bill', '?p=AUDIT', {}, 'price_audit', false],
  ['bill', '?p=${AUCTION_PRICE}', {}, 'price_unreplaced', false],
  ['bill', `?p=${MACRO}`, {}, 'price_unreplaced', false],
  ['bill', `?p=${encodeURIComponent(MACRO)}`, {}, 'price_unreplaced', false],
  ['bill', '?p=-1', {}, 'price_malformed', false],
  ['bill', '?p=1,5', {}, 'price_malformed', false],
  ['bill', '?p=2.6', {}, 'price_above_bid', false],
  ['bill', '?p=1.25', { billedByImpression: true }, 'wrong_kind', false],
  ['bill', '?p=1.25', { test: true }, 'test', false],
  ['bill', '?p=1.25', { exchange: 9 }, 'price_malformed', false],
  ['win', '?p=AUDIT', {}, 'price_audit', false],
  ['win', `?p=${MACRO}`, {}, 'price_unreplaced', true],
  ['win', '?p=99', {}, 'price_above_bid', true],
  ['imp', '', {}, 'booked', true],
  ['imp', '?p=1.25', { billedByImpression: true }, 'booked', true],
  ['imp', '', { billedByImpression: true }, 'price_missing', true],
  ['imp', `?p=${MACRO}`, { billedByImpression: true }, 'price_unreplaced', true],
  ['imp', '?p=AUDIT', { billedByImpression: true }, 'price_audit', false],
  ['imp', '?p=99', { billedByImpression: true }, 'price_above_bid', true],
  ['imp', '', { test: true }, 'test', false],
  ['loss', '?r=${AUCTION_LOSS}&m=${AUCTION_MIN_TO_WIN}', {}, 'booked', true],
  ['loss', '', {}, 'booked', true],
];

t.test('prices: what becomes of a notice, and whether it is booked', async (t) => {
  const app = await startNoticeApp(t);
  for (const [kind, query, part, outcome, booked] of PRICES) {
    const name = `${kind}${query} ${JSON.stringify(part)}`;
    const [before, counted] = [app.ledger.booked.length, app.count(kind, outcome)];
    t.equal((await get(app.port, `/n/${kind}/${fresh(part)}${query}`)).status, 200, name);
    t.equal(app.count(kind, outcome), counted + 1, `${name} is ${outcome}`);
    t.equal(app.ledger.booked.length, before + (booked ? 1 : 0), `${name}: booked`);
    const priced = booked && outcome === 'booked' && query.includes('p=');
    if (booked) t.equal(app.ledger.booked.at(-1)?.clearingMicros, priced ? 1_250_000 : undefined, `${name}: price`);
  }
});

t.test('a token that is not good costs nothing, and is counted by what is wrong', async (t) => {
  const app = await startNoticeApp(t);
  const stranger = { id: 200, bytes: OTHER_KEY.bytes };
  const good = fresh();
  const cases: readonly [string, number, NoticeOutcome][] = [
    ['x', 400, 'malformed_token'],
    [`${good}A`, 400, 'malformed_token'],
    [`%41${good.slice(1)}`, 400, 'malformed_token'],
    [`${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`, 403, 'forged'],
    [fresh({}, stranger), 403, 'unknown_key'],
    [fresh({ issuedS: nowS() - 3700 }), 410, 'expired'],
  ];
  for (const [token, status, outcome] of cases) {
    for (const kind of ['bill', 'imp'] as const) {
      const before = app.count(kind, outcome);
      const answer = await get(app.port, `/n/${kind}/${token}?p=1`);
      t.match(answer, { status, text: new RegExp(`^${outcome}: `) }, outcome);
      t.equal(app.count(kind, outcome), before + 1, outcome);
    }
  }
  t.same(app.ledger.booked, []);
  t.equal((await get(app.port, `/n/bill/${fresh({}, OTHER_KEY)}?p=1`)).status, 200, 'the key of before is believed');
});

t.test('a click leads nowhere but to the page that was signed', async (t) => {
  const app = await startNoticeApp(t);
  const signed = app.sign(LANDING);
  const evil = encodeURIComponent('https://evil.example/');
  const attempts = [
    '',
    `?to=${evil}`,
    `?url=${evil}&${signed.replace('to=', 'x=')}`,
    `?to=${evil}&${signed}`,
    `?${signed.replace(/to=.*/, `to=${evil}`)}`,
    `?${signed}${encodeURIComponent('@evil.example/')}`,
    `?${signed.replace('https', 'javascript')}`,
    `?${signed.replace(/s=\w+/, 's=0000000000000000')}`,
    `?${signed.replace(/s=\w+&/, '')}`,
    `?${signed.replace('k=3', 'k=4')}`,
  ];
  for (const [n, query] of attempts.entries()) {
    const answer = await get(app.port, `/n/click/${fresh()}${query}`);
    t.match(answer, { status: 400, headers: { 'content-type': /^text\/plain/ } }, query);
    t.equal(answer.headers.location, undefined, query);
    t.equal(app.count('click', 'wrong_address'), n + 1);
  }
  const forged = await get(app.port, `/n/click/${fresh().slice(0, -2)}__?${signed}`);
  t.match({ status: forged.status, location: forged.headers.location }, { status: 403, location: undefined });
  t.same(app.ledger.booked, []);
});

t.test('a click that another server leads on is counted, and answered with a picture', async (t) => {
  const app = await startNoticeApp(t);
  const answer = await get(app.port, `/n/click/${fresh()}?t=1`);
  t.match(answer, { status: 200, headers: { 'content-type': 'image/gif' } });
  t.equal(answer.headers.location, undefined);
  t.equal(app.count('click', 'booked'), 1);
});

t.test('an event needs a name that VAST has; an error code that is none is left out', async (t) => {
  const app = await startNoticeApp(t);
  for (const query of ['', '?e=', '?e=begin', '?e=START', '?e=toString']) {
    t.equal((await get(app.port, `/n/event/${fresh()}${query}`)).status, 400, query);
  }
  t.equal(app.count('event', 'wrong_event'), 5);
  await get(app.port, `/n/event/${fresh()}?e=error&c=[ERRORCODE]`);
  await get(app.port, `/n/event/${fresh()}?e=start&c=405`);
  t.match(app.ledger.booked, [
    { name: 'error', errorCode: undefined },
    { name: 'start', errorCode: undefined },
  ]);
});

t.test('HEAD books as GET does, without a body; other methods and kinds are refused', async (t) => {
  const app = await startNoticeApp(t);
  const head = await ask(app.port, { method: 'HEAD', path: `/n/imp/${fresh()}` });
  t.match(head, { status: 200, headers: { 'content-length': '43', 'content-type': 'image/gif' }, text: '' });
  const click = await ask(app.port, { method: 'HEAD', path: `/n/click/${fresh()}?${app.sign(LANDING)}` });
  t.match(click, { status: 302, headers: { location: LANDING } });
  const wrong = await ask(app.port, { method: 'HEAD', path: '/n/imp/x' });
  t.equal(wrong.status, 400);
  t.equal(app.ledger.booked.length, 2);
  const post = await ask(app.port, { method: 'POST', path: `/n/imp/${fresh()}`, body: '' });
  t.match(post, { status: 405, headers: { allow: 'GET, HEAD' } });
  t.equal((await get(app.port, `/n/sale/${fresh()}`)).status, 404);
  t.equal(app.ledger.booked.length, 2);
});

t.test('the answer waits until the notice is durable, and the drain for the answer', async (t) => {
  const app = await startNoticeApp(t);
  app.ledger.hold();
  let answered = false;
  const answer = get(app.port, `/n/bill/${fresh()}?p=1`).finally(() => {
    answered = true;
  });
  await until(() => app.ledger.messages === 1);
  t.equal(app.activity.waiting, 1);
  t.notOk(answered);
  app.ledger.release();
  t.equal((await answer).status, 200);
  t.equal(app.activity.waiting, 0);
});

t.test('a client that goes away is booked all the same', async (t) => {
  const app = await startNoticeApp(t);
  app.ledger.hold();
  const socket = connect({ host: '127.0.0.1', port: app.port });
  socket.write(`GET /n/bill/${fresh()}?p=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => app.ledger.messages === 1);
  socket.destroy();
  await get(app.port, '/n/imp/x'); // by now the server knows
  app.ledger.release();
  await until(() => app.count('bill', 'booked') === 1);
  t.equal(app.ledger.booked.length, 1);
  t.equal(app.activity.waiting, 0);
});

t.test('without a ledger, notices are answered 503 and clicks lead on', async (t) => {
  const app = await startNoticeApp(t);
  app.ledger.hold();
  const cut = get(app.port, `/n/bill/${fresh()}?p=1`);
  await until(() => app.ledger.messages === 1);
  app.ledger.close();
  t.match(await cut, { status: 503, headers: { 'retry-after': '1' }, text: /^ledger_away: / });
  t.equal((await get(app.port, `/n/imp/${fresh()}`)).status, 503);
  const click = await get(app.port, `/n/click/${fresh()}?${app.sign(LANDING)}`);
  t.match(click, { status: 302, headers: { location: LANDING } });
  t.equal(app.count('click', 'ledger_away'), 1);
  app.ledger.release();
  app.way.use(app.ledger.connect());
  t.equal((await get(app.port, `/n/imp/${fresh()}`)).status, 200, 'a new ledger takes over');
});

t.test('more than may wait are answered 503, and a ledger that is slow is not waited for', async (t) => {
  const app = await startNoticeApp(t, 2);
  app.ledger.hold();
  const waiting = [1, 2].map(() => get(app.port, `/n/imp/${fresh()}`));
  await until(() => app.way.waiting === 2);
  t.match(await get(app.port, `/n/imp/${fresh()}`), { status: 503, text: /^too_many: / });
  for (const answer of await Promise.all(waiting)) t.match(answer, { status: 503, text: /^ledger_slow: / });
  t.equal(app.way.waiting, 0);
  app.ledger.release();
  t.equal((await get(app.port, `/n/imp/${fresh()}`)).status, 200, 'late answers disturb nobody');
});
