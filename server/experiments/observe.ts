// Takes what is told of units. An observation says what a unit has come to by now: told again it changes nothing, told
// with another value it replaces the one before. So calls may be repeated, and come in any order of units.
//
//   observation ──▶ arm of the unit ──▶ difference to what was known of it ──▶ sums by arm, metric and day

import { sql } from 'kysely';
import { DAY_MS } from '../../bidcore/metrics/series.js';
import type { Db } from '../sql/database.js';
import type { NewRow } from '../sql/repositories/rows.js';
import { drawnArm, type StoredExperiment, storedArms } from './stored.js';

/** Below the parameters that one statement takes. */
const ROWS_AT_ONCE = 4000;

export interface Observation {
  readonly unit: string;
  /** That of the experiment, or one of its guards. */
  readonly metric: string;
  readonly value: number;
  /** Lower part of a ratio; 0 of anything else. */
  readonly lower: number;
  /** The arm it had, where the caller knows. */
  readonly arm?: string | undefined;
}

interface Observed {
  /** Observations that have changed something. */
  readonly changed: number;
  /** Of units that do not take part. */
  readonly left_out: number;
}

type Known = NewRow<'experiment_observations'> & { lower: number; bucket: Date };

/** Books them, in a transaction. @returns what was done, or why nothing was, a line for each at fault */
export async function observe(
  tx: Db,
  experiment: StoredExperiment,
  given: readonly Observation[],
  nowMs: number,
): Promise<Observed | { readonly problems: readonly string[] }> {
  const { definition } = experiment;
  const problems = given.flatMap((one, i) => problemsOf(experiment, one).map((problem) => `${i}: ${problem}`));
  if (problems.length > 0) return { problems };
  const latest = new Map(given.map((one) => [`${one.metric}\n${one.unit}`, one]));
  const units = [...new Set(given.map(({ unit }) => unit))];
  const known = await knownOf(tx, definition.id, units);
  const arms = await storedArms(tx, definition.id, units);
  for (const { unit_id, arm_id } of known.values()) if (!arms.has(unit_id)) arms.set(unit_id, arm_id);
  const bucket = new Date(Math.floor(nowMs / DAY_MS) * DAY_MS);
  const written: Known[] = [];
  const sums = new Deltas(definition.id);
  let left_out = 0;
  for (const [key, { unit, metric, value, lower, arm }] of latest) {
    const own = arms.get(unit);
    if (own !== undefined && arm !== undefined && own !== arm) problems.push(`${unit} is in arm ${own}, not ${arm}`);
    const arm_id = own ?? arm ?? (definition.mode === 'fixed' ? drawnArm(experiment, unit) : undefined);
    if (arm_id === undefined) {
      if (definition.mode === 'bandit') problems.push(`${unit} has no arm: assign it, or say which it had`);
      left_out += 1;
      continue;
    }
    arms.set(unit, arm_id);
    const before = known.get(key);
    if (before !== undefined && before.value === value && before.lower === lower) continue;
    const after: Known = {
      experiment_id: definition.id,
      metric,
      unit_id: unit,
      arm_id,
      bucket: before?.bucket ?? bucket,
      value,
      lower,
    };
    if (before !== undefined) sums.add(before, -1);
    sums.add(after, 1);
    written.push(after);
  }
  if (problems.length > 0) return { problems };
  await writeObservations(tx, written);
  await sums.write(tx);
  return { changed: written.length, left_out };
}

function problemsOf({ definition }: StoredExperiment, { metric, value, lower, arm }: Observation): string[] {
  const problems: string[] = [];
  const main = metric === definition.metric.name;
  if (!main && !definition.guards.some(({ name }) => name === metric)) problems.push(`${metric} is not measured here`);
  if (main && definition.metric.kind === 'rate' && value !== 0 && value !== 1) problems.push('of a rate: 0 or 1');
  if (main && definition.metric.kind !== 'ratio' && lower !== 0) problems.push('only a ratio has a lower part');
  if (arm !== undefined && !definition.arms.some(({ name }) => name === arm)) problems.push(`there is no arm ${arm}`);
  return problems;
}

async function knownOf(tx: Db, id: string, units: readonly string[]): Promise<Map<string, Known>> {
  const rows = await tx
    .selectFrom('experiment_observations')
    .selectAll()
    .where('experiment_id', '=', id)
    .where('unit_id', 'in', units)
    .execute();
  return new Map(rows.map((row) => [`${row.metric}\n${row.unit_id}`, row]));
}

async function writeObservations(tx: Db, rows: readonly Known[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await tx
      .insertInto('experiment_observations')
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .onConflict((conflict) =>
        conflict.columns(['experiment_id', 'unit_id', 'metric']).doUpdateSet({
          value: sql<number>`excluded.value`,
          lower: sql<number>`excluded.lower`,
        }),
      )
      .execute();
  }
}

const SUMMED = ['n', 'total', 'total_squares', 'lower', 'lower_squares', 'products'] as const;

/** What is to be added to the sums. */
class Deltas {
  readonly #rows = new Map<string, NewRow<'experiment_results'> & Record<(typeof SUMMED)[number], number>>();

  constructor(private readonly experiment: string) {}

  add({ arm_id, metric, bucket, value, lower }: Known, sign: 1 | -1): void {
    const key = `${arm_id} ${metric} ${bucket.getTime()}`;
    const row = this.#rows.get(key) ?? {
      experiment_id: this.experiment,
      ...{ arm_id, metric, bucket },
      ...{ n: 0, total: 0, total_squares: 0, lower: 0, lower_squares: 0, products: 0 },
    };
    row.n += sign;
    row.total += sign * value;
    row.total_squares += sign * value * value;
    row.lower += sign * lower;
    row.lower_squares += sign * lower * lower;
    row.products += sign * value * lower;
    this.#rows.set(key, row);
  }

  async write(tx: Db): Promise<void> {
    for (const row of this.#rows.values()) {
      const added = SUMMED.map((name) => [
        name,
        sql<number>`${sql.ref(`experiment_results.${name}`)} + ${sql.ref(`excluded.${name}`)}`,
      ]);
      await tx
        .insertInto('experiment_results')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['experiment_id', 'arm_id', 'metric', 'bucket'])
            .doUpdateSet(Object.fromEntries(added) as Partial<NewRow<'experiment_results'>>),
        )
        .execute();
    }
  }
}
