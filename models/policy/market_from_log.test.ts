// Markets made from notices: what was paid stays, what is not known is drawn from what is.

import { test } from 'tap';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import { BidEnvironment } from '../environments/bid/bid_environment.js';
import type { Campaign } from '../environments/bid/synthetic_campaign.js';
import { SLOTS } from '../race/day.js';
import { Random } from '../random.js';
import { marketNotices } from '../testing/traffic.js';
import { LoggedMarket } from './market_from_log.js';
import { mixedTasks } from './replay.js';

const DAY_MS = 86_400_000;
const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function marketOf(days: number, bids = 4000): LoggedMarket {
  const market = new LoggedMarket(1);
  // Traffic of the first half of each day only.
  for (let day = 0; day < days; day++) {
    const own = { seed: day + 1, bids, from: day * bids, fromMs: Date.UTC(2026, 0, 5) + day * DAY_MS };
    const token = (_: number, trueCtr: number) => ({ ctr: trueCtr, model: 1, arm: 0 as const });
    for (const notice of marketNotices({ ...own, everyMs: DAY_MS / 2 / bids, token })) {
      // Tokens of the market's bids are all of one time.
      const issuedS = Math.floor(notice.atMs / 1000);
      market.take({ ...notice, facts: { ...notice.facts, issuedS } });
    }
  }
  return market;
}

test('days are judged apart: the newest quarter, or of a single day a quarter of its bids', (t) => {
  const two = marketOf(2).campaigns();
  t.equal(two.range, '2026-01-05 to 2026-01-06');
  t.equal(two.training.length, 1);
  t.equal(two.held.length, 1);
  t.ok(Math.abs((two.training[0]?.price.length ?? 0) - (two.held[0]?.price.length ?? 0)) < 400);
  const one = marketOf(1).campaigns();
  const share = (one.held[0]?.price.length ?? 0) / (one.training[0]?.price.length ?? 1);
  t.ok(Math.abs(share - 1 / 3) < 0.05, `${share}`);
  t.same(marketOf(1, 300).campaigns().training, [], 'too few auctions are no market');
  t.same(new LoggedMarket(1).campaigns(), { training: [], held: [], range: 'nothing', auctions: 0 });
  t.end();
});

test('prices that are not known are drawn from those that are, on their side of the bid', (t) => {
  const market = new LoggedMarket(2);
  const template = marketNotices({ seed: 9, bids: 50 }).find(({ kind }) => kind === 'bill') as NoticeRecord;
  const notice = (n: number, own: Partial<NoticeRecord>, bidMicros = 2_000_000): NoticeRecord => {
    const facts = { ...template.facts, auction: 2, priceMicros: bidMicros, reservedMicros: bidMicros / 1000 };
    return { ...template, ...own, facts: { ...facts, bid: n.toString(16).padStart(12, '0').padEnd(16, 'f') } };
  };
  const lost = { kind: 'loss', lossReason: 102, chargeMicros: 0, clearingMicros: undefined } as const;
  for (let n = 0; n < 1500; n++) market.take(notice(n, { chargeMicros: 1000, clearingMicros: 1_000_000 }));
  for (let n = 1500; n < 1800; n++) market.take(notice(n, { chargeMicros: 2000, clearingMicros: 2_000_000 }));
  for (let n = 1800; n < 2100; n++) market.take(notice(n, { ...lost, toWinMicros: 4_000_000 }));
  for (let n = 2100; n < 2400; n++) market.take(notice(n, { ...lost, toWinMicros: undefined }));
  const { price, meanPrice } = market.campaigns().training[0] as Campaign;
  t.ok(Math.abs(meanPrice - 75) < 1e-6, `mean price ${meanPrice}`);
  const [low, high] = [75 / 1.75, 300 / 1.75];
  const near = (to: number): number => price.filter((x) => Math.abs(x - to) < 1e-6).length;
  t.equal(near(low), 1800, 'won with its bid: a known price up to it');
  t.equal(near(high), 600, 'lost: a known price above it');

  for (let n = 2400; n < 4000; n++) market.take(notice(n, { ...lost, toWinMicros: undefined }, 8_000_000));
  const dearer = market.campaigns().training[0] as Campaign;
  const tail = [...dearer.price].filter((x) => x > 7.9 * Math.min(...dearer.price));
  t.ok(tail.length >= 1600, 'where none above the bid is known, a tail from the bid on');
  t.ok(new Set(tail).size > 100);
  t.end();
});

test('days drawn from it have the log’s course, and can be lived in the environment', (t) => {
  const { training } = marketOf(2).campaigns();
  const course = training[0]?.course?.traffic as Float64Array;
  t.equal(course.length, SLOTS);
  t.ok(Math.abs(mean(course) - 1) < 1e-9);
  t.ok(Math.abs(Math.max(...course) - 1) < 0.5, 'slots that were never seen are as the mean of the others');
  const environment = new BidEnvironment(mixedTasks(training));
  environment.reset(3);
  let [steps, worth] = [0, 0];
  for (let ended = false; !ended; steps++) {
    const step = environment.step(Float32Array.of(0));
    ended = step.terminated;
    worth = step.info['value_to_pacer'] as number;
  }
  t.equal(steps, SLOTS);
  t.equal(worth, 1, 'a multiplier of 1 is the pacer alone');
  const draw = mixedTasks(training);
  const random = new Random(4);
  t.ok([1, 2, 3, 4].every(() => draw(random).day.ends.length === SLOTS));
  t.end();
});
