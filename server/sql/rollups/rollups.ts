// Writes what notices add up to. The place in the log is in the transaction of the sums, under a lock: what is told
// again is left out, whoever tells it, and after a crash nothing is missing and nothing is twice. It rests on one
// thing: the events of a partition come in their order, from behind the place that is stored (`positions`).
//
//   log ──▶ book(events) ──▶ lock the place ──▶ leave out what is not behind it ──▶ add sums ──▶ move the place ──▶
// commit

import { sql } from 'kysely';
import { type Db, inTransaction, type Tx } from '../database.js';
import { AdDirectory } from './directory.js';
import { type LogEvent, Sums } from './sums.js';
import { writeSums } from './write_sums.js';

export interface RollupOptions {
  /** Whose places they are: a log and Redis count differently. */
  readonly consumer: string;
  /** One bid in so many is kept in `bid_history`, always the same ones. */
  readonly bidHistoryOneIn?: number;
}

const BID_HISTORY_ONE_IN = 16;
/** A directory is read again for an ad it does not know, but not for each of many. */
const RELOAD_MS = 1000;
const DAY_MS = 86_400_000;

export class Rollups {
  readonly #db: Db;
  readonly #consumer: string;
  readonly #bidHistoryOneIn: number;
  #directory: AdDirectory | undefined;
  #loadedMs = 0;

  constructor(db: Db, { consumer, bidHistoryOneIn = BID_HISTORY_ONE_IN }: RollupOptions) {
    this.#db = db;
    this.#consumer = consumer;
    this.#bidHistoryOneIn = bidHistoryOneIn;
  }

  /** Behind which place of each partition to go on. */
  async positions(): Promise<ReadonlyMap<number, string>> {
    const rows = await this.#db
      .selectFrom('consumer_positions')
      .select(['partition', 'position'])
      .where('consumer', '=', this.#consumer)
      .execute();
    return new Map(rows.map(({ partition, position }) => [partition, position]));
  }

  /**
   * Books events: those of each partition in their order, without gaps. Throws what the database throws; then nothing
   * of them is booked, and they are to be told again.
   * @returns how many were new
   */
  async book(events: readonly LogEvent[]): Promise<number> {
    if (events.length === 0) return 0;
    const directory = await this.#directoryFor(events);
    return inTransaction(this.#db, async (tx) => {
      const sums = new Sums(directory, this.#bidHistoryOneIn);
      let booked = 0;
      // In one order, so that two who book at once do not wait for each other.
      for (const partition of [...new Set(events.map((event) => event.partition))].sort((a, b) => a - b)) {
        const place = await this.#lock(tx, partition);
        const fresh = events.filter((event) => event.partition === partition && isBehind(event.position, place));
        const last = fresh.at(-1);
        if (last === undefined) continue;
        for (const event of fresh) sums.add(event);
        booked += fresh.length;
        await tx
          .updateTable('consumer_positions')
          .set({ position: last.position, updated_at: sql<Date>`now()` })
          .where('consumer', '=', this.#consumer)
          .where('partition', '=', partition)
          .execute();
      }
      await writeSums(tx, sums);
      return booked;
    });
  }

  /** Forgets the place of a partition: what comes next is from the start of another log. */
  async begin(partition: number): Promise<void> {
    await this.#db
      .deleteFrom('consumer_positions')
      .where('consumer', '=', this.#consumer)
      .where('partition', '=', partition)
      .execute();
  }

  /** Deletes sums by the minute and by the hour, and bids, that are older than their days. Days are kept for ever. */
  async prune(nowMs: number, keepDays: { minutes: number; hours: number; bids: number }): Promise<void> {
    const before = (days: number): Date => new Date(nowMs - days * DAY_MS);
    await this.#db.deleteFrom('metrics_minute').where('bucket', '<', before(keepDays.minutes)).execute();
    await this.#db.deleteFrom('metrics_hour').where('bucket', '<', before(keepDays.hours)).execute();
    await this.#db.deleteFrom('bid_history').where('at', '<', before(keepDays.bids)).execute();
  }

  async #directoryFor(events: readonly LogEvent[]): Promise<AdDirectory> {
    const known = this.#directory;
    const stale = performance.now() - this.#loadedMs > RELOAD_MS;
    if (known !== undefined && (!stale || events.every(({ record }) => known.knows(record.facts)))) {
      return known;
    }
    this.#directory = await AdDirectory.load(this.#db);
    this.#loadedMs = performance.now();
    return this.#directory;
  }

  /** The place of a partition, which nobody else moves until the transaction ends. */
  async #lock(tx: Tx, partition: number): Promise<string> {
    const key = { consumer: this.#consumer, partition };
    await tx
      .insertInto('consumer_positions')
      .values({ ...key, position: '0' })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { position } = await tx
      .selectFrom('consumer_positions')
      .select('position')
      .where('consumer', '=', this.#consumer)
      .where('partition', '=', partition)
      .forUpdate()
      .executeTakeFirstOrThrow();
    return position;
  }
}

/** Whether a position comes after another: `17` after `9`, and of Redis `1700000000000-10` after `1700000000000-9`. */
export function isBehind(position: string, other: string): boolean {
  const [time = 0n, number = 0n] = position.split('-').map(BigInt);
  const [otherTime = 0n, otherNumber = 0n] = other.split('-').map(BigInt);
  return time > otherTime || (time === otherTime && number > otherNumber);
}
