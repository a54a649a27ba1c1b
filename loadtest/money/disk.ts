// The disk of a simulated node: an event log whose records are durable when a sync has ended. A crash keeps what was
// synced, and a random part of what was written since.

import type { Random } from '../../bidcore/fuzz/random.js';
import type { EventRecord } from '../../bidcore/money/event.js';
import type { Schedule } from './schedule.js';

interface Written {
  readonly records: readonly EventRecord[];
  readonly done: (isDurable: boolean) => void;
}

export class Disk {
  /** What is durable, in order. */
  readonly log: EventRecord[] = [];
  syncMs = 1;
  full = false;
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #durable: (record: EventRecord) => void;
  #written: Written[] = [];
  #syncing: Written[] = [];
  /** Counts crashes, so that a sync under way does not end behind one. */
  #life = 0;

  /** @param durable told of each record, before its writer is */
  constructor(schedule: Schedule, random: Random, durable: (record: EventRecord) => void) {
    this.#schedule = schedule;
    this.#random = random;
    this.#durable = durable;
  }

  get isQuiet(): boolean {
    return this.#written.length === 0 && this.#syncing.length === 0;
  }

  append(records: readonly EventRecord[]): Promise<boolean> {
    return new Promise((done) => {
      this.#written.push({ records, done });
      if (this.#syncing.length === 0) this.#sync();
    });
  }

  crash(): void {
    this.#life++;
    const unsynced = [...this.#syncing, ...this.#written].flatMap(({ records }) => records);
    this.#syncing = [];
    this.#written = [];
    if (this.full) return;
    this.#keep(unsynced.slice(0, this.#random.int(0, unsynced.length)));
  }

  #sync(): void {
    this.#syncing = this.#written;
    this.#written = [];
    const life = this.#life;
    this.#schedule.after(this.#random.int(this.syncMs, this.syncMs * 2), () => {
      if (life !== this.#life) return;
      const synced = this.#syncing;
      this.#syncing = [];
      for (const { records, done } of synced) {
        if (!this.full) this.#keep(records);
        done(!this.full);
      }
      if (this.#written.length > 0) this.#sync();
    });
  }

  #keep(records: readonly EventRecord[]): void {
    for (const record of records) {
      this.log.push(record);
      this.#durable(record);
    }
  }
}
