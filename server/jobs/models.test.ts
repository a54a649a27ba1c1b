// What the registry of models says is in the database behind a run of the job, and drift is told once.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeLog } from '../log.js';
import { ModelRegistry } from '../model_registry.js';
import { migrateUp } from '../sql/migrate.js';
import { openedEmbedded } from '../testing/embedded_cluster.js';
import { seededModelFile } from '../testing/models.js';
import { plantModels } from '../testing/planted_models.js';
import { followModels } from './models.js';

const folder = mkdtempSync(join(tmpdir(), 'gavel-models-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
process.env['GAVEL_DATA_DIR'] = folder; // what the command is run with
writeFileSync(join(folder, 'model.bin'), seededModelFile(1, 1));
plantModels(folder, join(folder, 'model.bin'));

/** As the trainer writes it (models/sidecar/publisher.ts). */
function plantDrift(version: number, atMs: number): void {
  const path = join(folder, 'models', `${version}.json`);
  const entry = JSON.parse(readFileSync(path, 'utf8'));
  const alert = { at: new Date(atMs).toISOString(), test: 'calibration', text: 'predicts 1.8 clicks for each' };
  writeFileSync(path, JSON.stringify({ ...entry, alerts: [...entry.alerts, alert] }));
}

t.test('checkpoints, trainings and drift are taken in, each once', async (t) => {
  const database = await openedEmbedded(t);
  const { db } = database;
  await migrateUp(db);
  const registry = new ModelRegistry();
  const world = { db, log: makeLog('silent'), bookChanged: () => undefined, signal: new AbortController().signal };
  const run = () => followModels(registry, 0).run(world, Date.now());
  const checkpoints = () => db.selectFrom('model_checkpoints').selectAll().orderBy('model_version').execute();

  await run();
  t.match(await checkpoints(), [
    { model_version: 1, status: 'candidate', promoted_at: null },
    { model_version: 2, status: 'candidate', promoted_at: null },
  ]);
  const [training] = await db.selectFrom('training_runs').selectAll().execute();
  t.match(training, { id: 'policy-0-1', status: 'succeeded', seed: 1, metrics: { outcome: /pacer/, cpu_s: 180 } });

  t.match(await registry.promote('2', 'a test'), { active: 2 });
  t.match(await registry.promote('7', 'a test'), { code: 'registry_refused', problem: /no version 7/ });
  plantDrift(2, Date.now());
  plantDrift(2, Date.now() - 30 * 86_400_000);
  await run();
  await run();
  t.match(await checkpoints(), [{ status: 'candidate' }, { status: 'live', version: 2, promoted_at: Date }]);
  const alerts = await db.selectFrom('alerts').selectAll().execute();
  t.match(alerts, [{ kind: 'drift', account_id: null, detail: { model_version: 2, test: 'calibration' } }]);
  t.equal(alerts.length, 1, 'told once, and what is long past not at all');
});
