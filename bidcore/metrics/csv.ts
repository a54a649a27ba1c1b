// The metrics table as CSV: RFC 4180, UTF-8, lines that end with CR LF. Text that a spreadsheet would take for a
// formula is written with an apostrophe before it (OWASP, "CSV Injection"): a campaign's name is somebody's input.

import { type CampaignMetrics, RATIOS, SUMS } from './metrics.js';

const COLUMNS = [...SUMS, ...(Object.keys(RATIOS) as (keyof typeof RATIOS)[])] as const;
/** What spreadsheets start formulas with, also in full-width forms, and blanks that they skip. */
const FORMULA = /^[\s]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

export interface MetricsRow {
  readonly id: string;
  readonly name: string;
  readonly metrics: CampaignMetrics;
}

/** The table: a line of names, then one a campaign. What is undefined is empty. */
export function metricsCsv(rows: readonly MetricsRow[]): string {
  const lines = rows.map(({ id, name, metrics }) => [id, name, ...COLUMNS.map((column) => metrics[column])]);
  return csv([['id', 'name', ...COLUMNS], ...lines]);
}

/** Any table as CSV. Numbers stay numbers, also negative ones. */
export function csv(lines: readonly (readonly (string | number | undefined)[])[]): string {
  return lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
