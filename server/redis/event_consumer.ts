// A member of a group that works through all notices together: each goes to one member and is done when that one says
// so. What a member took and did not finish goes to another after a while; what several could not finish is put aside,
// in the dead-letter stream of the group, so that one bad notice does not stop the rest.
//
// A member that keeps state of its own can be the only one at work (`standBehind`, `more`, `acknowledge`): what it was
// handed stays unfinished until that state is on disk, and when it starts anew, it has the group stand where that state
// does.

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
const CLAIMS_AN_IDLE_TIME = 4;

export class EventConsumer {
  readonly #link: RedisLink;
  readonly #options: ConsumerOptions;
  readonly #keys: Keys;
  /** When to look again for what others left behind, of each partition (monotonic clock). */
  readonly #claimAgain: number[] = [];
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
   * Hands over events until told to stop, those of a partition in their order. If the handler rejects, its events stay
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

  /**
   * Has the group stand behind some entries: `more` goes on there, with what was handed out before and whatever became
   * of it. For a member that knows it is the only one at work.
   * @param ids by partition; where there is none, the oldest entry comes next
   * @returns false if Redis went away; then again
   */
  async standBehind(ids: ReadonlyMap<number, string>): Promise<boolean> {
    if (!(await this.#join())) return false;
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const id = ids.get(partition) ?? '0';
      const set = await this.#link.call('xgroup', 'SETID', this.#keys.events(partition), this.#options.group, id);
      if (this.#isAway(set)) return false;
    }
    this.#problem = '';
    return true;
  }

  /** Finishes what is unfinished up to these entries, whoever had it; false if Redis went away, and then again. */
  async acknowledgeThrough(ids: ReadonlyMap<number, string>): Promise<boolean> {
    if (!(await this.#join())) return false;
    const { group, batch } = this.#options;
    for (const [partition, id] of ids) {
      for (;;) {
        const pending = await this.#link.call('xpending', this.#keys.events(partition), group, '-', id, batch);
        if (this.#isAway(pending)) return false;
        const rows = pending as readonly (readonly [string, ...unknown[]])[];
        if (rows.length === 0) break;
        if (
          !(await this.acknowledge(
            partition,
            rows.map(([entry]) => entry),
          ))
        )
          return false;
      }
    }
    return true;
  }

  /**
   * The next events of some partitions, those of each in their order; they are unfinished until `acknowledge`. `full`:
   * partitions that may have more. `whole`: false if Redis went away meanwhile, or `may` said no. It may have handed
   * out what never arrived, so before anything else is read, `standBehind`.
   */
  async more(
    partitions: readonly number[],
    may: () => boolean,
  ): Promise<{ readonly events: readonly BookedEvent[]; readonly full: ReadonlySet<number>; readonly whole: boolean }> {
    const events: BookedEvent[] = [];
    const full = new Set<number>();
    for (const partition of partitions) {
      const read = may() ? await this.#new(partition) : 'away';
      if (read === 'away' || read === 'no group') return { events, full, whole: false };
      if (read.length >= this.#options.batch) full.add(partition);
      events.push(...(await this.#readable(partition, read)));
    }
    this.#problem = '';
    return { events, full, whole: true };
  }

  /** Finishes events of a partition; false if Redis does not answer, and they are to be told again. */
  async acknowledge(partition: number, ids: readonly string[]): Promise<boolean> {
    const { group, batch } = this.#options;
    for (let at = 0; at < ids.length; at += batch) {
      const reply = await this.#link.call('xack', this.#keys.events(partition), group, ...ids.slice(at, at + batch));
      if (this.#isAway(reply)) return false;
    }
    return true;
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
    try {
      const again = await this.#claim(partition);
      if (again === 'away' || again.length > 0) return again;
    } catch (error) {
      if (!isWithoutGroup(error)) throw error;
      return 'no group';
    }
    return this.#new(partition);
  }

  async #new(partition: number): Promise<readonly (BookedEvent | BrokenEntry)[] | 'away' | 'no group'> {
    const { group, consumer, batch } = this.#options;
    const streams = ['STREAMS', this.#keys.events(partition), '>'];
    try {
      const read = await this.#link.callBytes('xreadgroup', 'GROUP', group, consumer, 'COUNT', batch, ...streams);
      return this.#isAway(read) ? 'away' : entriesOfRead(read, partition);
    } catch (error) {
      if (!isWithoutGroup(error)) throw error;
      this.#problem = `Redis knows no group ${group}`;
      return 'no group';
    }
  }

  /** Those that can be read; the others are put aside. */
  async #readable(partition: number, entries: readonly (BookedEvent | BrokenEntry)[]): Promise<readonly BookedEvent[]> {
    for (const entry of entries) if (isBroken(entry)) await this.#bury(partition, entry.id);
    return entries.filter((entry): entry is BookedEvent => !isBroken(entry));
  }

  /** Takes over what has lain unfinished too long; puts aside what was handed over too often. */
  async #claim(partition: number): Promise<readonly (BookedEvent | BrokenEntry)[] | 'away'> {
    const { group, consumer, batch, idleMs } = this.#options;
    const now = performance.now();
    if (now < (this.#claimAgain[partition] ?? 0)) return [];
    const key = this.#keys.events(partition);
    const claimed = await this.#link.callBytes('xautoclaim', key, group, consumer, idleMs, '0', 'COUNT', batch);
    if (this.#isAway(claimed)) return 'away';
    const left = entriesOf((claimed as Parameters<typeof entriesOf>[0][])[1] ?? [], partition);
    if (left.length < batch) this.#claimAgain[partition] = now + idleMs / CLAIMS_AN_IDLE_TIME;
    const worn = await this.#worn(partition, left);
    for (const id of worn) await this.#bury(partition, id);
    return left.filter(({ id }) => !worn.has(id));
  }

  /** Those that were handed over too often. */
  async #worn(partition: number, claimed: readonly { readonly id: string }[]): Promise<Set<string>> {
    const [first, last] = [claimed[0], claimed.at(-1)];
    if (first === undefined || last === undefined) return new Set();
    const { group, consumer, batch, deliveriesMax } = this.#options;
    const key = this.#keys.events(partition);
    const pending = await this.#link.call('xpending', key, group, first.id, last.id, batch * 2, consumer);
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
    const events = await this.#readable(partition, entries);
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

/** Redis lost the group, or it is another Redis. */
function isWithoutGroup(error: unknown): boolean {
  return (error as Error).message.startsWith('NOGROUP');
}
