// The publisher of the publish benchmark, in a process of its own as a sidecar is: writes a model's bytes, then moves
// the pointer.

import { FolderBus } from '../models/bus/folder_bus.js';
import { RedisBus } from '../models/bus/redis_bus.js';
import { isKeeperProblem, Keeper } from '../models/registry/keeper.js';
import { promote } from '../models/registry/registry.js';
import { seedModel } from '../models/seed_model.js';
import { lowerPriority } from '../models/sidecar/priority.js';
import { isRedisUrlError, parseRedisUrl } from '../server/redis/redis_url.js';
import { sleep } from './processes.js';
import { type Published, type PublishOrder, type PublishTask, timeMs } from './publish_shared.js';

const REACHED_MS_MAX = 20_000;
const REACH_AGAIN_MS = 100;

const { folder, redis, seed } = JSON.parse(process.argv[2] as string) as PublishTask;
const address = redis === undefined ? undefined : parseRedisUrl(redis);
if (address !== undefined && isRedisUrlError(address)) throw new Error(address.problem);
const keeper = new Keeper(address === undefined ? new FolderBus(folder) : new RedisBus(address, 'bench'));
const image = seedModel(seed);
lowerPriority();

const connected = reached();

process.on('disconnect', () => process.exit());
process.on('message', async ({ version }: PublishOrder) => {
  await connected;
  const beganMs = timeMs();
  const draft = { parent: 0, state: 'candidate', reason: 'benchmark', origin: 'imported' } as const;
  const entry = await keeper.add(image, draft, version - 1);
  if (isKeeperProblem(entry)) throw new Error(entry.problem);
  const shelf = await keeper.take((now, nowMs) => promote(now, entry.version, 'benchmark', nowMs));
  if (isKeeperProblem(shelf)) throw new Error(shelf.problem);
  process.send?.({ version: entry.version, beganMs, pointedMs: timeMs() } satisfies Published);
  const pruned = await keeper.prune(1);
  if (isKeeperProblem(pruned)) throw new Error(pruned.problem);
});

/** Resolves when the bus answers: a Redis on a busy machine takes its time. */
async function reached(): Promise<void> {
  for (const deadline = timeMs() + REACHED_MS_MAX; ; await sleep(REACH_AGAIN_MS)) {
    const shelf = await keeper.read();
    if (!isKeeperProblem(shelf)) return;
    if (timeMs() > deadline) throw new Error(shelf.problem);
  }
}
