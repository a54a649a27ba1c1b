// Sends what webhooks are to be told, on every node: each takes what no other one has taken. What is under way is not
// waited for, so that a slow endpoint holds up nothing but itself.

import type { Db } from '../sql/database.js';
import { pruneDeliveries, settle, type Taken, takeDue } from '../webhooks/deliveries.js';
import { send } from '../webhooks/send.js';
import { signedHeaders } from '../webhooks/signature.js';
import type { Job, JobWorld } from './job.js';

const EVERY_MS = 1000;
const UNDER_WAY_MAX = 256;
/** Of one webhook; the next ones go when all of these are over. */
const UNDER_WAY_EACH = 8;
const KEEP_MS = 30 * 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;

export interface WebhookOptions {
  /** Whether they may go to this machine and private networks. */
  readonly privateToo: boolean;
  readonly attemptMsMax?: number;
}

/** Made once a node: it knows what is under way. */
export function webhooksJob(options: WebhookOptions): Job {
  const underWay = new Map<string, Taken>();
  let prunedMs = 0;
  return {
    name: 'webhooks',
    everyMs: EVERY_MS,
    once: false,
    async run(world, nowMs) {
      for (;;) {
        const room = UNDER_WAY_MAX - underWay.size;
        if (room <= 0 || world.signal.aborted) break;
        const due = await takeDue(world.db, { all: room, each: UNDER_WAY_EACH, busy: busyOf(underWay) }, nowMs);
        if (due.length === 0) break;
        for (const taken of due) {
          underWay.set(taken.id, taken);
          void deliver(world, taken, options).finally(() => underWay.delete(taken.id));
        }
      }
      if (nowMs - prunedMs < PRUNE_EVERY_MS) return;
      prunedMs = nowMs;
      await prune(world.db, nowMs);
    },
  };
}

async function deliver({ db, log, signal }: JobWorld, taken: Taken, options: WebhookOptions): Promise<void> {
  const { id, url, secrets, body } = taken;
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Gavel',
    ...signedHeaders(secrets, id, Date.now(), body),
  };
  const sent = await send({ url, headers, body }, { ...options, signal });
  if (signal.aborted) return; // the database closes; when its lease is over another node sends it, or this one again
  try {
    await settle(db, taken, sent, Date.now(), Math.random());
  } catch (error) {
    log.error({ delivery: id, stack: (error as Error).stack }, 'what became of a delivery could not be kept');
  }
}

/** Webhooks that have something under way. */
function busyOf(underWay: ReadonlyMap<string, Taken>): string[] {
  return [...new Set([...underWay.values()].map(({ account, webhook }) => `${account}/${webhook}`))];
}

function prune(db: Db, nowMs: number): Promise<void> {
  return pruneDeliveries(db, new Date(nowMs - KEEP_MS));
}
