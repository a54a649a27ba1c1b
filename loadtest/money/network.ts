// The network between nodes and the books they share: it delays, drops requests and answers, carries a request twice,
// overtakes, and is cut for a while. Who calls gives up after a time, and does not know what was done.

import type { Random } from '../../bidcore/fuzz/random.js';
import type { Authority, Away, Booked, LeaseAsk, Renewal, Renewed, Standing } from '../../bidcore/money/authority.js';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import type { Schedule } from './schedule.js';
import type { SharedBooks } from './shared_books.js';

export const TIMEOUT_MS = 500;
const AWAY: Away = { code: 'authority_away', problem: 'no answer' };

export class Network {
  /** Nodes that are cut off; with -1 all are. */
  readonly cut = new Set<number>();
  /** Of requests, and of answers; how long each takes at most. */
  dropped = 0;
  twice = 0;
  delayMs = 2;
  readonly #schedule: Schedule;
  readonly #random: Random;

  constructor(schedule: Schedule, random: Random) {
    this.#schedule = schedule;
    this.#random = random;
  }

  /** @param carryOut what the other side does; undefined if it refuses */
  call<T>(node: number, carryOut: () => T | undefined): Promise<T | Away> {
    return new Promise((resolve) => {
      const timeout = this.#schedule.after(TIMEOUT_MS, () => resolve(AWAY));
      for (let copies = this.#random.chance(this.twice) ? 2 : 1; copies > 0; copies--) {
        this.#carry(node, () => {
          const answer = carryOut();
          if (answer !== undefined) {
            this.#carry(node, () => {
              this.#schedule.cancel(timeout);
              resolve(answer);
            });
          }
        });
      }
    });
  }

  #carry(node: number, arrive: () => void): void {
    if (this.cut.has(node) || this.cut.has(-1) || this.#random.chance(this.dropped)) return;
    this.#schedule.after(this.#random.int(0, this.delayMs), arrive);
  }
}

/** What a run of a node asks of the shared books, over the network. */
export class SharedAuthority implements Authority {
  readonly #network: Network;
  readonly #books: SharedBooks;
  readonly #schedule: Schedule;
  readonly #node: number;
  readonly #run: number;
  #calls = 0;

  constructor(network: Network, books: SharedBooks, schedule: Schedule, node: number, run: number) {
    this.#network = network;
    this.#books = books;
    this.#schedule = schedule;
    this.#node = node;
    this.#run = run;
  }

  acquire(asks: readonly LeaseAsk[]): Promise<readonly Standing[] | Away> {
    const caller = this.#caller();
    return this.#network.call(this.#node, () => this.#books.acquire(asks, caller, this.#schedule.nowMs));
  }

  renew(renewal: Renewal): Promise<Renewed | Away> {
    const caller = this.#caller();
    return this.#network.call(this.#node, () => this.#books.renew(renewal, caller, this.#schedule.nowMs));
  }

  async giveBack(
    back: readonly { readonly campaign: string; readonly lease: number; readonly micros: number }[],
  ): Promise<undefined | Away> {
    const caller = this.#caller();
    const done = await this.#network.call(this.#node, () => (this.#books.giveBack(back, caller) ? {} : undefined));
    return 'code' in done ? done : undefined;
  }

  book(records: readonly NoticeRecord[]): Promise<readonly Booked[] | Away> {
    return this.#network.call(this.#node, () => this.#books.book(records));
  }

  #caller(): { node: number; run: number; nth: number } {
    return { node: this.#node, run: this.#run, nth: this.#calls++ };
  }
}
