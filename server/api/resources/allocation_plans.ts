// The allocation plan of an account: one, or none.

import { z } from 'zod';
import { allocationPlan, firstRun, planColumns, planOf } from '../../allocation/plan.js';
import type { Db } from '../../sql/database.js';
import type { Row } from '../../sql/repositories/rows.js';
import { fail, notFound } from '../errors.js';
import { mergePatch } from '../merge_patch.js';
import { operation, type PathValues } from '../operation.js';
import { changedRow, parameter, present, timeText } from './rows.js';
import { inAccount } from './who.js';

const planShown = allocationPlan.extend({ next_run_at: z.iso.datetime().optional() });

const tag = 'allocation';
const path = '/accounts/{account}/allocation';
const example = { path: { account: 'acme' } };
const PROBLEMS_SHOWN = 20;

function shownOf(row: Row<'allocation_plans'>): object {
  return { ...planOf(row), ...present('next_run_at', row.next_run_at && timeText(row.next_run_at)) };
}

/** The row of an account's plan. */
export function planRow(db: Db, at: PathValues): Promise<Row<'allocation_plans'> | undefined> {
  const account = parameter(at, 'account');
  return db.selectFrom('allocation_plans').selectAll().where('account_id', '=', account).executeTakeFirst();
}

async function writtenPlan(db: Db, at: PathValues): Promise<Row<'allocation_plans'>> {
  const row = await planRow(db, at);
  if (row === undefined) throw new Error('a plan that was just written is not there');
  return row;
}

export const createPlan = operation({
  id: 'createAllocationPlan',
  kind: 'change',
  method: 'POST',
  path,
  tag,
  summary: 'Make the allocation plan of an account: how daily budgets are split anew, and how often',
  who: inAccount('trader'),
  body: allocationPlan,
  response: planShown,
  status: 201,
  example: {
    ...example,
    body: {
      method: { type: 'performance', goal: 'roi' },
      guard_rails: { change_max: 0.2, floor_micros: 1_000_000 },
      every_minutes: 1440,
    },
  },
  handle: async ({ db, path: at, body, nowMs, audit }) => {
    const account = parameter(at, 'account');
    await db
      .insertInto('allocation_plans')
      .values({ account_id: account, ...planColumns(body), next_run_at: firstRun(body, nowMs) })
      .execute();
    const row = await writtenPlan(db, at);
    await audit({ account, action: 'create', entity: 'allocation plan', id: account, after: body });
    return { body: shownOf(row), version: row.version };
  },
});

export const readPlan = operation({
  id: 'getAllocationPlan',
  kind: 'read',
  method: 'GET',
  path,
  tag,
  summary: 'Read the allocation plan of an account',
  who: inAccount('viewer'),
  response: planShown,
  example,
  handle: async ({ db, path: at }) => {
    const row = await planRow(db, at);
    return row === undefined ? notFound('allocation plan') : { body: shownOf(row), version: row.version };
  },
});

export const changePlan = operation({
  id: 'changeAllocationPlan',
  kind: 'change',
  method: 'PATCH',
  path,
  tag,
  summary: 'Change the allocation plan: a JSON merge patch; another period begins anew',
  who: inAccount('trader'),
  body: z.record(z.string(), z.unknown()),
  response: planShown,
  conditional: true,
  example: { ...example, body: { guard_rails: { change_max: 0.3 }, window_days: 14 } },
  handle: async ({ db, path: at, body, nowMs, audit, unchanged }) => {
    const before = await planRow(db, at);
    if (before === undefined) return notFound('allocation plan');
    const barred = unchanged(before.version);
    if (barred !== undefined) return barred;
    const plan = planOf(before);
    const parsed = allocationPlan.safeParse(mergePatch(plan, body));
    if (!parsed.success) {
      const issues = parsed.error.issues.slice(0, PROBLEMS_SHOWN);
      const details = issues.map((issue) => `${issue.path.map(String).join('.') || '(all)'}: ${issue.message}`);
      return fail('invalid_body', 'the allocation plan would not fit', { details });
    }
    const account = parameter(at, 'account');
    const moved = parsed.data.every_minutes !== plan.every_minutes;
    await db
      .updateTable('allocation_plans')
      .set({
        ...planColumns(parsed.data),
        ...(moved ? { next_run_at: firstRun(parsed.data, nowMs) } : {}),
        ...changedRow,
      })
      .where('account_id', '=', account)
      .execute();
    const row = await writtenPlan(db, at);
    await audit({
      account,
      action: 'update',
      entity: 'allocation plan',
      id: account,
      before: plan,
      after: parsed.data,
    });
    return { body: shownOf(row), version: row.version };
  },
});

export const removePlan = operation({
  id: 'deleteAllocationPlan',
  kind: 'change',
  method: 'DELETE',
  path,
  tag,
  summary: 'Delete the allocation plan; its history stays, budgets stay as they are',
  who: inAccount('trader'),
  status: 204,
  conditional: true,
  example,
  handle: async ({ db, path: at, audit, unchanged }) => {
    const before = await planRow(db, at);
    if (before === undefined) return notFound('allocation plan');
    const barred = unchanged(before.version);
    if (barred !== undefined) return barred;
    const account = parameter(at, 'account');
    await db.deleteFrom('allocation_plans').where('account_id', '=', account).execute();
    await audit({ account, action: 'delete', entity: 'allocation plan', id: account, before: planOf(before) });
    return {};
  },
});
