// The process of one retraining, at the lowest priority. Started by the sidecar (schedule.ts) with the folder of the
// models and the number of a run; tells its parent how far it is. Killed, it leaves a run that can be gone on with.

import { setPriority } from 'node:os';
import { Retraining } from './retrain.js';
import { readRun } from './run.js';

const LOWEST_PRIORITY = 19;

setPriority(LOWEST_PRIORITY);
process.on('disconnect', () => process.exit(0));
const [modelsDir, number] = process.argv.slice(2);
const run = await readRun(modelsDir ?? '', Number(number));
if (run === undefined) throw new Error(`no run ${number} in ${modelsDir}`);
await new Retraining(modelsDir ?? '', run, (now) => process.send?.(now)).work();
process.disconnect?.();
