// What the programs of models/ read of the environment: where the data folder and the bus are, and the trainer's keys.

import { join } from 'node:path';
import type { Environment } from '../../bidcore/environment.js';
import { readTrainerKeys, type TrainerConfig } from '../../bidcore/trainer_keys.js';
import { LOG_LEVELS, type LogLevel } from '../../server/log.js';
import { isRedisUrlError, parseRedisUrl, type RedisAddress } from '../../server/redis/redis_url.js';
import { FolderBus } from '../bus/folder_bus.js';
import { RedisBus } from '../bus/redis_bus.js';
import type { ModelBus } from '../bus/shelf.js';

export interface Settings {
  /** Where the models are: the bus of a node that is alone, and always the checkpoint and the status. */
  readonly modelsDir: string;
  /** The event log. */
  readonly eventsDir: string;
  /** The model of a bidder before one was published, or the one it is bound to. */
  readonly modelPath: string;
  /** GAVEL_MODEL is set: the bidder of this environment follows no bus. */
  readonly modelIsBound: boolean;
  readonly redis: RedisAddress | undefined;
  readonly node: number;
  readonly logLevel: LogLevel;
  readonly trainer: TrainerConfig;
  /** Commit that was built, or `unknown`. */
  readonly commit: string;
}

/** Every problem at once, a line each. */
export function readSettings(environment: Environment): Settings | { readonly problems: readonly string[] } {
  const set = (name: string): string | undefined => environment[name] || undefined;
  const trainer = readTrainerKeys(environment);
  const redis = parseRedis(set('REDIS_URL'));
  const node = Number(set('GAVEL_NODE') ?? 0);
  const logLevel = LOG_LEVELS.find((level) => level === (set('GAVEL_LOG_LEVEL') ?? 'info'));
  const problems = 'problems' in trainer ? [...trainer.problems] : [];
  if (typeof redis === 'string') problems.push(redis);
  if (!Number.isInteger(node) || node < 0 || node > 255) problems.push('GAVEL_NODE: a whole number from 0 to 255');
  if (logLevel === undefined) problems.push(`GAVEL_LOG_LEVEL: one of ${LOG_LEVELS.join(', ')}`);
  if ('problems' in trainer || typeof redis === 'string' || logLevel === undefined || problems.length > 0) {
    return { problems };
  }
  const dataDir = set('GAVEL_DATA_DIR') ?? '.gavel';
  return {
    modelsDir: join(dataDir, 'models'),
    eventsDir: join(dataDir, 'events'),
    modelPath: set('GAVEL_MODEL') ?? join(dataDir, 'model.bin'),
    modelIsBound: set('GAVEL_MODEL') !== undefined,
    redis,
    node,
    logLevel,
    trainer,
    commit: set('GAVEL_COMMIT') ?? 'unknown',
  };
}

/** @param name of this end of the bus, for `CLIENT LIST` and as who trains */
export function openBus({ redis, modelsDir }: Settings, name: string): ModelBus {
  return redis === undefined ? new FolderBus(modelsDir) : new RedisBus(redis, name);
}

function parseRedis(text: string | undefined): RedisAddress | undefined | string {
  if (text === undefined) return undefined;
  const address = parseRedisUrl(text);
  return isRedisUrlError(address) ? address.problem : address;
}
