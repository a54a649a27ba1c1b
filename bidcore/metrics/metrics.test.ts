// Metrics from sums, windows that slide, and the table as CSV.

import t from 'tap';
import { csv, metricsCsv } from './csv.js';
import { addSums, metricOf, metricsOf, metricText, NO_SUMS, type Sums } from './metrics.js';
import { columnsOf, HOUR_MS, SumSeries } from './series.js';

const SPENT: Sums = {
  ...{ spend_micros: 3_000_001, impressions: 2000, clicks: 30, conversions: 4 },
  ...{ revenue_micros: 9_000_003, bids: 10_000, wins: 2500 },
};

t.test('ratios are of the sums, costs in whole micros', async (t) => {
  t.match(metricsOf(SPENT, 4_000_000), {
    ...{ ctr: 0.015, cvr: 4 / 30, cpm_micros: 1_500_001, cpc_micros: 100_000, cpa_micros: 750_000 },
    ...{ roi: 2, roas: 3, win_rate: 0.25, utilisation: 0.75000025 },
  });
  t.equal(metricOf('clicks', SPENT), 30);
  t.same(addSums(SPENT, SPENT).clicks, 60);
});

t.test('what would be divided by 0 is left out', async (t) => {
  t.same(metricsOf(NO_SUMS), NO_SUMS);
  t.same(Object.keys(metricsOf({ ...NO_SUMS, impressions: 5 })).slice(7), ['ctr', 'cpm_micros']);
  t.equal(metricOf('utilisation', SPENT, 0), undefined);
});

t.test('values are written for people', async (t) => {
  for (const [name, value, text] of [
    ['ctr', 0.00612, '0.612%'],
    ['impressions', 1_234_567, '1,234,567'],
    ['cpa_micros', 1_234_560_000, '1,234.56'],
    ['roas', 3.456, '3.46'],
    ['roi', -0.5, '-0.5'],
  ] as const) {
    t.equal(metricText(name, value), text);
  }
});

t.test('a window is the sum of its buckets, wherever it starts and ends', async (t) => {
  const campaigns = ['a', 'b'];
  const shape = { campaigns, startMs: 1000 * HOUR_MS, bucketMs: HOUR_MS, buckets: 10 };
  const clicks = (campaign: string, hour: number): number => (campaign === 'a' ? hour : 100 * hour * hour);
  const rows = campaigns.flatMap((campaign) =>
    Array.from({ length: 14 }, (_, hour) => ({
      ...{ campaign, start_ms: shape.startMs + (hour - 2) * HOUR_MS, clicks: clicks(campaign, hour - 2) },
    })),
  );
  const whole = SumSeries.of(shape, [...rows, { campaign: 'c', start_ms: shape.startMs, clicks: 7 }]);
  const grown = new SumSeries(shape);
  for (let hour = 0; hour < 10; hour++) {
    const columns = columnsOf(2);
    campaigns.forEach((campaign, i) => {
      columns.clicks[i] = clicks(campaign, hour);
    });
    grown.append(columns);
  }
  for (const series of [whole, grown]) {
    for (const [from, to] of [
      [0, 10],
      [3, 7],
      [4, 4],
      [-5, 2],
      [8, 20],
      [7, 3],
    ] as const) {
      const expected = campaigns.map((campaign) =>
        Array.from({ length: 10 }, (_, hour) => hour)
          .filter((hour) => hour >= from && hour < to)
          .reduce((sum, hour) => sum + clicks(campaign, hour), 0),
      );
      t.same([...series.window('clicks', from, to, new Float64Array(2))], expected, `${from} to ${to}`);
      t.equal(series.sums(1, from, to).clicks, expected[1]);
    }
  }
  t.throws(() => grown.append(columnsOf(2)), /full/);
});

t.test('CSV: quotes, line ends, and no formulas', async (t) => {
  t.equal(csv([['a,b', 'c"d', 'e\nf', -1.5, undefined, 'é']]), '"a,b","c""d","e\nf",-1.5,,é\r\n');
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '＝1']) {
    t.equal(csv([[text]]), `'${text}\r\n`);
  }
  t.equal(csv([['\r=1']]), `"'\r=1"\r\n`);
  t.equal(csv([['a=1', 'x-y']]), 'a=1,x-y\r\n');
  const [head, line] = metricsCsv([{ id: 'c1', name: '=cmd', metrics: metricsOf(SPENT) }]).split('\r\n');
  t.match(head, /^id,name,spend_micros,impressions,.*,ctr,.*,utilisation$/);
  t.match(line, /^c1,'=cmd,3000001,2000,30,4,9000003,10000,2500,0.015,.*,0.25,$/);
});
