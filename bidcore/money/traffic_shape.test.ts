// The traffic shape: what it learns of the days, and that its sums are those of its rates.

import fc from 'fast-check';
import t from 'tap';
import { TrafficShape } from './traffic_shape.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MONDAY_MS = Date.UTC(2026, 0, 5);

/** Watches so many days from a Monday on. */
function watch(shape: TrafficShape, fromDay: number, days: number, perMinute: (day: number, hour: number) => number) {
  let requests = 0;
  for (let ms = MONDAY_MS + fromDay * DAY_MS; ms <= MONDAY_MS + (fromDay + days) * DAY_MS; ms += MINUTE_MS) {
    shape.observe(ms, requests);
    const day = Math.floor((ms - MONDAY_MS) / DAY_MS);
    requests += perMinute(day, Math.floor((ms % DAY_MS) / HOUR_MS));
  }
}

const at = (shape: TrafficShape, day: number, hour: number): number =>
  shape.rateAt(MONDAY_MS + day * DAY_MS + hour * HOUR_MS);

t.test('traffic is even until something is learnt, and what is not learnt is taken for the mean', async (t) => {
  const shape = new TrafficShape('UTC');
  t.equal(at(shape, 0, 3), at(shape, 5, 20));
  watch(shape, 0, 0.5, (_, hour) => (hour < 6 ? 60 : 180));
  t.equal(at(shape, 0, 3), 1);
  t.equal(at(shape, 0, 9), 3);
  t.equal(at(shape, 0, 20), 2);
});

t.test('weekdays and weekend days are learnt apart; until then one stands for the other', async (t) => {
  const shape = new TrafficShape('UTC');
  watch(shape, 0, 5, () => 60);
  t.equal(at(shape, 5, 10), 1);
  watch(shape, 5, 2, () => 600);
  t.equal(at(shape, 5, 10), 10);
  t.equal(at(shape, 7, 10), 1);
  const week = shape.requestsIn(MONDAY_MS + 7 * DAY_MS, MONDAY_MS + 14 * DAY_MS);
  t.ok(Math.abs(week - (5 + 20) * 86_400) < 1e-6, 'a week has both');
});

t.test('days long ago are forgotten', async (t) => {
  const shape = new TrafficShape('UTC');
  watch(shape, 0, 5, () => 600);
  watch(shape, 7, 5, () => 60);
  watch(shape, 14, 5, () => 60);
  watch(shape, 21, 5, () => 60);
  t.ok(at(shape, 0, 10) < 2 && at(shape, 0, 10) > 1, `${at(shape, 0, 10)}`);
});

t.test('a restarted counter and a gap teach nothing; no quarter hour is planned empty', async (t) => {
  const shape = new TrafficShape('UTC');
  watch(shape, 0, 1, () => 60);
  shape.observe(MONDAY_MS + DAY_MS + MINUTE_MS, 0);
  shape.observe(MONDAY_MS + DAY_MS + 10 * HOUR_MS, 1e9);
  t.equal(at(shape, 0, 0), 1);
  t.equal(at(shape, 0, 5), 1);
  watch(shape, 1, 6, () => 0);
  t.ok(at(shape, 5, 3) > 0);
});

t.test('a shape that is dumped and restored is the same; one of another time zone is not taken', async (t) => {
  const shape = new TrafficShape('UTC');
  watch(shape, 0, 7, (day, hour) => 10 * hour + day);
  const state = JSON.parse(JSON.stringify(shape.dump()));
  t.same(new TrafficShape('UTC', state).dump(), shape.dump());
  t.equal(at(new TrafficShape('Asia/Tokyo', state), 0, 3), at(new TrafficShape('UTC'), 0, 3));
});

t.test('on days of 23 and 25 hours afternoons stay afternoons, and sums stay sums', async (t) => {
  const shape = new TrafficShape('Europe/Berlin');
  let requests = 0;
  for (let ms = MONDAY_MS; ms < MONDAY_MS + 7 * DAY_MS; ms += MINUTE_MS) {
    shape.observe(ms, requests);
    requests += ms % DAY_MS === 17 * HOUR_MS ? 6000 : 10; // 18:00 in Berlin
  }
  for (const day of [Date.UTC(2026, 2, 29), Date.UTC(2026, 9, 25)]) {
    const offset = day === Date.UTC(2026, 2, 29) ? 2 : 1;
    t.ok(shape.rateAt(day + (18 - offset) * HOUR_MS) > 5, 'the busy quarter hour is at six');
    t.ok(shape.rateAt(day + (19 - offset) * HOUR_MS) < 1);
  }
  const times = fc.integer({ min: 0, max: 300 * 24 * 60 }).map((minute) => MONDAY_MS + minute * MINUTE_MS);
  fc.assert(
    fc.property(times, fc.nat(600), fc.nat(600), (fromMs, a, b) => {
      const middleMs = fromMs + a * MINUTE_MS;
      const endMs = middleMs + b * MINUTE_MS;
      const apart = shape.requestsIn(fromMs, middleMs) + shape.requestsIn(middleMs, endMs);
      const whole = shape.requestsIn(fromMs, endMs);
      // Over midnight before a change of the clock the day to come is taken for 24 hours long.
      return Math.abs(apart - whole) <= Math.max(1e-6, 0.25 * whole) && whole >= 0;
    }),
    { seed: 1 },
  );
});
