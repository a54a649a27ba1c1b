// What a load test came to: a table for people, CSV for spreadsheets, and a page with plots that needs nothing else.

import { chart, type Panel } from '../exchange/chart.js';
import { textTable } from '../exchange/text_table.js';
import type { Figures } from './figures.js';
import type { JobResult } from './job.js';

export interface Run {
  readonly figures: Figures;
  readonly result: JobResult;
  /** Terms of the objective that it breaks. */
  readonly broken: readonly string[];
}

const rate = (value: number): string => Math.round(value).toLocaleString('en-US');
const ms = (us: number): string => (us / 1000).toFixed(us < 100_000 ? 3 : 0);
const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.01 ? 3 : 1)}%`;
const optional = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '-';

const HEAD = [
  ...['run', 'offered/s', 'achieved/s', 'p50 ms', 'p90', 'p99', 'p99.9', 'max', '>10 ms', '>tmax', 'errors', 'shed'],
  ...['bids', 'CPU us each', 'server cores', 'client', 'send lag p99 ms'],
];

function cells({ figures: run }: Run): string[] {
  return [
    run.name,
    rate(run.offered_per_s),
    rate(run.achieved_per_s),
    ms(run.p50_us),
    ms(run.p90_us),
    `${ms(run.p99_us)}${run.p99_trusted ? '' : ' ?'}`,
    `${ms(run.p999_us)}${run.p999_trusted ? '' : ' ?'}`,
    ms(run.max_us),
    percent(run.over_10_ms_share),
    percent(run.over_tmax_share),
    percent(run.errors_share),
    percent(run.shed_share),
    percent(run.bid_share),
    optional(run.server_cpu_us, 1),
    optional(run.server_cores, 2),
    run.client_cores.toFixed(2),
    ms(run.send_lag_p99_us),
  ];
}

/** The runs as a table, and below it what has to be said of them. */
export function tableText(runs: readonly Run[]): string {
  return [textTable([HEAD, ...runs.map(cells)]), ...remarks(runs)].join('\n');
}

function remarks(runs: readonly Run[]): string[] {
  const told: string[] = [];
  for (const { figures, result, broken } of runs) {
    const kinds = Object.entries(result.errors).map(([kind, count]) => `${kind} ${count}`);
    if (kinds.length > 0) told.push(`${figures.name}: ${kinds.join(', ')}`);
    if (!figures.p99_trusted || !figures.p999_trusted) {
      const lag = `${ms(figures.send_lag_p99_us)} ms at p99, ${ms(figures.send_lag_p999_us)} ms at p99.9`;
      const which = figures.p99_trusted ? 'p99.9 is' : 'the percentiles are';
      told.push(
        `${figures.name}: the client was late itself (${lag}): ${which} not to be trusted, only a bound from above`,
      );
    }
    if (broken.length > 0) told.push(`${figures.name}: objective missed: ${broken.join(', ')}`);
    const { sent, failed } = result.notices;
    if (failed > 0) told.push(`${figures.name}: ${failed} of ${sent} notices failed`);
  }
  return told;
}

export function csvText(runs: readonly Run[]): string {
  const keys = Object.keys(runs[0]?.figures ?? {}) as (keyof Figures)[];
  const row = ({ figures }: Run): string => keys.map((key) => String(figures[key] ?? '')).join(',');
  return `${[keys.join(','), ...runs.map(row)].join('\n')}\n`;
}

/** A page of its own: table, latency by rate, distributions, and each run over time. */
export function htmlText(title: string, runs: readonly Run[]): string {
  const table = [HEAD, ...runs.map(cells)].map((row, n) => {
    const tag = n === 0 ? 'th' : 'td';
    return `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  });
  const told = remarks(runs).map((line) => `<p>${escaped(line)}</p>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>
body { font: 14px system-ui, sans-serif; margin: 24px; background: #fff; color: #24292f }
table { border-collapse: collapse } th, td { padding: 3px 8px; text-align: right; border-bottom: 1px solid #d0d7de }
@media (prefers-color-scheme: dark) { body { background: #0d1117; color: #e6edf3 } }
</style></head><body><h1>${escaped(title)}</h1>
<table>${table.join('\n')}</table>
${told.join('\n')}
<p>Latencies are from the moment a request was meant to be sent. A question mark: the client was late itself.</p>
${chart(panels(runs))}
</body></html>
`;
}

function panels(runs: readonly Run[]): Panel[] {
  const inMs = (us: number): number => us / 1000;
  const kept = runs.filter(({ figures }) => figures.achieved_per_s > 0.9 * figures.offered_per_s);
  const byRate = [...(kept.length > 1 ? kept : runs)].sort((a, b) => a.figures.offered_per_s - b.figures.offered_per_s);
  const line = (name: string, of: (run: Figures) => number) => ({
    name,
    points: byRate.map(({ figures }) => ({ x: figures.offered_per_s, y: inMs(of(figures)) })),
  });
  const most = Math.max(...runs.map(({ result }) => result.tail.at(-1)?.nines ?? 0));
  const rates: Panel = {
    title: 'Latency by offered rate',
    xLabel: 'requests a second',
    yLabel: 'ms',
    lines: [line('p50', (run) => run.p50_us), line('p99', (run) => run.p99_us), line('p99.9', (run) => run.p999_us)],
  };
  const tails: Panel = {
    title: 'Distribution: how many nines of the requests are at most this late',
    xLabel: `nines (1 is 90%, 2 is 99%, 3 is 99.9%), up to ${most.toFixed(1)}`,
    yLabel: 'ms',
    lines: byRate.map(({ figures, result }) => ({
      name: figures.name,
      points: result.tail.map(({ nines, us }) => ({ x: nines, y: inMs(us) })),
    })),
  };
  const overTime = runs.flatMap(({ figures, result }): Panel[] => {
    const points = (of: (slice: (typeof result.slices)[number]) => number) =>
      result.slices.map((slice) => ({ x: slice.from_s, y: of(slice) }));
    return [
      {
        title: `${figures.name}: requests a second over time`,
        xLabel: 'seconds',
        yLabel: 'requests a second',
        lines: [
          { name: 'offered', points: points((slice) => slice.offered_per_s) },
          { name: 'answered', points: points((slice) => slice.answered_per_s - slice.shed_per_s) },
          { name: 'shed', points: points((slice) => slice.shed_per_s) },
          { name: 'errors', points: points((slice) => slice.errors_per_s) },
        ],
      },
      {
        title: `${figures.name}: latency over time`,
        xLabel: 'seconds',
        yLabel: 'ms',
        lines: [
          { name: 'p50', points: points((slice) => inMs(slice.p50_us)) },
          { name: 'p99', points: points((slice) => inMs(slice.p99_us)) },
          { name: 'max', points: points((slice) => inMs(slice.max_us)) },
        ],
      },
    ];
  });
  return [...(byRate.length > 1 ? [rates] : []), tails, ...overTime];
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
