// The thread that verifies models and copies them into the shared memory (model_loader.ts), in short steps: priority
// alone keeps no bid from waiting until its slice is over (bidcore/steps.ts).

import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { isModelFileError } from '../../bidcore/model_file.js';
import { placeModel } from '../../bidcore/model_place.js';
import { resting } from '../../bidcore/steps.js';
import type { PlaceOrder } from './model_loader.js';

// A priority is a thread's own on Linux, and the process's elsewhere.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on('message', ({ file, at }: PlaceOrder) => {
  const placed = placeModel(file, workerData as SharedArrayBuffer, at, resting());
  const back = !isModelFileError(placed) && file.buffer instanceof ArrayBuffer ? [file.buffer] : [];
  parentPort?.postMessage(placed, back);
});
