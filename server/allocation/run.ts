// One run of an allocation: what the plan makes of the sums, tried or done, and kept either way. It belongs into a
// change (sql/change.ts): budgets, audit log and history are one transaction.

import {
  type Allocation,
  type AllocationInput,
  allocate,
  type AllocationPlan as Calculated,
  isAllocationError,
} from '../../bidcore/allocation/allocate.js';
import { type AllocationConfig, allocationConfig } from '../../bidcore/allocation/allocation_schema.js';
import { guardRailProblems, movesOf } from '../../bidcore/allocation/guard_rails.js';
import { NO_SUMS } from '../../bidcore/metrics/metrics.js';
import { changedRow } from '../api/resources/rows.js';
import type { Audit } from '../sql/change.js';
import { type Db, toJson } from '../sql/database.js';
import { newId } from '../sql/ids.js';
import type { AllocationRunsTable } from '../sql/schema/control.js';
import type { AllocationPlan } from './plan.js';
import { type CampaignRow, campaignsOfAccount, isRunning, sumsOfDays, sumsOfWindow } from './portfolio.js';

const SHARES_AT_ONCE = 5000;
const PROBLEMS_SHOWN = 3;

/** Which campaigns, and what is known of them. */
interface Prepared {
  readonly config: AllocationConfig;
  readonly input: AllocationInput;
  readonly notes: readonly string[];
}

/** What a run would do. */
interface Tried extends Calculated {
  /** What the guard rails forbid of it. */
  readonly forbidden: readonly string[];
}

/** What came of a run. */
export interface Run {
  readonly id: string;
  readonly status: AllocationRunsTable['status'];
  readonly problem: string | undefined;
  /** Whether a budget was changed. */
  readonly changed: boolean;
}

export interface RunRequest {
  readonly account: string;
  readonly plan: AllocationPlan;
  readonly nowMs: number;
  readonly trigger: AllocationRunsTable['trigger_kind'];
  /** `dry_run` changes no budget. */
  readonly mode: 'dry_run' | 'apply';
}

/** What a run would do now; changes and keeps nothing. */
export async function tryPlan(
  db: Db,
  account: string,
  plan: AllocationPlan,
  nowMs: number,
): Promise<Tried | { readonly problem: string; readonly notes: readonly string[] }> {
  const prepared = await prepare(db, account, plan, nowMs);
  if ('problem' in prepared) return { ...prepared, notes: [] };
  const { config, input, notes } = prepared;
  const made = allocate(config, input);
  if (isAllocationError(made)) return { problem: made.problem, notes };
  return { ...made, notes: [...notes, ...made.notes], forbidden: guardRailProblems(config, made) };
}

/** Runs a plan. One by the schedule does nothing that the guard rails forbid. */
export async function runAllocation(tx: Db, audit: Audit, request: RunRequest): Promise<Run> {
  const { account, plan, nowMs, trigger, mode } = request;
  const tried = await tryPlan(tx, account, plan, nowMs);
  if ('problem' in tried) return keepRun(tx, request, { status: 'refused', ...tried });
  const { forbidden, ...outcome } = tried;
  if (trigger === 'schedule' && forbidden.length > 0) {
    const problem = `outside the guard rails: ${forbidden.slice(0, PROBLEMS_SHOWN).join('; ')}`;
    return keepRun(tx, request, { status: 'refused', problem, ...outcome });
  }
  const status = mode === 'apply' ? 'applied' : 'dry_run';
  if (mode === 'apply') for (const move of movesOf(outcome.allocations)) await changeBudget(tx, audit, account, move);
  return keepRun(tx, request, { status, ...outcome });
}

async function changeBudget(tx: Db, audit: Audit, account: string, move: Allocation): Promise<void> {
  const { id, before_micros, after_micros, reason } = move;
  await tx
    .updateTable('campaigns')
    .set({ daily_budget_micros: after_micros, ...changedRow })
    .where('id', '=', id)
    .execute();
  const before = { daily_budget_micros: before_micros };
  const after = { daily_budget_micros: after_micros, reason };
  await audit({ account, action: 'update', entity: 'campaign', id, before, after });
}

async function prepare(
  tx: Db,
  account: string,
  plan: AllocationPlan,
  nowMs: number,
): Promise<Prepared | { readonly problem: string }> {
  const rows = await campaignsOfAccount(tx, account);
  const { taken, notes } = chosen(rows, plan, nowMs);
  if (taken.length === 0) {
    return { problem: ['no campaign is active and has a daily budget', ...notes].join('; ') };
  }
  const named = new Map(plan.campaigns?.map((one) => [one.id, one]));
  const parsed = allocationConfig.safeParse({
    ...(plan.total_micros === undefined ? {} : { total_micros: plan.total_micros }),
    method: plan.method,
    guard_rails: plan.guard_rails,
    campaigns: taken.map(({ id, priority }) => ({ priority, ...named.get(id), id })),
    seed: plan.seed,
  });
  if (!parsed.success) return { problem: parsed.error.issues.map(({ message }) => message).join('; ') };
  const ids = taken.map(({ id }) => id);
  const sums = await sumsOfWindow(tx, account, nowMs, plan.window_days);
  const periods =
    plan.method.type === 'bayesian' ? await sumsOfDays(tx, account, nowMs, plan.window_days, ids) : undefined;
  return {
    config: parsed.data,
    input: {
      daily_budgets_micros: taken.map(({ daily_budget_micros }) => daily_budget_micros ?? 0),
      sums: ids.map((id) => sums.get(id) ?? NO_SUMS),
      ...(periods === undefined ? {} : { periods }),
    },
    notes,
  };
}

/** Those that take part. One without a daily budget may spend all it has on a day: there is nothing to split. */
function chosen(
  rows: readonly CampaignRow[],
  { campaigns }: AllocationPlan,
  nowMs: number,
): { readonly taken: readonly CampaignRow[]; readonly notes: readonly string[] } {
  const fits = (row: CampaignRow): boolean => isRunning(row, nowMs) && row.daily_budget_micros !== null;
  if (campaigns === undefined) return { taken: rows.filter(fits), notes: [] };
  const byId = new Map(rows.map((row) => [row.id, row]));
  const taken: CampaignRow[] = [];
  const notes: string[] = [];
  for (const { id } of campaigns) {
    const row = byId.get(id);
    if (row !== undefined && fits(row)) taken.push(row);
    else notes.push(`${id} is left out: ${whyNot(row)}`);
  }
  return { taken, notes };
}

function whyNot(row: CampaignRow | undefined): string {
  if (row === undefined) return 'there is no such campaign';
  return row.daily_budget_micros === null ? 'it has no daily budget' : 'it does not run now';
}

interface Outcome {
  readonly status: AllocationRunsTable['status'];
  readonly problem?: string;
  readonly notes?: readonly string[];
  readonly total_micros?: number;
  readonly allocations?: readonly Allocation[];
}

/** Puts a run into the history. */
export async function keepRun(
  tx: Db,
  { account, plan, nowMs, trigger }: RunRequest,
  { status, problem, notes = [], total_micros = 0, allocations = [] }: Outcome,
): Promise<Run> {
  const id = newId(nowMs);
  await tx
    .insertInto('allocation_runs')
    .values({
      id,
      account_id: account,
      method: plan.method.type,
      trigger_kind: trigger,
      status,
      settings: toJson(plan),
      total_micros,
      problem: problem ?? null,
      notes: toJson(notes),
      at: new Date(nowMs),
    })
    .execute();
  for (let from = 0; from < allocations.length; from += SHARES_AT_ONCE) {
    const rows = allocations.slice(from, from + SHARES_AT_ONCE).map((one) => ({
      account_id: account,
      run_id: id,
      campaign_id: one.id,
      before_micros: one.before_micros,
      after_micros: one.after_micros,
      reason: one.reason,
    }));
    await tx.insertInto('allocation_shares').values(rows).execute();
  }
  return { id, status, problem, changed: status === 'applied' && movesOf(allocations).length > 0 };
}
