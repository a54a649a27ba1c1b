// `npm run policy -- estimate`: what a policy would have brought by the decisions of an event log.

import { estimate } from './off_policy.js';
import { failed, misused, optionsOf, policyIn } from './options.js';
import { decisionsOf, readLog } from './read_log.js';
import { targetOf } from './retraining/retrain.js';
import type { Estimate } from './weighted.js';

const CLIP = 5;
const HORIZON = 4;

const HELP = `Usage: npm run policy -- estimate --events FOLDER --policy FILE [options]

Estimates from logged decisions, which were drawn with known densities, what a policy would have brought in a slot: the
predicted clicks won, less what their money buys elsewhere in the day, in units of what a slot of the day wins. With 95%
intervals (bootstrap by campaign and day). Decisions that were not drawn tell nothing.

  --events FOLDER    an event log, as GAVEL_DATA_DIR/events
  --policy FILE      a policy file; it is taken to draw with the deviation of the log
  --clip W           weights above it count as it (default ${CLIP})
  --horizon N        slots of the estimate by decision over several slots (default ${HORIZON})
  --json             one line on standard output
  --help             this text
`;

const OPTIONS = {
  events: { type: 'string' },
  policy: { type: 'string' },
  clip: { type: 'string', default: String(CLIP) },
  horizon: { type: 'string', default: String(HORIZON) },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export async function estimateCommand(args: readonly string[]): Promise<number> {
  const values = optionsOf(args, OPTIONS);
  if (typeof values === 'string') return misused(values, HELP);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [clip, horizon] = [Number(values.clip), Number(values.horizon)];
  if (values.events === undefined || values.policy === undefined) return misused('wants --events and --policy', HELP);
  if (!(clip >= 1)) return misused(`--clip ${values.clip}: wants a number from 1`, HELP);
  if (!Number.isInteger(horizon) || horizon < 1)
    return misused(`--horizon ${values.horizon}: wants a number from 1`, HELP);
  const policy = policyIn(values.policy);
  if (typeof policy === 'string') return failed(policy);
  const log = await readLog(values.events, 0, 1);
  if ('code' in log) return failed(log.problem);
  const { decisions, counts, records } = log;
  const result = estimate(decisionsOf(decisions), targetOf(policy, decisions), { clip, horizon });
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ records, logged: decisions.length, ...counts, ...result })}\n`);
    return 0;
  }
  if ('code' in result) {
    process.stdout.write(`no estimate: ${result.problem}\n`);
    return 0;
  }
  const { behaviour, ips, snips, clipped, dr, horizon: ahead, gain } = result;
  const line = (name: string, { value, lower, upper }: Estimate, more = ''): string =>
    `  ${name.padEnd(12)}${value.toFixed(4).padStart(9)}   ${lower.toFixed(4)} to ${upper.toFixed(4)}${more}\n`;
  process.stdout.write(
    `${result.decisions} decisions of ${result.episodes} campaign days, worth ${Math.round(result.effective)}; ` +
      `${result.leftOut} left out\n` +
      line('as it was', behaviour) +
      line('ips', ips) +
      line('snips', snips) +
      line('clipped', clipped, `, off by ${clipped.bias.toFixed(4)} at most for weights above ${clipped.clip}`) +
      line('dr', dr) +
      line(`${ahead.slots} slots`, ahead, `, worth ${Math.round(ahead.effective)} decisions`) +
      line('gain (dr)', gain),
  );
  return 0;
}
