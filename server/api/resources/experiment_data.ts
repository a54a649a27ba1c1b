// What goes into a running experiment and what comes out of it: arms of units, observations, results.

import { z } from 'zod';
import { look } from '../../experiments/look.js';
import { observe } from '../../experiments/observe.js';
import { experimentTold, resultsAt } from '../../experiments/results_told.js';
import { drawnArm, type StoredExperiment, storedArms } from '../../experiments/stored.js';
import type { Db } from '../../sql/database.js';
import { type Failure, fail, notFound } from '../errors.js';
import { type Operation, operation } from '../operation.js';
import {
  changeExperiment,
  createExperiment,
  experimentAt,
  listExperiments,
  readExperiment,
  startExperiment,
} from './experiments.js';
import { inAccount } from './who.js';

const UNITS_MAX = 10_000;
const PROBLEMS_SHOWN = 20;

const unit = z.string().min(1).max(256);
const assignment = z.strictObject({
  unit,
  arm: z.string().nullable().describe('Null: it does not take part'),
  stored: z.boolean().describe('Whether the arm is kept for it, whatever the weights are later'),
});

const tag = 'experiments';
const one = '/accounts/{account}/experiments/{experiment}';
const example = { path: { account: 'acme', experiment: 'new-copy' } };

function notRunning({ row, definition }: StoredExperiment): Failure | undefined {
  if (row.status !== 'running') return fail('conflict', `it is ${row.status === 'draft' ? 'not started' : 'stopped'}`);
  if (definition.unit !== 'campaign') return undefined;
  return fail('conflict', 'campaigns are dealt at the start, and measured by the sums of the event log');
}

const readAssignment = operation({
  id: 'getAssignment',
  kind: 'read',
  method: 'GET',
  path: `${one}/assignment`,
  tag,
  summary: 'The arm of a unit: the one that is stored for it, else the one that its hash draws',
  who: inAccount('viewer'),
  query: z.strictObject({ unit }),
  response: assignment,
  example: { ...example, query: { unit: 'user-17' } },
  handle: async ({ db, path, query }) => {
    const stored = await experimentAt(db, path);
    return stored === undefined
      ? notFound('experiment')
      : { body: (await armsOf(db, stored, [query.unit]))[0] as object };
  },
});

const assign = operation({
  id: 'assignUnits',
  kind: 'change',
  method: 'POST',
  path: `${one}/assignments`,
  tag,
  summary: `Draw arms for up to ${UNITS_MAX} units and keep them; those that have one keep it`,
  who: inAccount('trader'),
  bulk: true,
  body: z.strictObject({ units: z.array(unit).min(1).max(UNITS_MAX) }),
  response: z.strictObject({ assignments: z.array(assignment) }),
  example: { ...example, body: { units: ['user-17', 'user-18'] } },
  handle: async ({ db, path, body }) => {
    const stored = await experimentAt(db, path, true);
    if (stored === undefined) return notFound('experiment');
    const barred = notRunning(stored);
    if (barred !== undefined) return barred;
    const units = [...new Set(body.units)];
    const arms = await armsOf(db, stored, units);
    const rows = arms.flatMap(({ unit: unit_id, arm, stored: kept }) =>
      arm === null || kept ? [] : [{ experiment_id: stored.row.id, unit_id, arm_id: arm }],
    );
    if (rows.length > 0) await db.insertInto('experiment_assignments').values(rows).execute();
    return { body: { assignments: await armsOf(db, stored, units) } };
  },
});

const observation = z.strictObject({
  unit,
  metric: z.string().min(1).max(64).optional().describe('Absent: that of the experiment; else one of its guards'),
  value: z
    .number()
    .min(-1e12)
    .max(1e12)
    .describe('What it has come to by now; of a rate 0 or 1; of a ratio the upper part'),
  lower: z.number().min(0).max(1e12).default(0).describe('Of a ratio: the lower part'),
  arm: z.string().optional().describe('The arm it had, where that is known; else the stored or the drawn one'),
});

const tell = operation({
  id: 'observeUnits',
  kind: 'change',
  method: 'POST',
  path: `${one}/observations`,
  tag,
  summary:
    'Tell what units have come to, also those that came to nothing; told again, it replaces what was told before',
  who: inAccount('trader'),
  bulk: true,
  body: z.strictObject({ observations: z.array(observation).min(1).max(UNITS_MAX) }),
  response: z.strictObject({
    changed: z.int().describe('Observations that were new or other ones'),
    left_out: z.int().describe('Of units that do not take part'),
    decided: z.string().nullable().describe('Why the experiment may be stopped, if this has decided it'),
  }),
  example: {
    ...example,
    body: {
      observations: [
        { unit: 'user-17', value: 1 },
        { unit: 'user-18', value: 0 },
      ],
    },
  },
  handle: async ({ db, path, body, nowMs }) => {
    const stored = await experimentAt(db, path, true);
    if (stored === undefined) return notFound('experiment');
    const barred = notRunning(stored);
    if (barred !== undefined) return barred;
    const { name } = stored.definition.metric;
    const given = body.observations.map((each) => ({ ...each, metric: each.metric ?? name }));
    const observed = await observe(db, stored, given, nowMs);
    if ('problems' in observed) {
      const details = observed.problems.slice(0, PROBLEMS_SHOWN);
      return fail('invalid_body', 'nothing was booked: some observations do not fit', { details });
    }
    return { body: { ...observed, decided: (await look(db, stored, nowMs)) ?? null } };
  },
});

const readResults = operation({
  id: 'getExperimentResults',
  kind: 'read',
  method: 'GET',
  path: `${one}/results`,
  tag,
  summary: 'What an experiment has shown: intervals, power, required sample, sequential decision',
  who: inAccount('viewer'),
  response: experimentTold,
  example,
  handle: async ({ db, path, nowMs }) => {
    const stored = await experimentAt(db, path);
    return stored === undefined ? notFound('experiment') : { body: await resultsAt(db, stored, nowMs) };
  },
});

async function armsOf(
  db: Db,
  experiment: StoredExperiment,
  units: readonly string[],
): Promise<z.output<typeof assignment>[]> {
  const arms = await storedArms(db, experiment.definition.id, units);
  return units.map((each) => {
    const kept = arms.get(each);
    return { unit: each, arm: kept ?? drawnArm(experiment, each) ?? null, stored: kept !== undefined };
  });
}

/** In the order of their examples; `stopExperiment` and `deleteExperiment` come last. */
export const experimentOperations: readonly Operation[] = [
  createExperiment,
  listExperiments,
  readExperiment,
  changeExperiment,
  startExperiment,
  assign,
  readAssignment,
  tell,
  readResults,
];
