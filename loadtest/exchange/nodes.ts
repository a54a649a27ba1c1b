// The bidders of a run: real processes with data folders of their own, on free ports of this machine.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RedisSite, startRedis } from '../../server/testing/redis_server.js';
import { GavelNode } from '../chaos/gavel_node.js';
import type { Address } from './buyer.js';
import { coldModel } from './model_files.js';
import type { World } from './world.js';

/** Keys of the exchange that encrypts prices, the same in the bidder and here. */
const VAULT_KEYS = { encryption: Buffer.alloc(32, 0x2a), integrity: Buffer.alloc(32, 0x5c) };
/** By exchange id, for worlds of the simulator's own campaign file. */
export const OWN_PRICE_KEYS = { vault: VAULT_KEYS };
/** One key for all: a notice may go to any node. */
const NOTICE_KEY = '000102030405060708090a0b0c0d0e0f';

export type RedisKind = 'none' | 'single' | 'cluster';

export interface Nodes {
  readonly nodes: readonly GavelNode[];
  readonly addresses: readonly Address[];
  /** Undefined without Redis. */
  readonly redisUrl: string | undefined;
  /** Waits until all is booked where it belongs, and ends them. */
  stop(): Promise<void>;
}

export interface NodesOptions {
  readonly world: World;
  /** Campaign file as JSON value. */
  readonly campaigns: unknown;
  /** Where the data folders are made. */
  readonly folder: string;
  readonly count: number;
  readonly redis: RedisKind;
}

/** Bidders that share their budgets through Redis, or one by itself. They start with the cold model. */
export async function startNodes({ world, campaigns, folder, count, redis }: NodesOptions): Promise<Nodes> {
  const site: RedisSite | undefined = redis === 'none' ? undefined : await startRedis(redis);
  const env = { ...ownEnv(), ...trainerEnv(false), ...(site === undefined ? {} : { REDIS_URL: site.url }) };
  const nodes = Array.from({ length: count }, (_, n) => new GavelNode({ node: n + 1, folder, campaigns, env }));
  const model = coldModel(world);
  for (const node of nodes) {
    writeFileSync(join(node.dataDir, 'model.bin'), model);
    await node.start();
  }
  return {
    nodes,
    addresses: nodes.map(addressOf),
    redisUrl: site?.url,
    stop: async () => {
      if (site !== undefined) for (const node of nodes) await node.shipped();
      for (const node of nodes) await node.stop();
      await site?.stop();
    },
  };
}

/** What a bidder for the simulator's own campaign file needs in its environment. */
export function ownEnv(): Record<string, string> {
  const base64 = (key: Buffer): string => key.toString('base64');
  const { encryption, integrity } = VAULT_KEYS;
  return {
    GAVEL_NOTICE_KEY: NOTICE_KEY,
    GAVEL_PRICE_KEYS_VAULT: `${base64(encryption)}:${base64(integrity)}`,
  };
}

/** A trainer for users who are a hundred times as fast as people: models every few seconds, short windows. */
const FAST_TRAINER = {
  GAVEL_TRAIN_PUBLISH_SECONDS: '5',
  GAVEL_TRAIN_CLICK_WINDOW_SECONDS: '2',
  GAVEL_TRAIN_CONVERSION_WINDOW_SECONDS: '5',
};

/** The environment that starts a trainer beside a bidder, or does not. */
export function trainerEnv(on: boolean): Record<string, string> {
  return on ? { GAVEL_TRAINER: 'on', ...FAST_TRAINER } : { GAVEL_TRAINER: 'off' };
}

export function addressOf({ port }: GavelNode): Address {
  return { host: '127.0.0.1', port };
}
