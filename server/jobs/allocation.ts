// Rebalances the budgets of accounts whose plan has a schedule. A run and the time of the next one are one transaction:
// whenever the node dies, a period has its run once, or the next node makes it. What may not be done is not done, and
// somebody is told.

import { raiseAlert } from '../alerts/raise_alert.js';
import { nextRun, planOf } from '../allocation/plan.js';
import { keepRun, type Run, type RunRequest, runAllocation } from '../allocation/run.js';
import { type Author, change, isChangeRefused } from '../sql/change.js';
import { type Db, inTransaction } from '../sql/database.js';
import type { Row } from '../sql/repositories/rows.js';
import type { Job, JobWorld } from './job.js';
import type { SumsLag } from './sums.js';

const EVERY_MS = 5000;
const PROBLEM_SHOWN = 300;
/** How far sums may be behind. */
const LAG_S_MAX = 60;

/** @param lag of the sums: what is not in them yet would look like a campaign that brings nothing, so turns wait */
export const allocationJob = (lag: Pick<SumsLag, 'seconds'>): Job => ({
  name: 'allocation',
  everyMs: EVERY_MS,
  once: true,
  async run(world, nowMs) {
    if (lag.seconds(nowMs) > LAG_S_MAX) return;
    const due = await world.db
      .selectFrom('allocation_plans as p')
      .innerJoin('accounts as a', 'a.id', 'p.account_id')
      .select('p.account_id')
      .where('a.status', '=', 'active')
      .where('p.next_run_at', '<=', new Date(nowMs))
      .orderBy('p.next_run_at')
      .execute();
    for (const { account_id } of due) {
      if (world.signal.aborted) return;
      await rebalance(world, account_id, nowMs);
    }
  },
});

async function rebalance(world: JobWorld, account: string, nowMs: number): Promise<void> {
  const { db, log } = world;
  const author: Author = { kind: 'allocation', id: account };
  try {
    const run = await change(db, author, undefined, { changesBook: true }, async (tx, audit) => {
      const row = await turnOf(tx, account, nowMs);
      if (row === undefined) return undefined;
      const run = await runAllocation(tx, audit, requestOf(row, nowMs));
      await tellOf(tx, account, run);
      return run;
    });
    if (isChangeRefused(run)) await giveUp(db, account, nowMs, 'refused', run.problems.join('; '));
    else if (run?.changed === true) world.bookChanged();
  } catch (error) {
    if (world.signal.aborted) throw error;
    log.error({ account, stack: (error as Error).stack }, 'allocation failed');
    await giveUp(db, account, nowMs, 'failed', (error as Error).message);
  }
}

/** Takes the turn that is due, so that nobody else does; undefined if somebody has. */
async function turnOf(tx: Db, account: string, nowMs: number): Promise<Row<'allocation_plans'> | undefined> {
  const row = await tx
    .selectFrom('allocation_plans')
    .selectAll()
    .where('account_id', '=', account)
    .where('next_run_at', '<=', new Date(nowMs))
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined || row.next_run_at === null) return undefined;
  const next_run_at = row.every_minutes === null ? null : nextRun(row.next_run_at, row.every_minutes, nowMs);
  await tx.updateTable('allocation_plans').set({ next_run_at }).where('account_id', '=', account).execute();
  return row;
}

function requestOf(row: Row<'allocation_plans'>, nowMs: number): RunRequest {
  return { account: row.account_id, plan: planOf(row), nowMs, trigger: 'schedule', mode: 'apply' };
}

/** Uses up the turn of a run whose own transaction is gone. */
async function giveUp(
  db: Db,
  account: string,
  nowMs: number,
  status: 'refused' | 'failed',
  problem: string,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const row = await turnOf(tx, account, nowMs);
    if (row === undefined) return;
    await tellOf(tx, account, await keepRun(tx, requestOf(row, nowMs), { status, problem }));
  });
}

/** An alert for a run that came to nothing, unless the one before did for the same reason. */
async function tellOf(tx: Db, account: string, { id, status, problem }: Run): Promise<void> {
  if (problem === undefined) return;
  const before = await tx
    .selectFrom('allocation_runs')
    .select('problem')
    .where('account_id', '=', account)
    .where('trigger_kind', '=', 'schedule')
    .where('id', '<', id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (before?.problem === problem) return;
  await raiseAlert(tx, {
    account,
    kind: 'allocation_refused',
    severity: status === 'failed' ? 'critical' : 'warning',
    subject: `budgets stay as they are: ${problem.slice(0, PROBLEM_SHOWN)}`,
    detail: { run: id, status, problem },
  });
}
