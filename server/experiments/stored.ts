// An experiment as the database has it: its definition, which stays what it was since the start, and what has become of
// it. Shares of arms are weights of the moment: those of a bandit move.

import { Assignment } from '../../bidcore/experiments/assignment.js';
import { type ArmSums, type Experiment, experiment } from '../../bidcore/experiments/experiment_schema.js';
import { hashText } from '../../bidcore/hash.js';
import { type Db, toJson } from '../sql/database.js';
import type { Row } from '../sql/repositories/rows.js';

export interface StoredExperiment {
  readonly row: Row<'experiments'>;
  readonly definition: Experiment;
  /** Of each arm, in order; 1 in all. */
  readonly shares: readonly number[];
}

/** Sums of an arm of which nothing is known. */
export const NO_UNITS: ArmSums = { units: 0, sum: 0, squares: 0, lower: 0, lower_squares: 0, products: 0 };

/** Experiments of a query, with their arms. */
async function withArms(db: Db, rows: readonly Row<'experiments'>[]): Promise<StoredExperiment[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const arms = await db
    .selectFrom('experiment_arms')
    .select(['experiment_id', 'share'])
    .where('experiment_id', 'in', ids)
    .orderBy('position')
    .execute();
  return rows.map((row) => ({
    row,
    definition: experiment.parse({ ...row.settings, id: row.id }),
    shares: arms.filter(({ experiment_id }) => experiment_id === row.id).map(({ share }) => share),
  }));
}

/** One of an account's, or undefined. @param lock whether nobody else may change it until the transaction ends */
export async function findExperiment(
  db: Db,
  account: string,
  id: string,
  lock = false,
): Promise<StoredExperiment | undefined> {
  const rows = await db
    .selectFrom('experiments')
    .selectAll()
    .where('account_id', '=', account)
    .where('id', '=', id)
    .$if(lock, (query) => query.forUpdate())
    .execute();
  return (await withArms(db, rows))[0];
}

/** A page of an account's, in the order of their ids. */
export async function pageOfExperiments(
  db: Db,
  account: string,
  after: string | undefined,
  limit: number,
): Promise<StoredExperiment[]> {
  const rows = await db
    .selectFrom('experiments')
    .selectAll()
    .where('account_id', '=', account)
    .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
    .orderBy('id')
    .limit(limit)
    .execute();
  return withArms(db, rows);
}

/** Writes a draft, or what a draft has become. */
export async function writeDraft(db: Db, account: string, definition: Experiment): Promise<void> {
  const { id, arms, ...settings } = definition;
  const columns = {
    name: definition.name,
    kind: definition.mode === 'bandit' ? ('bandit' as const) : ('ab' as const),
    unit: definition.unit,
    metric: definition.metric.name,
    settings: toJson({ ...settings, arms }),
    salt: String(definition.salt ?? id),
  };
  await db
    .insertInto('experiments')
    .values({ id, account_id: account, ...columns })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
    .execute();
  await db.deleteFrom('experiment_arms').where('experiment_id', '=', id).execute();
  const whole = arms.reduce((sum, { weight }) => sum + weight, 0);
  const rows = arms.map((arm, position) => ({
    experiment_id: id,
    id: arm.name,
    position,
    share: arm.weight / whole,
    settings: toJson(arm.settings),
  }));
  await db.insertInto('experiment_arms').values(rows).execute();
}

/** The arms that units have for good, by unit: those that were stored. */
export async function storedArms(db: Db, id: string, units: readonly string[]): Promise<Map<string, string>> {
  if (units.length === 0) return new Map();
  const rows = await db
    .selectFrom('experiment_assignments')
    .select(['unit_id', 'arm_id'])
    .where('experiment_id', '=', id)
    .where('unit_id', 'in', units)
    .execute();
  return new Map(rows.map(({ unit_id, arm_id }) => [unit_id, arm_id]));
}

/** The arm that a unit would be drawn into now; undefined: it does not take part. */
export function drawnArm({ definition, shares }: StoredExperiment, unit: string): string | undefined {
  if (definition.unit === 'campaign') return undefined; // dealt at the start
  const arm = new Assignment(definition, [...shares]).armOf(hashText(unit));
  return arm === undefined ? undefined : definition.arms[arm]?.name;
}
