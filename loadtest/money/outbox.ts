// Ships what a node has logged to the books that nodes share: in order, again where no answer came.

import { type Authority, isAway } from '../../bidcore/money/authority.js';
import type { EventRecord, NoticeRecord } from '../../bidcore/money/event.js';
import type { Leases } from '../../bidcore/money/leases.js';

const BATCH = 20;

export class Outbox {
  /** Records of the log that are booked. */
  shipped: number;
  readonly #log: readonly EventRecord[];
  readonly #authority: Authority;
  readonly #leases: Leases;
  #ended = false;

  constructor(log: readonly EventRecord[], shipped: number, authority: Authority, leases: Leases) {
    this.#log = log;
    this.shipped = shipped;
    this.#authority = authority;
    this.#leases = leases;
  }

  get isEmpty(): boolean {
    return this.shipped === this.#log.length;
  }

  /** When the earliest notice came that is not booked, by the node's clock; Infinity if there is none. */
  get earliestMs(): number {
    let earliest = Infinity;
    for (let n = this.shipped; n < this.#log.length; n++)
      earliest = Math.min(earliest, (this.#log[n] as EventRecord).atMs);
    return earliest;
  }

  end(): void {
    this.#ended = true;
  }

  async ship(): Promise<void> {
    const records = this.#log.slice(this.shipped, this.shipped + BATCH) as NoticeRecord[];
    if (records.length === 0) return;
    const booked = await this.#authority.book(records, 0);
    if (this.#ended || isAway(booked)) return;
    records.forEach((record, n) => {
      if (booked[n]?.first === false) this.#leases.retract(record);
    });
    this.shipped += records.length;
  }
}
