// The race as text.

import type { PriceRule } from './day.js';
import { type Estimate, START_GROUPS, type Summary, signed, verdictsOf } from './summary.js';

const NAME = 13;
const CELL = 13;
const FIGURE: Readonly<Record<PriceRule, string>> = {
  second: 'second price: predicted clicks over R*, the hindsight knapsack',
  first: "first price: share of the oracle's surplus",
};

/** Means, misspending, differences and verdicts of one price rule. */
export function tableOf(summary: Summary): string {
  const { price, stresses, policies, champion, differences } = summary;
  const cell = (text: string): string => text.padStart(CELL);
  const number = (value: number): string => cell(Number.isFinite(value) ? value.toFixed(4) : '-');
  const starts = Object.keys(START_GROUPS);
  const lines = [
    `${FIGURE[price]}; means over days, +- half of the 95% interval over seeds`,
    `${'policy'.padEnd(NAME)}${cell('mean')}${cell('+-')}${[...starts, ...stresses].map(cell).join('')}`,
    ...policies.map(
      ({ policy, all, byStart, byStress }) =>
        `${policy.padEnd(NAME)}${number(all.mean)}${number(all.half)}` +
        [...starts.map((start) => byStart[start]), ...stresses.map((stress) => byStress[stress])]
          .map((value) => number(value ?? Number.NaN))
          .join(''),
    ),
    '',
    `${'spending'.padEnd(NAME)}${['mean share', 'least', 'largest slot', 'quarter off'].map(cell).join('')}`,
    ...policies.map(
      ({ policy, spentMean, spentMin, slotMax, quarterOff }) =>
        `${policy.padEnd(NAME)}${[spentMean, spentMin, slotMax, quarterOff].map(number).join('')}`,
    ),
  ];
  if (differences.length > 0) {
    const wide = (text: string): string => text.padStart(18);
    const said = ({ mean, half }: Estimate): string =>
      wide(`${signed(mean)}${Number.isFinite(half) ? ` +-${half.toFixed(4)}` : ''}`);
    lines.push(
      '',
      `${champion} less each of the others, on the same days`,
      `${'policy'.padEnd(NAME)}${['all', ...stresses].map(wide).join('')}`,
      ...differences.map(
        ({ policy, all, byStress }) =>
          `${policy.padEnd(NAME)}${said(all)}${stresses.map((stress) => said(byStress[stress] as Estimate)).join('')}`,
      ),
      '',
      ...verdictsOf(summary),
    );
  }
  return `${lines.join('\n')}\n`;
}
