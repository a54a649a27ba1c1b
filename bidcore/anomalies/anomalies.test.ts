// Anomalies that were planted are found, ordinary hours are let be; forecasts' intervals hold what they say.

import t from 'tap';
import { Draws } from '../testing/draws.js';
import { type AnomalyConfig, anomalyConfig, detectAnomalies, type MetricSeries } from './detect.js';
import { forecastExhaustion } from './exhaustion.js';
import { predictNextDay } from './predict.js';

t.setTimeout(120_000);

const HOUR_MS = 3_600_000;
const WEEKS = 5;
const CONFIG: AnomalyConfig = anomalyConfig.parse({});

/** What the hour of a week takes: nights are quiet, Sundays busy. */
const season = (hour: number): number =>
  (1.1 + Math.sin(((hour % 24) / 24) * 2 * Math.PI - 2)) * (Math.floor(hour / 24) % 7 === 6 ? 1.4 : 1);

/** Impressions and clicks of a campaign by the hour; busier or quieter than chance by some 10%, as markets are. */
function simulated(seed: number, factor: number, ctrFactor: number): MetricSeries[] {
  const draws = new Draws(seed);
  const size = draws.spread(3000, 0.7);
  const hours = 24 * 7 * WEEKS - 24 * 7 + 1 + Math.floor(draws.float() * 24 * 7);
  const volumes = new Float64Array(hours);
  const ctr = new Float64Array(hours);
  for (let hour = 0; hour < hours; hour++) {
    const last = hour === hours - 1;
    volumes[hour] = draws.poisson(draws.spread(size * season(hour), 0.1) * (last ? factor : 1));
    ctr[hour] = draws.binomial(volumes[hour] as number, 0.02 * (last ? ctrFactor : 1)) / (volumes[hour] as number);
  }
  const base = { campaign: `c${seed}`, last_ms: hours * HOUR_MS, volumes };
  return [
    { ...base, metric: 'impressions', values: volumes },
    { ...base, metric: 'ctr', values: ctr },
  ];
}

t.test('planted drops and peaks are found, and little else', async (t) => {
  // At any hour, also at night when a third of few clicks shows little. One campaign in ten:
  // impressions to 40% or 220%, or CTR to a third.
  const planted = (seed: number): readonly [number, number] =>
    seed % 10 !== 0
      ? [1, 1]
      : ((
          [
            [0.4, 1],
            [2.2, 1],
            [1, 0.33],
          ] as const
        )[(seed / 10) % 3] as readonly [number, number]);
  const counts = { found: 0, planted: 0, alerts: 0 };
  for (let run = 0; run < 4; run++) {
    const seeds = Array.from({ length: 60 }, (_, n) => run * 60 + n);
    const alerts = detectAnomalies(
      CONFIG,
      seeds.flatMap((seed) => simulated(seed, ...planted(seed))),
    );
    counts.alerts += alerts.length;
    for (const seed of seeds) {
      const [factor, ctrFactor] = planted(seed);
      if (factor === 1 && ctrFactor === 1) continue;
      counts.planted += 1;
      const metric = factor === 1 ? 'ctr' : 'impressions';
      if (alerts.some((one) => one.campaign === `c${seed}` && one.metric === metric)) counts.found += 1;
    }
  }
  const [precision, recall] = [counts.found / counts.alerts, counts.found / counts.planted];
  t.comment(`precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}: ${JSON.stringify(counts)}, 480 series`);
  t.ok(precision >= 0.9, `precision ${precision}`);
  t.ok(recall >= 0.6, `recall ${recall}`);
});

t.test('an alert says what was seen and what is ordinary; little volume and little history are let be', async (t) => {
  const drop = simulated(3, 0.2, 1);
  const [alert] = detectAnomalies(CONFIG, drop);
  t.match(alert, { metric: 'impressions', direction: 'below', severity: 'high' });
  t.ok((alert?.value ?? 0) < (alert?.lower ?? 0) && (alert?.lower ?? 0) < (alert?.expected ?? 0));
  t.match(alert?.reason, /^[\d,]+, ordinary for this hour of the week is [\d,]+ \([\d,]+ to [\d,]+\)$/);
  t.same(detectAnomalies({ ...CONFIG, minimum_volume: 1e6 }, drop), []);
  t.same(detectAnomalies({ ...CONFIG, minimum_hours: 2016 }, drop), []);
  t.same(detectAnomalies({ ...CONFIG, minimum_change: 0.95 }, drop), []);
  const moved = drop.map((one) => {
    const values = Float64Array.from(one.values, (value, at) => (at > one.values.length - 49 ? value * 3 : value));
    values[values.length - 1] = (values.at(-1) as number) * 5;
    return { ...one, values };
  });
  t.same(detectAnomalies(CONFIG, moved.slice(0, 1)), [], 'a level that moved two days ago is the ordinary one now');
});

t.test('a budget’s end lies in its interval as often as the interval says', async (t) => {
  let [inside, count] = [0, 0];
  for (let seed = 1; seed <= 200; seed++) {
    const draws = new Draws(seed);
    const day = (): number => draws.spread(240_000_000, 0.2);
    const hoursOf = (micros: number): number[] =>
      Array.from({ length: 24 }, (_, hour) => draws.spread((micros / 24) * (season(hour) / 1.1), 0.3));
    const history = Array.from({ length: 10 }, day).flatMap(hoursOf);
    const future = Array.from({ length: 30 }, day).flatMap(hoursOf);
    const remaining_micros = 240_000_000 * (0.5 + 4 * draws.float());
    const forecast = forecastExhaustion({ now_ms: 0, spends_micros: history, remaining_micros }, 0.9);
    if ('code' in forecast) throw new Error(forecast.problem);
    let left = remaining_micros;
    let end = 0;
    for (; left > 0; end += HOUR_MS) left -= future[end / HOUR_MS] ?? Infinity;
    if (end - HOUR_MS / 2 >= (forecast.earliest_ms ?? 0) && end - HOUR_MS / 2 <= (forecast.latest_ms ?? Infinity))
      inside += 1;
    count += 1;
  }
  t.comment(`90% intervals of the end of a budget: ${inside} of ${count} held it`);
  t.ok(inside / count > 0.83 && inside / count <= 1, `${inside} of ${count}`);
  const even = { now_ms: 0, spends_micros: new Float64Array(72).fill(1_000_000) };
  t.match(forecastExhaustion({ ...even, remaining_micros: 36_000_000 }, 0.9), {
    at_ms: 36 * HOUR_MS,
    daily_micros: 24_000_000,
  });
  t.match(forecastExhaustion({ ...even, remaining_micros: 1e12 }, 0.9), { at_ms: null, latest_ms: null });
  t.match(forecastExhaustion({ now_ms: 0, spends_micros: [1, 2], remaining_micros: 5 }, 0.9), {
    code: 'too_little_data',
  });
});

t.test('the next day lies in its interval as often as the interval says', async (t) => {
  for (const metric of ['clicks', 'ctr'] as const) {
    for (const length of [10, 42]) {
      let inside = 0;
      for (let seed = 1; seed <= 300; seed++) {
        const draws = new Draws(seed * 7 + length);
        let level = Math.log(draws.spread(400, 0.5));
        const clicks = Array.from({ length: length + 1 }, (_, day) => {
          level += 0.03 * draws.normal();
          return draws.poisson(draws.spread(Math.exp(level) * (day % 7 >= 5 && length > 20 ? 0.7 : 1), 0.08));
        });
        const days = clicks.map((count) => (metric === 'clicks' ? count : Math.min(1, count / 20_000)));
        const forecast = predictNextDay(metric, days.slice(0, length), 0.8);
        if ('code' in forecast) throw new Error(forecast.problem);
        const truth = days[length] as number;
        if (truth >= forecast.lower && truth <= forecast.upper) inside += 1;
      }
      t.comment(
        `80% intervals of the next day's ${metric} from ${length} days: ${((inside / 300) * 100).toFixed(1)}% held it`,
      );
      t.ok(inside / 300 > 0.7 && inside / 300 < 0.93, `${metric} from ${length} days: ${inside} of 300`);
    }
  }
  t.match(predictNextDay('clicks', [1, 2, 3], 0.8), { code: 'too_little_data' });
  t.match(predictNextDay('ctr', [...Array(10).fill(Number.NaN), 0.1], 0.8), { code: 'too_little_data' });
});
