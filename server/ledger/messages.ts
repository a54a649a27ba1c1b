// What the control thread and the ledger thread say to each other. Notices come over ports of their own
// (server/notices/messages.ts).

import type { MessagePort } from 'node:worker_threads';
import type { Counted } from '../../bidcore/audiences.js';
import type { PacedPlan } from '../../bidcore/money/campaign_plans.js';
import type { Config } from '../config.js';
import type { EventLogNote } from '../event_log/options.js';
import type { RedisAddress } from '../redis/redis_url.js';
import type { NodeLedgerStats } from './node_ledger.js';

/** Given to the ledger thread at its start. */
export interface LedgerStart {
  readonly buffer: SharedArrayBuffer;
  /** Folder of the event log. */
  readonly folder: string;
  readonly node: number;
  readonly tokenLifeS: number;
  readonly redis: RedisAddress | undefined;
  /** Whether the log is summed on this node: what is not is kept. */
  readonly summed: boolean;
  readonly logLevel: Config['logLevel'];
}

export type ToLedgerThread =
  /** The campaigns of a new book and what it counts of users; acknowledged with the same number. */
  | {
      readonly kind: 'plan';
      readonly number: number;
      readonly plans: readonly PacedPlan[];
      readonly counted: ReadonlyMap<string, readonly Counted[]>;
    }
  /** A way for notices. */
  | { readonly kind: 'port'; readonly port: MessagePort }
  /** The records before a position are in the sums. */
  | { readonly kind: 'summed'; readonly next: number }
  /** No more bids; give back what nothing holds, and end. */
  | { readonly kind: 'close' };

export type FromLedgerThread =
  /** The log is read: plans are taken from now on. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'cannot_start'; readonly problem: string }
  | { readonly kind: 'planned'; readonly number: number }
  /** Campaigns that are in no book any more and hold nothing: their states may be others'. */
  | { readonly kind: 'released'; readonly ids: readonly string[] }
  /** Once a second. */
  | { readonly kind: 'stats'; readonly stats: NodeLedgerStats }
  | { readonly kind: 'note'; readonly note: EventLogNote }
  /** An error nobody expected; the end follows. */
  | { readonly kind: 'failed'; readonly stack: string };
