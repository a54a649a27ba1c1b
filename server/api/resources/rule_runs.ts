// Rules at work: templates to start from, what a rule would have done, running one now, what was done, what it has
// changed, and what is worth having.

import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import { SUMS } from '../../../bidcore/metrics/metrics.js';
import type { Rule } from '../../../bidcore/rules/rule_schema.js';
import { RULE_TEMPLATES } from '../../../bidcore/rules/templates.js';
import { carryOut } from '../../rules/apply.js';
import { effectMetric } from '../../rules/effects.js';
import { effectOfRule, effectShown, executionShown, listExecutions, OUTCOMES } from '../../rules/executions.js';
import { dryRun, isTooMuch, replayTold, suggestions, suggestionTold, type TooMuch } from '../../rules/preview.js';
import { decide } from '../../rules/run.js';
import { isUnreadable, ruleOf } from '../../rules/stored_rules.js';
import type { Db, Tx } from '../../sql/database.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { type Failure, fail, isFailure, notFound } from '../errors.js';
import { type Operation, operation, type PathValues, type Reply } from '../operation.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter } from './rows.js';
import { evaluated, rowOf, ruleBody } from './rules.js';
import { inAccount } from './who.js';

const DAYS_MAX = 30;
const tag = 'rules';
const path = '/accounts/{account}/rules';
const stored = { account: 'acme', rule: 'low-ctr' };

const count = z.int().min(0);
const sums = z.strictObject(Object.fromEntries(SUMS.map((name) => [name, z.number()])));
const document = z.record(z.string(), z.unknown());
const replayShown = z.strictObject({
  from: z.iso.datetime(),
  days: count,
  executions: count,
  campaigns: count.describe('That it would have acted on'),
  stopped: sums.describe('What its pauses and lower budgets would have stopped'),
  extra_budget_micros: z.number().describe('What its higher budgets would have allowed to be spent more, at most'),
  actual: sums.describe('What really was, in all campaigns that it looks at'),
  first: z.array(document).describe('The first executions, up to 100'),
});
const days = z.int().min(1).max(DAYS_MAX).default(7).describe('The time up to now that is gone through');

const templates = operation({
  id: 'listRuleTemplates',
  kind: 'read',
  method: 'GET',
  path: '/rule-templates',
  tag,
  summary: 'Rules to start from: give one an id and post it',
  who: { kind: 'caller' },
  response: z.strictObject({ items: z.array(z.strictObject({ key: z.string(), help: z.string(), rule: document })) }),
  handle: async () => ({ body: { items: RULE_TEMPLATES } }),
});

const dryRunStored = operation({
  id: 'dryRunRule',
  kind: 'read',
  method: 'POST',
  path: `${path}/{rule}/dry-run`,
  tag,
  summary: 'What a rule would have done in the last days; changes nothing',
  who: inAccount('viewer'),
  body: z.strictObject({ days }),
  response: replayShown,
  example: { path: stored, body: { days: 7 } },
  handle: async ({ db, path: at, body, nowMs }) => {
    const rule = await ruleAt(db, at);
    return isFailure(rule) ? rule : dryRunReply(db, parameter(at, 'account'), rule, body.days, nowMs);
  },
});

const dryRunGiven = operation({
  id: 'dryRunGivenRule',
  kind: 'read',
  method: 'POST',
  path: `${path}/dry-run`,
  tag,
  summary: 'What a rule that is not stored would have done in the last days; changes nothing',
  who: inAccount('viewer'),
  body: z.strictObject({ rule: ruleBody.omit({ status: true }).extend({ id: id.default('given') }), days }),
  response: replayShown,
  example: {
    path: { account: 'acme' },
    body: {
      rule: {
        name: '+20% budget over ROAS 3',
        when: { metric: 'roas', operator: '>', value: 3, window: '7d' },
        actions: [{ type: 'change_budget', percent: 20, ceiling_micros: 1_000_000_000 }],
      },
      days: 30,
    },
  },
  handle: async ({ db, path: at, body, nowMs }) => {
    const rule = evaluated({ ...body.rule, status: 'active' });
    return dryRunReply(db, parameter(at, 'account'), rule, body.days, nowMs);
  },
});

const run = operation({
  id: 'runRule',
  kind: 'change',
  method: 'POST',
  path: `${path}/{rule}/run`,
  tag,
  summary: 'Evaluate a rule now and do what it decides; cool-downs hold',
  who: inAccount('trader'),
  response: z.strictObject({ applied: z.array(id), superseded: z.array(id) }),
  changesBook: true,
  example: { path: stored },
  handle: async ({ db, path: at, audit, nowMs }) => {
    const rule = await ruleAt(db, at);
    if (isFailure(rule)) return rule;
    const account = parameter(at, 'account');
    const asked = { ...rule, enabled: true };
    const decided = await decide(db, account, [asked], nowMs);
    // An operation that changes something has a transaction.
    return { body: await carryOut(db as Tx, audit, account, asked, decided) };
  },
});

const executions = operation({
  id: 'listRuleExecutions',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/rule-executions',
  tag,
  summary: 'What rules have done, the latest first',
  who: inAccount('viewer'),
  query: pageQuery.extend({
    rule: id.optional(),
    campaign: id.optional(),
    outcome: z.enum(OUTCOMES).optional(),
  }),
  response: pageOf(executionShown),
  example: { path: { account: 'acme' }, query: { rule: 'low-ctr', outcome: 'applied' } },
  handle: async ({ db, path: at, query }) => {
    const after = readCursor(query.cursor);
    if (isFailure(after)) return after;
    const { cursor: _, limit, ...asked } = query;
    const rows = await listExecutions(db, parameter(at, 'account'), { ...asked, after, limit: limit + 1 });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return { body: { items, next_cursor: rows.length > limit && last ? cursorAfter(last.id) : null } };
  },
});

const effect = operation({
  id: 'getRuleEffect',
  kind: 'read',
  method: 'GET',
  path: `${path}/{rule}/effect`,
  tag,
  summary: 'What a rule has changed, beyond what became of campaigns like those it acted on',
  who: inAccount('viewer'),
  response: effectShown,
  example: { path: stored },
  handle: async ({ db, path: at }) => {
    const rule = await ruleAt(db, at);
    if (isFailure(rule)) return rule;
    return { body: await effectOfRule(db, parameter(at, 'account'), rule.id, effectMetric(rule)) };
  },
});

const suggest = operation({
  id: 'listRuleSuggestions',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/rule-suggestions',
  tag,
  summary: 'Rules that the last week speaks for, with the evidence; none is made by this',
  who: inAccount('viewer'),
  response: z.strictObject({
    items: z.array(
      z.strictObject({
        rule: document,
        campaigns: z.array(id),
        spend_micros: z.number(),
        spend_share: z.number(),
        reason: z.string(),
        stopped: sums,
        extra_budget_micros: z.number(),
      }),
    ),
  }),
  example: { path: { account: 'acme' } },
  handle: async ({ db, path: at, nowMs }) => {
    const found = await suggestions(db, parameter(at, 'account'), nowMs);
    if (isTooMuch(found)) return tooMuch(found);
    return { body: { items: found.map(suggestionTold) } };
  },
});

export const ruleOperations: readonly Operation[] = [
  templates,
  dryRunGiven,
  dryRunStored,
  run,
  executions,
  effect,
  suggest,
];

async function ruleAt(db: Db, at: PathValues): Promise<Rule | Failure> {
  const row = await rowOf(db, at);
  if (row === undefined) return notFound('rule');
  const rule = ruleOf(row);
  if (isUnreadable(rule)) throw new Error(`rule ${rule.rule}: ${rule.problem}`);
  return rule;
}

async function dryRunReply(
  db: Db,
  account: string,
  rule: Rule,
  asked: number,
  nowMs: number,
): Promise<Reply | Failure> {
  const found = await dryRun(db, account, rule, asked, nowMs);
  return isTooMuch(found) ? tooMuch(found) : { body: replayTold(found, asked, nowMs) };
}

function tooMuch({ problem }: TooMuch): Failure {
  return fail('invalid_body', problem);
}
