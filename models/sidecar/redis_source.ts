// Notices of nodes that share a Redis: from the streams of all partitions, as the one working member of the group
// `trainer`. They are acknowledged after the checkpoint that holds them is on disk. A start sets the group to where the
// checkpoint, or the model it begins with, stands: what is behind comes again, whoever had it, and nothing before.
//
// A campaign's notices are all in one partition. Far behind, a batch of a busy partition is minutes and that of a quiet
// one days, and the join has one clock: taken as they come, the quiet one would end the click windows of the others. So
// notices are handed over in the order of their time, and none ahead of a partition that has more to read.

import type { NoticeRecord } from '../../bidcore/money/event.js';
import { EventConsumer } from '../../server/redis/event_consumer.js';
import type { BookedEvent } from '../../server/redis/event_reader.js';
import { PARTITIONS } from '../../server/redis/keys.js';
import { LINK_DEFAULTS, RedisLink } from '../../server/redis/link.js';
import { MODELS_NAMESPACE } from '../../server/redis/models.js';
import { describeAddress, type RedisAddress } from '../../server/redis/redis_url.js';
import type { Positions, Source } from './source.js';

const GROUP = 'trainer';
const TIMEOUT_MS = 3000;
const CONNECT_MS = 1500;
/** Of a partition at once. */
const BATCH = 500;

/** A notice that waits for its turn. */
interface Waiting {
  readonly event: BookedEvent;
  /** The latest time of its partition up to it: within one, the order of the stream holds. */
  readonly atMs: number;
}

export class RedisSource implements Source {
  readonly where: string;
  /** Its notices come from streams; what is deleted there is not counted. */
  readonly lost = 0;
  readonly #link: RedisLink;
  readonly #consumer: EventConsumer;
  readonly #batch: number;
  /** Id of the entry applied last, by partition. */
  #applied = new Map<number, string>();
  /** Ids to acknowledge when what was made of them is on disk. */
  #unfinished = new Map<number, string[]>();
  /** Read and not handed over yet, by partition. */
  #waiting = new Map<number, Waiting[]>();
  /** Partitions that may have more than was read. */
  #behind = new Set<number>();
  /** What is before the positions it was opened at is acknowledged. */
  #settled = false;
  /** The group stands behind what was read. */
  #joined = false;
  #problem = '';

  constructor(address: RedisAddress, node: number, namespace: string = MODELS_NAMESPACE, batch: number = BATCH) {
    this.where = describeAddress(address);
    this.#batch = batch;
    this.#link = new RedisLink(address, {
      ...LINK_DEFAULTS,
      timeoutMs: TIMEOUT_MS,
      name: `gavel-${node}-trainer-events`,
    });
    this.#consumer = new EventConsumer(this.#link, { namespace, group: GROUP, consumer: `node-${node}`, batch });
  }

  get problem(): string {
    return this.#problem;
  }

  async open(positions: Positions): Promise<void> {
    // Positions of an event log, in a data folder that has not always had a Redis, say nothing of streams.
    const own = Object.entries(positions).filter(([partition]) => /^\d+$/.test(partition));
    this.#applied = new Map(own.map(([partition, id]) => [Number(partition), String(id)]));
    this.#unfinished = new Map();
    this.#settled = false;
    this.#joined = false;
    await this.#link.connected(CONNECT_MS);
  }

  async next(may: () => boolean): Promise<readonly NoticeRecord[]> {
    // What was read may all wait for a partition that is behind: only where nothing was read is the end.
    for (;;) {
      if (!this.#joined && !(await this.#join())) return [];
      const read = await this.#read(may);
      if (read === undefined) return [];
      const records = this.#due();
      if (records.length > 0 || read === 0) return records;
    }
  }

  positions(): Positions {
    return Object.fromEntries([...this.#applied].sort(([a], [b]) => a - b));
  }

  async done(): Promise<void> {
    for (const [partition, ids] of this.#unfinished) {
      if (ids.length > 0 && (await this.#consumer.acknowledge(partition, ids))) ids.length = 0;
    }
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  /** Has the group stand behind what was applied; false while Redis is away. */
  async #join(): Promise<boolean> {
    this.#waiting = new Map();
    this.#behind = new Set(allPartitions());
    this.#settled ||= await this.#consumer.acknowledgeThrough(this.#applied);
    this.#joined = this.#settled && (await this.#consumer.standBehind(this.#applied));
    this.#problem = this.#consumer.status().problem;
    return this.#joined;
  }

  /** Reads on where little waits; gives 0 if there is nothing more, undefined if not all that was asked for came. */
  async #read(may: () => boolean): Promise<number | undefined> {
    const wanted = allPartitions().filter((partition) => (this.#waiting.get(partition)?.length ?? 0) < this.#batch);
    const { events, full, whole } = await this.#consumer.more(wanted, may);
    this.#problem = this.#consumer.status().problem;
    if (!whole) {
      this.#joined = false;
      return undefined;
    }
    for (const partition of wanted) {
      if (full.has(partition)) this.#behind.add(partition);
      else this.#behind.delete(partition);
    }
    for (const event of events) {
      const queue = this.#waiting.get(event.partition) ?? [];
      this.#waiting.set(event.partition, queue);
      queue.push({ event, atMs: Math.max(queue.at(-1)?.atMs ?? 0, event.record.atMs) });
    }
    return events.length + full.size; // what nobody can read may fill a batch
  }

  /** Takes what is due, in the order of time; of the same time, in that of the partitions. */
  #due(): NoticeRecord[] {
    const newest = [...this.#behind].map((partition) => this.#waiting.get(partition)?.at(-1)?.atMs ?? 0);
    const untilMs = Math.min(...newest, Number.POSITIVE_INFINITY);
    const due: Waiting[] = [];
    for (const partition of allPartitions()) {
      const queue = this.#waiting.get(partition) ?? [];
      const from = queue.findIndex(({ atMs }) => atMs > untilMs);
      due.push(...queue.splice(0, from === -1 ? queue.length : from));
    }
    due.sort((a, b) => a.atMs - b.atMs); // stable
    return due.map(({ event: { partition, id, record, chargedMicros } }) => {
      this.#applied.set(partition, id);
      const unfinished = this.#unfinished.get(partition) ?? [];
      this.#unfinished.set(partition, unfinished);
      unfinished.push(id);
      return { ...record, chargeMicros: chargedMicros };
    });
  }
}

function allPartitions(): number[] {
  return Array.from({ length: PARTITIONS }, (_, i) => i);
}
