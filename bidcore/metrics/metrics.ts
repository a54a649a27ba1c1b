// What a campaign is judged by: ratios of sums. The sums are kept (per minute, hour and day); a ratio is always made
// from the sums of its whole window, never as a mean of ratios. Money is in integer micros. A ratio whose divisor is 0
// is undefined: a campaign without impressions has no CTR, not one of 0.

import { z } from 'zod';

/** What is summed, in the order of columns. Amounts of money in micros of the account's currency. */
export const SUMS = ['spend_micros', 'impressions', 'clicks', 'conversions', 'revenue_micros', 'bids', 'wins'] as const;
export type SumName = (typeof SUMS)[number];
export type Sums = Readonly<Record<SumName, number>>;

export const NO_SUMS: Sums = Object.fromEntries(SUMS.map((name) => [name, 0])) as Record<SumName, number>;

/** How a metric is written: a count, micros of money, a share (in percent), or a plain ratio. */
export type MetricUnit = 'count' | 'micros' | 'share' | 'ratio';

export interface Ratio {
  readonly of: SumName;
  /** Taken off `of` first. */
  readonly less?: SumName;
  readonly by: SumName | 'budget_micros';
  readonly times: number;
  readonly unit: MetricUnit;
  readonly label: string;
}

const COST = { of: 'spend_micros', times: 1, unit: 'micros' } as const;

/** Each ratio by its sums. CPM is the cost of a thousand impressions. */
export const RATIOS = {
  ctr: { of: 'clicks', by: 'impressions', times: 1, unit: 'share', label: 'CTR' },
  cvr: { of: 'conversions', by: 'clicks', times: 1, unit: 'share', label: 'CVR' },
  cpm_micros: { ...COST, by: 'impressions', times: 1000, label: 'CPM' },
  cpc_micros: { ...COST, by: 'clicks', label: 'CPC' },
  cpa_micros: { ...COST, by: 'conversions', label: 'CPA' },
  roi: { of: 'revenue_micros', less: 'spend_micros', by: 'spend_micros', times: 1, unit: 'ratio', label: 'ROI' },
  roas: { of: 'revenue_micros', by: 'spend_micros', times: 1, unit: 'ratio', label: 'ROAS' },
  win_rate: { of: 'wins', by: 'bids', times: 1, unit: 'share', label: 'win rate' },
  utilisation: { of: 'spend_micros', by: 'budget_micros', times: 1, unit: 'share', label: 'budget utilisation' },
} as const satisfies Record<string, Ratio>;
export type RatioName = keyof typeof RATIOS;

const RATIO_NAMES = Object.keys(RATIOS) as RatioName[];
export const metricName = z.enum([...SUMS, ...RATIO_NAMES]).meta({ id: 'MetricName' });
export type MetricName = z.infer<typeof metricName>;

export function ratioOf(name: MetricName): Ratio | undefined {
  return (RATIOS as Record<string, Ratio>)[name];
}

export function metricUnit(name: MetricName): MetricUnit {
  return ratioOf(name)?.unit ?? (name.endsWith('_micros') ? 'micros' : 'count');
}

/** A campaign's sums of a window, with every ratio that they have. */
export type CampaignMetrics = Sums & { readonly [name in RatioName]?: number };

/**
 * One metric of a window; undefined where its divisor is 0. Costs are rounded to whole micros.
 * @param budget_micros what might have been spent in the window, for `utilisation`
 */
export function metricOf(name: MetricName, sums: Sums, budget_micros = 0): number | undefined {
  const ratio = ratioOf(name);
  if (ratio === undefined) return sums[name as SumName];
  const divisor = ratio.by === 'budget_micros' ? budget_micros : sums[ratio.by];
  if (divisor === 0) return undefined;
  return quotient(ratio, sums[ratio.of] - (ratio.less === undefined ? 0 : sums[ratio.less]), divisor);
}

/** A ratio of what is known: NaN, for columns of numbers, where the divisor is 0. */
export function quotient({ times, unit }: Ratio, of: number, by: number): number {
  if (by === 0) return Number.NaN;
  return unit === 'micros' ? Math.round((of * times) / by) : (of * times) / by;
}

/** All metrics of a window. @param budget_micros what might have been spent in it; 0 for no utilisation */
export function metricsOf(sums: Sums, budget_micros = 0): CampaignMetrics {
  const ratios = RATIO_NAMES.map((name) => [name, metricOf(name, sums, budget_micros)] as const);
  return { ...sums, ...Object.fromEntries(ratios.filter(([, value]) => value !== undefined)) };
}

export function addSums(a: Sums, b: Sums): Sums {
  return Object.fromEntries(SUMS.map((name) => [name, a[name] + b[name]])) as Record<SumName, number>;
}

/** `1,204`, `0.61%`, `1.25` of money, `3.40`: a metric's value for people. */
export function metricText(name: MetricName, value: number): string {
  switch (metricUnit(name)) {
    case 'count':
      return grouped(value);
    case 'micros':
      return fixed(value / 1e6);
    case 'share':
      return `${shortened(value * 100)}%`;
    case 'ratio':
      return shortened(value);
  }
}

/** `CTR`, `clicks`, `spend`: a metric's name for people. */
export function metricLabel(name: MetricName): string {
  return ratioOf(name)?.label ?? name.replace('_micros', '');
}

/** Digits in groups of three. Intl would take most of the time in which ten thousand reasons are written. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

function fixed(value: number): string {
  const [whole, part] = value.toFixed(2).split('.') as [string, string];
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${part}`;
}

/** Three digits that count, without zeros at the end. */
function shortened(value: number): string {
  return Math.abs(value) >= 1000 ? grouped(value) : String(Number(value.toPrecision(3)));
}
