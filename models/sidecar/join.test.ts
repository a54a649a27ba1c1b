// The join: which notices make which examples, when, and once.

import t from 'tap';
import type { NoticeKind, NoticeRecord } from '../../bidcore/money/event.js';
import { billRecord, EVENTS_FROM_MS } from '../../server/testing/events.js';
import { Join, type JoinOptions, type JoinState, type OpenBid } from './join.js';

const CLICK_MS = 10_000;
const CONVERSION_MS = 60_000;

/** A join that writes down what comes out. */
function joining(options: Partial<JoinOptions> = {}, state?: JoinState) {
  const said: string[] = [];
  const name = ({ bid }: OpenBid): string => `bid ${Number.parseInt(bid, 16)}`;
  const join = new Join(
    { clickWindowMs: CLICK_MS, conversionWindowMs: CONVERSION_MS, openMax: 1000, ...options },
    {
      impression: (bid, clicked, late) =>
        void said.push(`${name(bid)} ${clicked ? 'clicked' : 'seen'}${late ? ' late' : ''}`),
      click: (bid, converted, late) =>
        void said.push(`${name(bid)} ${converted ? 'converted' : 'unconverted'}${late ? ' late' : ''}`),
      price: ({ kind, facts }) => {
        said.push(`price of ${Number.parseInt(facts.bid, 16)} by ${kind}`);
        return true;
      },
    },
  );
  if (state !== undefined) join.restore(state);
  const prices = (kind: NoticeKind) => (kind === 'win' || kind === 'imp' ? { clearingMicros: undefined } : {});
  const take = (bid: number, kind: NoticeKind, atMs: number, changes: Partial<NoticeRecord> = {}): void =>
    join.take(billRecord(bid, { kind, atMs: EVENTS_FROM_MS + atMs, ...prices(kind), ...changes }));
  return { join, take, said, outcomes: () => said.splice(0).filter((line) => !line.startsWith('price')) };
}

t.test(
  'an impression is an example when its click window is over, a click when its conversion window is',
  async (t) => {
    const { take, outcomes } = joining();
    take(1, 'bill', 0);
    take(1, 'imp', 50);
    take(2, 'bill', 100);
    take(2, 'click', 5000);
    take(9, 'win', 9_999);
    t.same(outcomes(), []);
    take(9, 'win', 10_000);
    t.same(outcomes(), ['bid 1 seen'], 'bill and imp are one impression');
    take(9, 'win', 10_100);
    t.same(outcomes(), ['bid 2 clicked']);
    take(2, 'conv', 30_000);
    take(9, 'win', 80_000);
    t.same(outcomes(), ['bid 2 converted'], 'and what was won and never seen is none');
  },
);

t.test('a click before its impression counts with it, and without one too', async (t) => {
  const { take, outcomes } = joining();
  take(1, 'click', 0);
  take(1, 'bill', 20);
  take(2, 'click', 30);
  take(9, 'win', 20_000);
  t.same(outcomes(), ['bid 1 clicked', 'bid 2 clicked']);
});

t.test('late clicks and conversions are learned as positives, once', async (t) => {
  const { join, take, outcomes } = joining();
  take(1, 'bill', 0);
  take(9, 'win', 10_000);
  t.same(outcomes(), ['bid 1 seen']);
  take(1, 'click', 15_000);
  t.same(outcomes(), ['bid 1 clicked late']);
  take(1, 'click', 16_000);
  take(1, 'bill', 17_000);
  t.same(outcomes(), []);
  take(8, 'win', 76_000);
  t.same(outcomes(), ['bid 1 unconverted']);
  take(1, 'conv', 90_000);
  take(1, 'conv', 91_000);
  t.same(outcomes(), ['bid 1 converted late']);
  t.match(join.counts, { lateClicks: 1, lateConversions: 1, repeated: 3 });
});

t.test('a conversion without a click is not learned', async (t) => {
  const { join, take, outcomes } = joining();
  take(1, 'bill', 0);
  take(1, 'conv', 5000);
  take(9, 'win', 20_000);
  t.same(outcomes(), ['bid 1 seen']);
  take(1, 'conv', 21_000);
  t.equal(join.counts.unclicked, 2);
});

t.test('a bid says its price once, by the bill rather than a win without one; a loss at once', async (t) => {
  const { take, said } = joining();
  take(1, 'win', 0);
  take(1, 'bill', 10);
  take(1, 'imp', 20);
  take(2, 'win', 30, { clearingMicros: 5 });
  take(2, 'bill', 40);
  take(3, 'loss', 50);
  t.same(said, ['price of 1 by bill', 'price of 2 by win', 'price of 3 by loss']);
});

t.test('test traffic and bids without features teach nothing', async (t) => {
  const { join, take, said } = joining();
  const { facts } = billRecord(1);
  take(1, 'bill', 0, { facts: { ...facts, test: true } });
  take(1, 'click', 10, { facts: { ...facts, features: new Uint8Array(0) } });
  take(9, 'win', 100_000);
  t.same(said, []);
  t.equal(join.counts.unusable, 2);
});

t.test('more than may wait: the oldest is learned as it is, its click is then late', async (t) => {
  const { join, take, outcomes } = joining({ openMax: 3 });
  for (let bid = 1; bid <= 5; bid++) take(bid, 'bill', bid);
  t.same(outcomes(), ['bid 1 seen', 'bid 2 seen']);
  t.equal(join.open, 3);
  take(1, 'click', 100);
  t.same(outcomes(), ['bid 1 clicked late']);
  t.equal(join.counts.forced, 2);
});

t.test('saved and restored anywhere, it says the same', async (t) => {
  const notices: [number, NoticeKind, number][] = [];
  for (let bid = 1; bid <= 60; bid++) {
    notices.push([bid, 'bill', bid * 700]);
    if (bid % 3 === 0) notices.push([bid, 'click', bid * 700 + (bid % 2 === 0 ? 4000 : 14_000)]);
    if (bid % 6 === 0) notices.push([bid, 'conv', bid * 700 + 30_000]);
  }
  notices.sort(([, , a], [, , b]) => a - b);
  const whole = joining();
  for (const notice of notices) whole.take(...notice);
  for (const cut of [1, 17, 40, 71]) {
    const before = joining();
    for (const notice of notices.slice(0, cut)) before.take(...notice);
    const behind = joining({}, structuredClone(before.join.state()));
    for (const notice of notices.slice(cut)) behind.take(...notice);
    t.same([...before.said, ...behind.said], whole.said, `cut at ${cut}`);
    t.same(behind.join.state(), whole.join.state());
  }
});
