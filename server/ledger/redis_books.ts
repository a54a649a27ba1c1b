// The shared books of several nodes, as one node's ledger uses them: leases and charges in Redis, the node's event log
// shipped there in order, what the users of other nodes did followed. docs/money.md section 6, docs/redis.md.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Booked } from '../../bidcore/money/authority.js';
import type { NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';
import type { Cursor } from '../event_log/cursor.js';
import type { EventLog } from '../event_log/event_log.js';
import type { Log } from '../log.js';
import { RedisConnections } from '../redis/connections.js';
import { followNotices } from '../redis/follow_notices.js';
import type { LinkStatus } from '../redis/link.js';
import { AUTHORITY_DEFAULTS, RedisAuthority } from '../redis/redis_authority.js';
import type { RedisAddress } from '../redis/redis_url.js';
import { type LogEntry, Shipper, type ShipperStatus } from '../redis/shipper.js';

/** At the end: how long what is not shipped yet is waited for. It stays in the log. */
const SHIP_MS_MAX = 3000;

export interface RedisBooksOptions {
  readonly address: RedisAddress;
  readonly node: number;
  readonly log: EventLog;
  /** From when on notices of other nodes are not counted yet, milliseconds since the epoch. */
  readonly followFromMs: number;
  /** All notices that came before have their records in the log, milliseconds since the epoch. */
  readonly writtenBeforeMs: () => number;
  /** Another node had booked a notice before this one did. */
  readonly repeated: (record: NoticeRecord) => void;
  /** Another node has booked an impression, a click or a conversion. */
  readonly elsewhere: (record: NoticeRecord) => void;
  readonly tell: Log;
  /** The log or its cursor failed: no waiting mends that. */
  readonly failed: (error: Error) => void;
}

export interface RedisBooksStatus {
  readonly link: LinkStatus;
  readonly shipper: ShipperStatus;
}

export class RedisBooks {
  readonly authority: RedisAuthority;
  readonly #options: RedisBooksOptions;
  readonly #connections: RedisConnections;
  readonly #shipper: Shipper;
  readonly #following = new AbortController();

  constructor(options: RedisBooksOptions, cursor: Cursor) {
    const { address, node, log, tell } = options;
    this.#options = options;
    this.#connections = new RedisConnections(address, node, tell);
    const link = this.#connections.money;
    this.authority = new RedisAuthority(link);
    const shipped = {
      read: (from: number, signal: AbortSignal) => untilAborted(log, from, signal),
      frontier: () => ({ position: log.next, beforeMs: options.writtenBeforeMs() }),
    };
    const place = {
      load: async () => cursor.next,
      save: async (position: number) => {
        const error = await cursor.advance(position);
        // Then a restart ships from further back, once more.
        if (error !== undefined) tell.warn({ code: error.code }, error.problem);
      },
    };
    const books = {
      book: (records: readonly NoticeRecord[]) => this.authority.book(records),
      keep: (records: readonly PolicyRecord[]) => this.authority.keep(records),
      losses: () => link.status().losses,
    };
    const booked = (record: NoticeRecord, { chargedMicros }: Booked): void => {
      if (record.chargeMicros > 0 && chargedMicros === 0) options.repeated(record);
    };
    this.#shipper = new Shipper(shipped, place, books, booked);
  }

  start(): void {
    const { node, followFromMs: fromMs, elsewhere, failed } = this.#options;
    this.#shipper.run().catch(failed);
    const { signal } = this.#following;
    const follow = { namespace: AUTHORITY_DEFAULTS.namespace, node, fromMs, signal };
    followNotices(this.#connections.reads, follow, (events) => {
      for (const { record } of events) elsewhere(record);
    }).catch(failed);
  }

  /** All notices that came to this node before are booked, milliseconds since the epoch. */
  watermarkMs(): number {
    return this.#shipper.watermarkMs();
  }

  status(): RedisBooksStatus {
    return { link: this.#connections.status(), shipper: this.#shipper.status() };
  }

  /** Ships what is left, if Redis is there, and says that this node has ended. */
  async close(): Promise<void> {
    this.#following.abort();
    const { log, node } = this.#options;
    const { next } = log;
    for (let waitedMs = 0; this.#shipper.status().shippedPosition < next && waitedMs < SHIP_MS_MAX; waitedMs += 20) {
      await sleep(20);
    }
    if (this.#shipper.status().shippedPosition >= next) await this.authority.leave(node);
    await this.#shipper.stop();
    this.#connections.close();
  }
}

/** Records from a position on, those to come as well, until told to stop. */
async function* untilAborted(log: EventLog, from: number, signal: AbortSignal): AsyncGenerator<LogEntry, void> {
  const entries = log.follow(from);
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal.aborted) resolve('stopped');
    else signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  while (!signal.aborted) {
    const next = await Promise.race([entries.next(), stopped]);
    if (next === 'stopped' || next.done === true) break;
    yield { position: next.value.position + 1, record: next.value.record };
  }
  // One that waits for more ends with the log: nobody waits for it.
  void entries.return();
}
