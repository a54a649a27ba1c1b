// A member of a group that works through all notices together: each goes to one member and is done when that member says
// so. What a member took and did not finish goes to another after a while; what several could not finish is put aside,
// in the dead-letter stream of the group, so that one bad notice does not stop the rest.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Away } from '../../bidcore/money/authority.js';
import { awayOf, type BookedEvent, type BrokenEntry, entriesOf, entriesOfRead, isBroken } from './event_reader.js';
import { Keys, PARTITIONS } from './keys.js';
import type { RedisLink } from './link.js';
import { BURY } from './lua.js';

export interface ConsumerOptions {
  readonly namespace: string;
  readonly group: string;
  /** Unique in its group; the same after a restart. */
  readonly consumer: string;
  /** Events handed over at once, at most, of a partition. */
  readonly batch: number;
  /** Taken over from a member that has not finished them for so long, milliseconds. */
  readonly idleMs: number;
  /** Handed over so often, and never finished: put aside. */
  readonly deliveriesMax: number;
  /** Pause when there was nothing to read, milliseconds. */
  readonly pauseMs: number;
}

export const CONSUMER_DEFAULTS = { batch: 500, idleMs: 60_000, deliveriesMax: 5, pauseMs: 100 };

export type EventHandler = (events: readonly BookedEvent[]) => Promise<void>;

const DEAD_LETTERS_MAX = 10_000;

export class EventConsumer {
  readonly #link: RedisLink;
  readonly #options: ConsumerOptions;
  readonly #keys: Keys;
  #problem = '';
  #buried = 0;

  /** @param link of its own, closed by who made it */
  constructor(
    link: RedisLink,
    options: Pick<ConsumerOptions, 'namespace' | 'group' | 'consumer'> & Partial<ConsumerOptions>,
  ) {
    this.#link = link;
    this.#options = { ...CONSUMER_DEFAULTS, ...options };
    this.#keys = new Keys(this.#options.namespace);
  }

  /** '' while Redis answers and the handler finishes; events put aside by this member. */
  status(): { readonly problem: string; readonly buried: number } {
    return { problem: this.#problem, buried: this.#buried };
  }

  /**
   * Hands over events until told to stop, those of a partition in their order. When the handler rejects, its events stay
   * unfinished and come again later, to whichever member.
   */
  async run(handler: EventHandler, signal: AbortSignal): Promise<void> {
    let joined = false;
    while (!signal.aborted) {
      let handed = 0;
      joined = joined || (await this.#join());
      for (let partition = 0; joined && partition < PARTITIONS && !signal.aborted; partition++) {
        const taken = await this.#read(partition);
        if (taken === 'no group')
          joined = false; // Redis lost it, or it is another Redis
        else if (taken !== 'away') handed += await this.#hand(partition, taken, handler);
      }
      if (handed === 0) await sleep(this.#options.pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #join(): Promise<boolean> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const key = this.#keys.events(partition);
      try {
        const made = await this.#link.call('xgroup', 'CREATE', key, this.#options.group, '0', 'MKSTREAM');
        if (this.#isAway(made)) return false;
      } catch (error) {
        if (!(error as Error).message.startsWith('BUSYGROUP')) throw error;
      }
    }
    return true;
  }

  /** What others left behind, then what is new. */
  async #read(partition: number): Promise<readonly (BookedEvent | BrokenEntry)[] | 'away' | 'no group'> {
    const { group, consumer, batch, idleMs } = this.#options;
    const key = this.#keys.events(partition);
    try {
      const claimed = await this.#link.callBytes('xautoclaim', key, group, consumer, idleMs, '0', 'COUNT', batch);
      if (this.#isAway(claimed)) return 'away';
      const left = entriesOf((claimed as Parameters<typeof entriesOf>[0][])[1] ?? [], partition);
      const worn = left.length === 0 ? new Set<string>() : await this.#worn(partition);
      for (const { id } of left) if (worn.has(id)) await this.#bury(partition, id);
      const again = left.filter(({ id }) => !worn.has(id));
      if (again.length > 0) return again;
      const read = await this.#link.callBytes(
        'xreadgroup',
        'GROUP',
        group,
        consumer,
        'COUNT',
        batch,
        'STREAMS',
        key,
        '>',
      );
      return this.#isAway(read) ? 'away' : entriesOfRead(read, partition);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOGROUP')) throw error;
      return 'no group';
    }
  }

  /** Events of this member that were handed over too often. */
  async #worn(partition: number): Promise<Set<string>> {
    const { group, consumer, batch, deliveriesMax } = this.#options;
    const key = this.#keys.events(partition);
    const pending = await this.#link.call('xpending', key, group, '-', '+', batch * 2, consumer);
    if (this.#isAway(pending)) return new Set();
    const rows = pending as readonly (readonly [string, string, number, number])[];
    return new Set(rows.filter(([, , , deliveries]) => deliveries > deliveriesMax).map(([id]) => id));
  }

  /** Hands events over; returns how many were finished. */
  async #hand(
    partition: number,
    entries: readonly (BookedEvent | BrokenEntry)[],
    handler: EventHandler,
  ): Promise<number> {
    for (const entry of entries) if (isBroken(entry)) await this.#bury(partition, entry.id);
    const events = entries.filter((entry): entry is BookedEvent => !isBroken(entry));
    if (events.length === 0) return entries.length;
    try {
      await handler(events);
    } catch (error) {
      this.#problem = `the handler of ${this.#options.group}: ${(error as Error).message}`;
      return 0;
    }
    const ids = events.map(({ id }) => id);
    const done = await this.#link.call('xack', this.#keys.events(partition), this.#options.group, ...ids);
    if (!this.#isAway(done)) this.#problem = '';
    return events.length;
  }

  async #bury(partition: number, id: string): Promise<void> {
    const reply = await this.#link.script(BURY, this.#keys.tag(partition), [this.#options.group, id, DEAD_LETTERS_MAX]);
    if (!this.#isAway(reply)) this.#buried++;
  }

  #isAway(reply: unknown): reply is Away {
    const away = awayOf(reply);
    if (away !== undefined) this.#problem = away.problem;
    return away !== undefined;
  }
}
