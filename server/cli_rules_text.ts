// What `gavel rules` prints for people.

import { metricText } from '../bidcore/metrics/metrics.js';
import { counted } from '../bidcore/reference/wording.js';
import type { Change } from '../bidcore/rules/actions.js';
import { described } from '../bidcore/rules/reasons.js';
import { type RuleAction, rule as ruleSchema } from '../bidcore/rules/rule_schema.js';
import type { ExecutionShown } from './rules/executions.js';
import type { ReplayTold, SuggestionTold } from './rules/preview.js';
import type { RuleTold } from './rules/source.js';

const money = (micros: number): string => metricText('spend_micros', micros);

/** Two lines: what it is called, and what it does when. */
export function ruleText(rule: RuleTold): string {
  const { status, ...given } = rule;
  const { when, actions, cooldown } = ruleSchema.parse(given);
  const what = actions.map(actionText).join(', ');
  return `${rule.id}  (${status})  ${rule.name}\n    ${described(when)}: ${what}; then not for ${cooldown}\n`;
}

export function dryRunText(rule: RuleTold, told: ReplayTold): string {
  const { days, executions, campaigns, stopped, extra_budget_micros, actual, first } = told;
  const acted = `${times(executions)} on ${counted(campaigns, 'campaign')} in ${counted(days, 'day')}`;
  const head = `${rule.name ?? rule.id} would have acted ${acted}.\n`;
  const spent = `    stopped  ${money(stopped.spend_micros)} of ${money(actual.spend_micros)} spent, `;
  const lost = `${counted(stopped.clicks, 'click')}, ${counted(stopped.conversions, 'conversion')}\n`;
  const more = `    allowed  ${money(extra_budget_micros)} more, at most\n`;
  const lines = first.map(
    ({ at_ms, campaign, reason }) => `    ${new Date(at_ms).toISOString()}  ${campaign}  ${reason}\n`,
  );
  const rest = executions > first.length ? `    and ${executions - first.length} more\n` : '';
  return head + spent + lost + more + lines.join('') + rest;
}

export function suggestionsText(found: readonly SuggestionTold[]): string {
  if (found.length === 0) return 'nothing that the last week speaks for\n';
  return found
    .map(({ rule, reason, campaigns, stopped }) => {
      const named = campaigns.length > 5 ? `${campaigns.slice(0, 5).join(', ')}, …` : campaigns.join(', ');
      return `${rule.name}\n    ${reason}\n    ${named}; it would have stopped ${money(stopped.spend_micros)}\n`;
    })
    .join('');
}

export function executionsText(found: readonly ExecutionShown[]): string {
  if (found.length === 0) return 'nothing was done\n';
  return found
    .map(({ at, rule, campaign, outcome, reason, changes, problem }) => {
      const what = changes.map((change) => changeText(change as unknown as Change)).join(', ');
      return `${at}  ${rule}  ${campaign}  ${outcome}: ${what || 'nothing'}\n    ${problem ?? reason}\n`;
    })
    .join('');
}

function actionText(action: RuleAction): string {
  switch (action.type) {
    case 'change_budget':
    case 'change_bid': {
      const of = action.type === 'change_bid' ? 'bid' : 'budget';
      return `${of} ${action.percent > 0 ? '+' : ''}${action.percent}%`;
    }
    case 'notify':
      return `tell ${action.webhook}`;
    default:
      return action.type.replace('_', ' ');
  }
}

function changeText(change: Change): string {
  switch (change.type) {
    case 'status':
      return change.to === 'paused' ? 'paused' : 'resumed';
    case 'budget':
      return `budget ${money(change.from_micros)} to ${money(change.to_micros)}`;
    case 'bid':
      return `bid of ${change.ad_group} ${money(change.from_micros)} to ${money(change.to_micros)}`;
    case 'creative':
      return `${change.in} for ${change.out} in ${change.ad_group}`;
    case 'notify':
      return `${change.webhook} told`;
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
