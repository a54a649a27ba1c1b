// The report for people: a table of the seeds, the last figures in words, and a picture.

import type { Interval } from '../../bidcore/statistics/intervals.js';
import { chart } from '../exchange/chart.js';
import { textTable } from '../exchange/text_table.js';
import type { Compared, Got, PolicyReport, SeedReport } from './report.js';

const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)}%`;
const HEAD = ['', 'budget', 'pacer: value', 'spent', 'slot', 'policy: value', 'spent', 'slot', 'policy / pacer'];

/** The campaigns of a seed, and all of it, one line each. */
export function seedText(report: SeedReport): string {
  const rows = Object.entries(report.campaigns).map(([id, its]) => rowOf(id, its));
  return `seed ${report.seed}\n${textTable([HEAD, ...rows, rowOf('all', report)])}`;
}

function rowOf(name: string, { budget, pacer, policy, ratio }: Compared): string[] {
  const arm = ({ value, spent_share: spent, largest_slot: slot }: Got): string[] => [
    value.toFixed(2),
    percent(spent),
    percent(slot),
  ];
  return [name, budget.toFixed(2), ...arm(pacer), ...arm(policy), ratio.toFixed(4)];
}

export function policyText(report: PolicyReport, seeds: readonly SeedReport[]): string {
  const { pacer, policy, better, fell_back_share: fellBack } = report;
  const outside = Object.entries(report.outside_shares).sort(([, a], [, b]) => b - a);
  const why = outside.map(([name, share]) => `${name} ${percent(share)}`).join(', ');
  const rows = seeds.map((one) => rowOf(`seed ${one.seed}`, one));
  return [
    textTable([HEAD, ...rows]),
    '',
    `value at equal budget, policy / pacer: ${intervalText(report.ratio)}; ` +
      `as the bidder predicted it: ${intervalText(report.predicted_ratio)}`,
    `the policy won more in ${better} of ${report.seeds} seeds, ` +
      `and was not asked in ${percent(fellBack)} of its slots` +
      (why === '' ? '' : ` (outside what it has seen: ${why})`),
    `spent ${percent(policy.spent_share)} with the policy, ${percent(pacer.spent_share)} without; ` +
      `largest slot of a campaign ${percent(policy.largest_slot)}, ${percent(pacer.largest_slot)}`,
  ].join('\n');
}

function intervalText({ estimate, lower, upper }: Interval): string {
  return Number.isFinite(lower)
    ? `${estimate.toFixed(4)}, 95% interval ${lower.toFixed(4)} to ${upper.toFixed(4)}`
    : `${estimate.toFixed(4)} (one seed: no interval)`;
}

/** The seeds side by side: what the policy won above the pacer, and what share of the budgets each spent. */
export function policySvg({ ratio }: PolicyReport, seeds: readonly SeedReport[]): string {
  const points = (of: (one: SeedReport) => number) => seeds.map((one, n) => ({ x: n + 1, y: of(one) }));
  return chart([
    {
      title: 'Value won with the policy, for one won by the pacer alone, at equal budget',
      xLabel: 'seed',
      yLabel: 'policy / pacer',
      lines: [
        { name: 'true value', points: points((one) => one.ratio) },
        { name: 'predicted', points: points((one) => one.predicted_ratio) },
      ],
      mark: { y: ratio.estimate, name: intervalText(ratio) },
    },
    {
      title: 'Share of the budgets that was spent',
      xLabel: 'seed',
      yLabel: 'spent / budget',
      lines: [
        { name: 'policy', points: points((one) => one.policy.spent_share) },
        { name: 'pacer', points: points((one) => one.pacer.spent_share) },
      ],
    },
  ]);
}
