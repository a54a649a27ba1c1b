// Notices of nodes that share a Redis: from the streams of all partitions, as the one working member of the group
// `trainer`. They are acknowledged after the checkpoint that holds them is on disk. A start first takes everything that
// is unfinished, which is what came after the last checkpoint, and what was in it but not acknowledged any more: that
// is known by its id, and passed over.

import type { NoticeRecord } from '../../bidcore/money/event.js';
import { EventConsumer } from '../../server/redis/event_consumer.js';
import type { BookedEvent } from '../../server/redis/event_reader.js';
import { LINK_DEFAULTS, RedisLink } from '../../server/redis/link.js';
import { MODELS_NAMESPACE } from '../../server/redis/models.js';
import { describeAddress, type RedisAddress } from '../../server/redis/redis_url.js';
import type { Positions, Source } from './source.js';

const GROUP = 'trainer';
const TIMEOUT_MS = 3000;
const CONNECT_MS = 1500;

export class RedisSource implements Source {
  readonly where: string;
  /** Its notices come from streams; what is deleted there is not counted. */
  readonly lost = 0;
  readonly #link: RedisLink;
  readonly #consumer: EventConsumer;
  /** Id of the entry applied last, by partition. */
  #applied = new Map<number, string>();
  /** Ids to acknowledge when what was made of them is on disk. */
  #unfinished = new Map<number, Set<string>>();
  #joined = false;
  #problem = '';

  constructor(address: RedisAddress, node: number, namespace: string = MODELS_NAMESPACE) {
    this.where = describeAddress(address);
    this.#link = new RedisLink(address, {
      ...LINK_DEFAULTS,
      timeoutMs: TIMEOUT_MS,
      name: `gavel-${node}-trainer-events`,
    });
    this.#consumer = new EventConsumer(this.#link, { namespace, group: GROUP, consumer: `node-${node}` });
  }

  get problem(): string {
    return this.#problem;
  }

  async open(positions: Positions): Promise<void> {
    this.#applied = new Map(Object.entries(positions).map(([partition, id]) => [Number(partition), String(id)]));
    await this.#link.connected(CONNECT_MS);
  }

  async next(): Promise<readonly NoticeRecord[]> {
    if (!this.#joined) {
      const records = await this.#takeOver();
      if (records.length > 0 || !this.#joined) return records;
    }
    // A batch may hold nothing but what was applied already: only one without events is the end.
    for (;;) {
      const { events, whole } = await this.#consumer.more();
      this.#joined = whole;
      this.#problem = this.#consumer.status().problem;
      const records = this.#fresh(events);
      if (records.length > 0 || events.length === 0 || !whole) return records;
    }
  }

  positions(): Positions {
    return Object.fromEntries([...this.#applied].sort(([a], [b]) => a - b));
  }

  async done(): Promise<void> {
    for (const [partition, ids] of this.#unfinished) {
      if (ids.size > 0 && (await this.#consumer.acknowledge(partition, [...ids]))) ids.clear();
    }
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  async #takeOver(): Promise<readonly NoticeRecord[]> {
    const records: NoticeRecord[] = [];
    this.#joined = await this.#consumer.takeOver((events) => void records.push(...this.#fresh(events)));
    this.#problem = this.#consumer.status().problem;
    return records;
  }

  /** Those that were not applied yet; all are to be acknowledged in time. */
  #fresh(events: readonly BookedEvent[]): NoticeRecord[] {
    const records: NoticeRecord[] = [];
    for (const { partition, id, record, chargedMicros } of events) {
      const waiting = this.#unfinished.get(partition) ?? new Set();
      this.#unfinished.set(partition, waiting.add(id));
      const last = this.#applied.get(partition);
      if (last !== undefined && !isBehind(id, last)) continue;
      this.#applied.set(partition, id);
      records.push({ ...record, chargeMicros: chargedMicros });
    }
    return records;
  }
}

/** Whether an id of a stream (`milliseconds-number`) comes behind another. */
export function isBehind(id: string, other: string): boolean {
  const [ms = 0, number = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return ms > otherMs || (ms === otherMs && number > otherNumber);
}
