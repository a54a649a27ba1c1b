// Rules as they are stored: columns for what lists and runs go by, one document for the rest.

import type { Selectable } from 'kysely';
import {
  branchesOf,
  type Condition,
  type ConditionTree,
  isCondition,
  type Rule,
  rule as ruleSchema,
} from '../../bidcore/rules/rule_schema.js';
import type { Db } from '../sql/database.js';
import type { Doc } from '../sql/schema/columns.js';
import type { RulesTable } from '../sql/schema/control.js';

type Row = Pick<Selectable<RulesTable>, 'id' | 'name' | 'status' | 'definition'>;

/** A row whose document is no rule: somebody wrote it past the API. */
export interface UnreadableRule {
  readonly rule: string;
  readonly problem: string;
}

export function ruleOf({ id, name, status, definition }: Row): Rule | UnreadableRule {
  const parsed = ruleSchema.safeParse({ ...definition, id, name, enabled: status === 'active' });
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues
    .map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
    .join('; ');
  return { rule: id, problem };
}

export function isUnreadable(value: Rule | UnreadableRule): value is UnreadableRule {
  return 'problem' in value;
}

/** What of a rule is in its document. */
export function definitionOf({ id: _, name: __, enabled: ___, ...definition }: Rule): Doc {
  return definition;
}

/** Rules of an account that are active; those that cannot be read are left out. */
export async function activeRules(db: Db, account: string): Promise<readonly Rule[]> {
  const rows = await db
    .selectFrom('rules')
    .selectAll()
    .where('account_id', '=', account)
    .where('status', '=', 'active')
    .orderBy('id')
    .execute();
  return rows.map(ruleOf).filter((one): one is Rule => !isUnreadable(one));
}

/** All conditions of a tree, in the order in which they are written. */
export function conditionsOf(tree: ConditionTree): readonly Condition[] {
  return isCondition(tree) ? [tree] : branchesOf(tree).flatMap(conditionsOf);
}
