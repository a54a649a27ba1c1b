// Markets: that they are settled by their seed, look as their profile says, and that the books of who buys add up.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import t from 'tap';
import { Random } from '../../random.js';
import type { SlotAuctions } from './auctions.js';
import { buy, noPurchase } from './buy.js';
import { CALM, LIVELY, trafficAt } from './climate.js';
import { Conversions } from './conversions.js';
import { fitPrices } from './fit.js';
import { readHistogram } from './histogram.js';
import { type Clock, capacityOf, Market } from './market.js';
import { Markets } from './markets.js';
import { histogramOf, PRICE_MAX, type Profile } from './profile.js';
import { PROFILES } from './profiles.js';
import { drawn, LogSupply } from './supply.js';

const CLOCK: Clock = { slots: 24, auctions: 400 };
const REAL = fileURLToPath(new URL('../../../../../shared/data/price-histograms/', import.meta.url));
const SECOND_PRICE = { isFirstPrice: false, fee: 0 };
const profiles: Readonly<Record<string, Profile>> = PROFILES;

t.test('a generator fills words as it draws them', async (t) => {
  const [one, other] = [new Random(3), new Random(3)];
  const words = new Uint32Array(10);
  one.fill(words, 7);
  t.same([...words], [...Array.from({ length: 7 }, () => other.u32()), 0, 0, 0]);
  t.same(one.save(), other.save());
});

t.test('prices and rates are those of the profile', async (t) => {
  const { prices, rates } = PROFILES['2259'];
  const { price, rate, chance } = drawnAuctions(PROFILES['2259'], 200_000);
  const histogram = histogramOf(prices);
  const sorted = price.slice().sort();
  for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
    const seen = sorted[Math.floor(share * sorted.length)] as number;
    const below = (to: number): number => histogram.subarray(0, to).reduce((sum, each) => sum + each, 0);
    t.ok(below(seen) <= share + 0.005 && below(seen + 1) >= share - 0.005, `quantile ${share}: ${seen}`);
  }
  const floor = prices.floors[2] ?? [0, 0];
  const atFloor = price.filter((each) => each === floor[0]).length / price.length;
  t.ok(Math.abs(atFloor - (histogram[floor[0]] as number)) < 0.003, `${atFloor} at the floor of ${floor[0]}`);
  t.ok(atFloor > floor[1], 'the waves have some there as well');
  const logs = rate.map(Math.log);
  t.ok(Math.abs(mean(rate) / rates.mean - 1) < 0.02, `mean rate ${mean(rate)}`);
  t.ok(Math.abs(Math.sqrt(covariance(logs, logs)) - rates.deviation) < 0.02);
  const logPrices = price.map(Math.log);
  const correlation =
    covariance(logs, logPrices) / Math.sqrt(covariance(logs, logs) * covariance(logPrices, logPrices));
  t.ok(Math.abs(correlation - rates.correlation) < 0.03, `correlation ${correlation}`);
  t.ok(Math.abs(mean(chance) - 0.5) < 0.005);
});

t.test('a fit finds the floors and the waves that a histogram was made of', async (t) => {
  const made = {
    floors: [
      [50, 0.1],
      [80, 0.2],
    ],
    waves: [
      [0.3, 20, 0.5],
      [0.4, 150, 0.6],
    ],
  } as const;
  const { floors, waves } = fitPrices(histogramOf(made));
  const near = (got: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void => {
    t.equal(got.length, wanted.length);
    wanted.forEach((row, i) => {
      row.forEach((value, j) => {
        t.ok(Math.abs((got[i]?.[j] as number) / value - 1) < 0.05, `${got[i]?.[j]} is ${value}`);
      });
    });
  };
  near(floors, made.floors);
  near(waves, made.waves);
  t.throws(() => fitPrices([5]), RangeError, 'price 0 is no auction');
});

t.test('the profiles are within 0.035 of the histograms, where those are at hand', async (t) => {
  for (const [name, profile] of Object.entries(profiles)) {
    const shares = histogramOf(profile.prices);
    t.ok(Math.abs(shares.reduce((sum, each) => sum + each, 0) - 1) < 1e-9 && shares[0] === 0, name);
    if (!existsSync(`${REAL}${name}.json`)) continue;
    const read = readHistogram(`${REAL}${name}.json`);
    if ('code' in read) throw new Error(read.problem);
    const total = read.prices.reduce((sum, count) => sum + count, 0);
    let distance = 0;
    let [seen, said] = [0, 0];
    for (let price = 0; price <= PRICE_MAX; price++) {
      seen += (read.prices[price] as number) / total;
      said += shares[price] as number;
      distance = Math.max(distance, Math.abs(seen - said));
    }
    t.ok(distance < 0.035, `${name}: ${distance}`);
    t.ok(Math.abs(profile.rates.mean / read.clickRate - 1) < 0.03, `${name}: click rate`);
  }
});

t.test('a histogram that is none is refused with its reason', async (t) => {
  const dir = t.testdir({
    'good.json': '{"price_counter_train":[3,0,4,4],"imp_train":8,"clk_train":2}',
    'text.json': 'price',
    'none.json': '{"price_counter_train":[3,0],"imp_train":8,"clk_train":2}',
    'high.json': `{"price_counter_train":[${Array(302).fill(1)}],"imp_train":302,"clk_train":2}`,
    'clicks.json': '{"price_counter_train":[0,1],"imp_train":1,"clk_train":2}',
  });
  const good = readHistogram(`${dir}/good.json`);
  t.match(good, { clickRate: 0.25 });
  t.same('prices' in good ? [...good.prices.subarray(0, 5)] : [], [3, 0, 4, 4, 0]);
  t.match(readHistogram(`${dir}/missing.json`), { code: 'unreadable' });
  t.match(readHistogram(`${dir}/text.json`), { code: 'unreadable' });
  for (const name of ['none', 'high', 'clicks']) {
    t.match(readHistogram(`${dir}/${name}.json`), { code: 'bad_histogram', problem: /\.json: / });
  }
});

t.test('the same seed is the same day, another is another, and bidding changes neither', async (t) => {
  const market = new Market(drawn(PROFILES['1458']), LIVELY, CLOCK);
  const day = (seed: number, bidPerClick: number): number[] => {
    const seen: number[] = [];
    market.reset(seed);
    for (let slot = 0; slot < CLOCK.slots; slot++) {
      market.next();
      buy(market.auctions, bidPerClick, SECOND_PRICE, Infinity, noPurchase());
      seen.push(digest(market.auctions));
    }
    return seen;
  };
  const first = day(7, 0);
  t.same(day(7, 1e5), first);
  t.notSame(day(8, 0), first);
  t.throws(() => market.next(), /reset/);
});

t.test('markets stepped at once are those stepped one by one', async (t) => {
  const supplies = () => [drawn(PROFILES['1458']), drawn(PROFILES['2997']), drawn(PROFILES['1458'])];
  const together = new Markets(supplies(), LIVELY, CLOCK);
  const alone = supplies().map((supply) => new Market(supply, LIVELY, CLOCK));
  const seeds = new Random(5);
  together.reset(5);
  for (const market of alone) market.reset(seeds.u32());
  for (let slot = 0; slot < CLOCK.slots; slot++) {
    together.next();
    alone.forEach((market, i) => {
      market.next();
      const { capacity, price, rate, chance, markets } = together;
      const row = (all: Float32Array): Float32Array => all.subarray(i * capacity, (i + 1) * capacity);
      const { auctions } = markets[i] as Market;
      const rows = { ...auctions, price: row(price), rate: row(rate), chance: row(chance) };
      t.equal(digest(rows), digest(market.auctions));
    });
  }
});

t.test('a calm market follows the hours; a rival makes half of the auctions dearer', async (t) => {
  const days = 20;
  const counts = new Float64Array(CLOCK.slots);
  const meanPrice = (rival: number): number => {
    const market = new Market(drawn(PROFILES['1458']), { ...CALM, rival }, CLOCK);
    let [sum, count] = [0, 0];
    for (let seed = 0; seed < days; seed++) {
      market.reset(seed);
      for (let slot = 0; slot < CLOCK.slots; slot++) {
        market.next();
        (counts[slot] as number) += market.auctions.count / (2 * days);
        sum += market.auctions.price.subarray(0, market.auctions.count).reduce((all, each) => all + each, 0);
        count += market.auctions.count;
      }
    }
    return sum / count;
  };
  const [alone, contested] = [meanPrice(0), meanPrice(1)];
  t.ok(contested > 1.1 * alone && contested < 2 * alone, `${alone} and ${contested}`);
  counts.forEach((count, slot) => {
    const usual = CLOCK.auctions * trafficAt(slot + 0.5);
    t.ok(Math.abs(count - usual) < 0.1 * usual && usual < capacityOf(CLOCK), `slot ${slot}: ${count} of ${usual}`);
  });
});

t.test('a market built from a log has its auctions in their order, and its clicks', async (t) => {
  const log = {
    price: Float64Array.from({ length: 1000 }, (_, i) => 1 + (i % 97)),
    rate: Float64Array.from({ length: 1000 }, (_, i) => (i + 1) / 2048),
    click: Uint8Array.from({ length: 1000 }, (_, i) => Number(i % 10 === 0)),
  };
  const market = new Market(new LogSupply(log), CALM, CLOCK);
  market.reset(1);
  market.next();
  const { count, price, rate } = market.auctions;
  const first = Math.round((rate[0] as number) * 2048) - 1;
  let [clicks, cost] = [0, 0];
  const level = (price[0] as number) / (log.price[first] as number);
  for (let i = 0; i < count; i++) {
    const at = (first + i) % 1000;
    if (rate[i] !== log.rate[at] || Math.abs((price[i] as number) / (log.price[at] as number) - level) > 1e-6) {
      t.fail(`auction ${i} is not number ${at} of the log`);
    }
    clicks += log.click[at] as number;
    cost += price[i] as number;
  }
  const purchase = noPurchase();
  buy(market.auctions, 1e9, SECOND_PRICE, 1e9, purchase);
  t.equal(purchase.wins, count);
  t.equal(purchase.clicks, clicks);
  t.equal(purchase.spend, cost);
  t.throws(() => new LogSupply({ price: new Float64Array(0), rate: new Float64Array(0), click: new Uint8Array(0) }));
});

t.test('what is bought, by hand', async (t) => {
  const auctions: SlotAuctions = {
    count: 4,
    price: Float32Array.of(40, 110, 20, 250),
    rate: Float32Array.of(0.0625, 0.125, 0.03125, 0.5),
    chance: Float32Array.of(0.1, 0, 0.05, 0.9),
    words: new Uint32Array(8),
    truth: 2,
  };
  const bought = (allowance: number, isFirstPrice = false, fee = 0) => {
    const purchase = noPurchase();
    buy(auctions, 800, { isFirstPrice, fee }, allowance, purchase);
    return purchase;
  };
  // Bids 50, 100, 25 and 300: the second loses; clicks below twice the rate.
  t.same(bought(1000), { spend: 310, value: 0.59375, wins: 3, clicks: 3, demand: 310 });
  t.same(bought(1000, true), { spend: 375, value: 0.59375, wins: 3, clicks: 3, demand: 375 });
  t.same(bought(1000, true, 0.5), { spend: 562.5, value: 0.59375, wins: 3, clicks: 3, demand: 562.5 });
  t.same(bought(65), { spend: 60, value: 0.09375, wins: 2, clicks: 2, demand: 310 }, 'the third: 40 + 25 held');
  t.same(bought(64), { spend: 40, value: 0.0625, wins: 1, clicks: 1, demand: 310 }, 'a bid that might cost too much');
  t.same(bought(0), { spend: 0, value: 0, wins: 0, clicks: 0, demand: 310 });
});

t.test('conversions come in later, each once, and bring what they should on average', async (t) => {
  const slots = 48;
  const conversions = new Conversions(2, slots);
  const random = new Random(4);
  conversions.add(10, 1, 20_000, { rate: 0.2, revenue: 30 }, random);
  const all = conversions.between(0);
  t.ok(Math.abs(all.count / 4000 - 1) < 0.05 && Math.abs(all.revenue / all.count / 30 - 1) < 0.05);
  t.same(conversions.between(0, 10), { count: 0, revenue: 0 }, 'none before its click');
  let count = 0;
  let half = 0;
  for (let slot = 0; slot < slots; slot++) {
    t.equal(conversions.count(slot, 0), 0);
    count += conversions.count(slot, 1);
    if (slot < 13) half = count;
  }
  t.ok(Math.abs(half / all.count - 0.5) < 0.03, 'half within an hour and a half');
  t.equal(count + conversions.between(slots).count, all.count);
  t.ok(conversions.between(slots).count > 0, 'some after the day');
  conversions.reset();
  t.same(conversions.between(0), { count: 0, revenue: 0 });
});

function drawnAuctions(profile: Profile, count: number): SlotAuctions {
  const room: SlotAuctions = {
    count,
    price: new Float32Array(count),
    rate: new Float32Array(count),
    chance: new Float32Array(count),
    words: new Uint32Array(2 * count),
    truth: 1,
  };
  drawn(profile).draw(room, new Random(1));
  return room;
}

/** One number for all prices, rates and chances. */
function digest({ count, price, rate, chance, truth }: SlotAuctions): number {
  const rows = [price, rate, chance, Float32Array.of(count, truth)];
  return rows.reduce((crc, row) => crc32(new Uint8Array(row.slice(0, count).buffer), crc), 0);
}

function mean(values: Float32Array): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

function covariance(a: Float32Array, b: Float32Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return a.reduce((sum, each, i) => sum + (each - meanA) * ((b[i] as number) - meanB), 0) / a.length;
}
