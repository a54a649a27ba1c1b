// Feeds the sums of nodes that share a Redis: from the streams of all partitions, each from behind its stored place.
// There is no group: the place in the database is what counts, and says it in the same step as the sums. Redis is told
// how far they are, and keeps what is not in them (`summed` of redis/keys.ts).

import { awayOf, type BookedEvent, entriesOfRead, isBroken } from '../../redis/event_reader.js';
import { Keys, PARTITIONS } from '../../redis/keys.js';
import type { RedisLink } from '../../redis/link.js';
import type { SumsFeed } from './feed.js';
import type { Rollups } from './rollups.js';

/** Places of streams. */
export const STREAM_CONSUMER = 'streams';
/** Of a partition at once. */
const BATCH = 500;
const PARTITION_NUMBERS = Array.from({ length: PARTITIONS }, (_, i) => i);

export class StreamFeed implements SumsFeed {
  readonly #rollups: Rollups;
  readonly #link: RedisLink;
  readonly #keys: Keys;
  readonly #database: string;
  readonly #batch: number;
  readonly #told = new Map<number, string>();

  /**
   * @param rollups of the consumer `STREAM_CONSUMER`
   * @param link of its own, closed with the feed: reads are bulky
   * @param database which database has the sums: several, embedded ones, may be fed by one Redis
   */
  constructor(rollups: Rollups, link: RedisLink, namespace: string, database: string, batch: number = BATCH) {
    this.#rollups = rollups;
    this.#link = link;
    this.#keys = new Keys(namespace);
    this.#database = database;
    this.#batch = batch;
  }

  async catchUp(signal: AbortSignal): Promise<boolean> {
    const places = await this.#rollups.positions();
    const from = new Map(PARTITION_NUMBERS.map((partition) => [partition, places.get(partition) ?? '0-0']));
    await this.#tell(from); // so that nothing goes before it was read for the first time
    for (let behind = PARTITION_NUMBERS; behind.length > 0; ) {
      if (signal.aborted) return false;
      const read = await Promise.all(behind.map((partition) => this.#read(partition, from.get(partition) ?? '0-0')));
      const pieces = read.filter((piece) => piece !== 'away');
      await this.#rollups.book(pieces.flatMap(({ events }) => events.map(logEventOf)));
      for (const { partition, last } of pieces) if (last !== undefined) from.set(partition, last);
      if (pieces.length < read.length || !(await this.#tell(from))) return false;
      behind = pieces.filter(({ full }) => full).map(({ partition }) => partition);
    }
    return true;
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  async #read(partition: number, behind: string): Promise<Piece | 'away'> {
    const streams = ['STREAMS', this.#keys.events(partition), behind];
    const reply = await this.#link.callBytes('xread', 'COUNT', this.#batch, ...streams);
    if (awayOf(reply) !== undefined) return 'away';
    const entries = entriesOfRead(reply, partition);
    return {
      partition,
      events: entries.filter((entry): entry is BookedEvent => !isBroken(entry)),
      last: entries.at(-1)?.id,
      full: entries.length === this.#batch,
    };
  }

  /** False if Redis is away. */
  async #tell(places: ReadonlyMap<number, string>): Promise<boolean> {
    const news = [...places].filter(([partition, id]) => this.#told.get(partition) !== id);
    const told = await Promise.all(
      news.map(async ([partition, id]) => {
        const reply = await this.#link.call('hset', this.#keys.summed(partition), this.#database, id);
        if (awayOf(reply) !== undefined) return false;
        this.#told.set(partition, id);
        return true;
      }),
    );
    return told.every(Boolean);
  }
}

interface Piece {
  readonly partition: number;
  /** Those of its entries that can be read. */
  readonly events: readonly BookedEvent[];
  /** Id of its last entry; undefined without any. */
  readonly last: string | undefined;
  /** There may be more. */
  readonly full: boolean;
}

function logEventOf({ id, partition, record, chargedMicros }: BookedEvent) {
  return { partition, position: id, record, chargedMicros };
}
