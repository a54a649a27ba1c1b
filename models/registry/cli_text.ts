// How `gavel models` words an entry of the registry.

import type { PolicyRun } from '../policy/retraining/run.js';
import type { ArmFigures, ModelEntry } from './entry.js';

const COLUMNS = [9, 12, 8, 22, 12, 30] as const;

export const HEADINGS = row([
  'version',
  'state',
  'parent',
  'created',
  'examples',
  'held-back log loss (live)',
  'reason',
]);

export function entryLine({ version, state, parent, created, data, metrics, reason }: ModelEntry): string {
  const { candidate, incumbent } = metrics ?? {};
  const loss = candidate?.['log_loss'];
  const other = incumbent?.['log_loss'];
  const losses = loss === undefined ? '-' : `${short(loss)}${other === undefined ? '' : ` (${short(other)})`}`;
  const words = [
    version,
    state,
    parent === 0 ? '-' : parent,
    created.slice(0, 19),
    data?.impressions ?? '-',
    losses,
    reason,
  ];
  return row(words.map(String));
}

/** The line of an entry that cannot be read. */
export function brokenLine({ version, reason }: { readonly version: number; readonly reason: string }): string {
  return row([String(version), 'broken', '-', '-', '-', '-', reason]);
}

export const RUN_HEADINGS = row(['run', 'state', 'version', 'created', 'steps', 'CPU s (share of a core)', 'reason']);

/** The line of a retraining of the policy. */
export function runLine(run: PolicyRun): string {
  const { number, state, version, created, step, first_step, cpu_s, wall_s, reason } = run;
  const used = `${Math.round(cpu_s)} (${(cpu_s / Math.max(wall_s, 1e-3)).toFixed(3)})`;
  return row([number, state, version ?? '-', created.slice(0, 19), step - first_step, used, reason].map(String));
}

export function entryText(entry: ModelEntry): string {
  const { data, parts, metrics, policy, training, trial, arms, alerts } = entry;
  const lines = [
    `version ${entry.version}, ${entry.state}: ${entry.reason}`,
    `  parent    ${entry.parent === 0 ? 'none' : entry.parent}`,
    `  created   ${entry.created} (${entry.origin})`,
    `  sha-256   ${entry.sha256 === '' ? 'not written' : entry.sha256}`,
    `  bytes     ${entry.bytes === undefined ? 'kept' : entry.bytes === 'coming' ? 'being written' : 'not kept'}`,
    `  layout    ${entry.layout}`,
  ];
  if (data !== undefined) {
    lines.push(`  learned   ${data.first} to ${data.last}, positions ${data.positions}`);
    lines.push(
      `            ${data.impressions} impressions, ${data.clicks} clicks, ${data.conversions} conversions, ` +
        `${data.prices} prices`,
    );
  }
  if (parts !== undefined) lines.push(`  new       ${parts.join(', ')}; the rest is as in its parent`);
  if (metrics !== undefined) {
    lines.push('  held back           this        live');
    for (const [name, value] of Object.entries(metrics.candidate)) {
      const other = metrics.incumbent[name];
      lines.push(`    ${name.padEnd(14)}${short(value).padStart(10)}  ${short(other ?? Number.NaN).padStart(10)}`);
    }
  }
  if (policy !== undefined) {
    lines.push(`  policy    ${policy.sha256}`);
    for (const [name, value] of Object.entries(policy.metrics ?? {})) {
      lines.push(`    ${name.padEnd(14)}${short(value).padStart(10)}`);
    }
  }
  if (trial !== undefined) lines.push(`  trial     ${trial.share * 100}% of traffic since ${trial.since}`);
  if (arms !== undefined) lines.push(`    this    ${armText(arms.candidate)}`, `    live    ${armText(arms.control)}`);
  for (const alert of alerts) lines.push(`  alert     ${alert.at} ${alert.test}: ${alert.text}`);
  if (training !== undefined) {
    lines.push(
      `  trained   ${Object.entries(training)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function armText({ impressions, clicks, conversions, spend_micros, value, log_loss, calibration }: ArmFigures): string {
  const outcomes = `${impressions} impressions, ${clicks} clicks, ${conversions} conversions`;
  const counts = `${outcomes}, spend ${spend_micros / 1e6}`;
  return `${counts}, value ${short(value)}, log loss ${short(log_loss)}, calibration ${short(calibration)}`;
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(5);
}

function row(words: readonly string[]): string {
  return words
    .map((word, i) => (i < COLUMNS.length ? word.padEnd(COLUMNS[i] as number) : word))
    .join(' ')
    .trimEnd();
}
