// The thread that fetches models from Redis (blob_reader.ts).

import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { RedisModels } from '../redis/models.js';
import type { BlobOrder, BlobRead, BlobReaderTask } from './blob_reader.js';

// A priority is a thread's own on Linux, and the process's elsewhere.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

const { address, name } = workerData as BlobReaderTask;
const models = new RedisModels(address, name);

parentPort?.on('message', async ({ order, version, memory }: BlobOrder) => {
  const whole = new Uint8Array(memory);
  const bytes = await models.blob(version, (length) =>
    length <= whole.length ? whole.subarray(0, length) : undefined,
  );
  const read = bytes instanceof Uint8Array ? bytes.length : bytes;
  parentPort?.postMessage({ order, read } satisfies BlobRead);
});
