// Auction results over the admin port, with a ledger for tests behind them.

import t, { type Test } from 'tap';
import { createMemory } from '../../bidcore/hotpath.js';
import { plainPrice } from '../../bidcore/money/clearing_price.js';
import { KeyRing } from '../../bidcore/money/key_ring.js';
import { NoticeCounts } from '../../bidcore/money/notice_counts.js';
import { TEST_KEY, tokenWith } from '../../bidcore/testing/notice_tokens.js';
import { AdminServer } from '../admin_server.js';
import { makeLog } from '../log.js';
import { LedgerStandIn } from '../testing/ledger_stand_in.js';
import { ask } from '../testing/wire.js';
import { AuctionResultRoute } from './auction_results.js';
import { LedgerPort } from './ledger_port.js';

const issuedS = Math.floor(Date.now() / 1000);
const tokenOf = (n: number, part: Parameters<typeof tokenWith>[0] = {}): string =>
  tokenWith({ bid: n.toString(16).padStart(16, '0'), issuedS, ...part });

async function startAdmin(t: Test) {
  const ledger = new LedgerStandIn();
  const way = new LedgerPort(5000);
  way.use(ledger.connect());
  const context = { ring: new KeyRing(TEST_KEY), lifeS: 3600, price: () => plainPrice };
  const route = new AuctionResultRoute(context, way, new NoticeCounts(createMemory(), 31));
  const admin = new AdminServer({}, (request) => route.answer(request), [], makeLog('silent'));
  const port = await admin.listen('127.0.0.1', 0);
  if (typeof port !== 'number') throw new Error(port.problem);
  t.teardown(async () => {
    way.close();
    ledger.close();
    await admin.close();
  });
  const send = async (body: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await ask(port, { path: '/auction-result', body: text });
    return { status: answer.status, body: JSON.parse(answer.text) as Record<string, unknown> };
  };
  return { ledger, way, send };
}

t.test('each result is answered with what became of it, in order', async (t) => {
  const { ledger, send } = await startAdmin(t);
  const results = [
    { token: tokenOf(1), kind: 'win', price: 1.5 },
    { token: tokenOf(1), kind: 'bill', price: 1.25, currency: 'USD', quantity: 2 },
    { token: tokenOf(1), kind: 'bill', price: 1.25 },
    { token: tokenOf(2), kind: 'loss', loss_reason: 102, min_to_win: 3.5 },
    { token: tokenOf(3), kind: 'bill' },
    { token: tokenOf(3), kind: 'bill', price: 99 },
    { token: tokenOf(3), kind: 'bill', price: 1, currency: 'EUR' },
    { token: tokenOf(4, { test: true }), kind: 'bill', price: 1 },
    { token: 'x', kind: 'win' },
    { token: tokenOf(5, { issuedS: issuedS - 9999 }), kind: 'win' },
  ];
  const { status, body } = await send({ results });
  t.equal(status, 200);
  t.same(body, {
    results: [
      'booked',
      'booked',
      'repeated',
      'booked',
      'price_missing',
      'price_above_bid',
      'wrong_currency',
      'test',
      'malformed_token',
      'expired',
    ].map((outcome) => ({ outcome })),
  });
  t.match(ledger.booked, [
    { kind: 'win', clearingMicros: 1_500_000 },
    { kind: 'bill', clearingMicros: 1_250_000, quantity: 2 },
    { kind: 'loss', lossReason: 102, toWinMicros: 3_500_000 },
  ]);
  t.equal(ledger.booked.length, 3);
});

t.test('a thousand results travel in one message', async (t) => {
  const { ledger, send } = await startAdmin(t);
  const results = Array.from({ length: 1000 }, (_, n) => ({ token: tokenOf(n + 1), kind: 'bill', price: 1 }));
  t.equal((await send({ results })).status, 200);
  t.equal(ledger.booked.length, 1000);
  t.equal(ledger.messages, 1);
});

t.test('what is no list of results is refused, with where it is wrong', async (t) => {
  const { ledger, send } = await startAdmin(t);
  const token = tokenOf(1);
  const many = Array.from({ length: 1001 }, () => ({ token, kind: 'win' }));
  const cases: readonly [unknown, string, RegExp][] = [
    ['{', 'invalid_json', /./],
    [{}, 'invalid_body', /^results: /],
    [{ results: [] }, 'invalid_body', /^results: /],
    [{ results: many }, 'invalid_body', /^results: .*1000/],
    [{ results: [{ token, kind: 'click' }] }, 'invalid_body', /^results\.0\.kind: /],
    [{ results: [{ token, kind: 'bill', price: '1' }] }, 'invalid_body', /^results\.0\.price: /],
    [{ results: [{ token, kind: 'bill', price: -1 }] }, 'invalid_body', /^results\.0\.price: /],
    [{ results: [{ token, kind: 'bill', cost: 1 }] }, 'invalid_body', /cost/],
    [{ results: [{ kind: 'win' }] }, 'invalid_body', /^results\.0\.token: /],
  ];
  for (const [value, code, message] of cases) {
    t.match(await send(value), { status: 400, body: { error: { code, message } } }, code);
  }
  const long = { results: [], padding: 'x'.repeat(1 << 20) };
  t.match(await send(long), { status: 413, body: { error: { code: 'body_too_large' } } });
  t.same(ledger.booked, []);
});

t.test('without a ledger each result says so', async (t) => {
  const { way, send } = await startAdmin(t);
  way.close();
  const { body } = await send({ results: [{ token: tokenOf(1), kind: 'win' }] });
  t.same(body, { results: [{ outcome: 'ledger_away' }] });
});
