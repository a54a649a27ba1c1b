// Runs the stream of auctions past its buyers: every auction is offered to each of them, so many under way at a time,
// at a rate or as fast as they answer.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Buyer } from './buyer.js';
import { Traffic } from './traffic.js';
import { momentOf, type World } from './world.js';

export interface MarketOptions {
  readonly world: World;
  readonly seed: number;
  readonly buyers: readonly Buyer[];
  /** Auctions, and seconds, after which it ends: whichever comes first. */
  readonly auctions: number;
  readonly seconds: number;
  /** Auctions a second; Infinity for as fast as it goes. */
  readonly rate: number;
  /** Auctions under way at most. */
  readonly underWay: number;
}

export class Market {
  offered = 0;
  readonly #options: MarketOptions;
  readonly #traffic: Traffic;
  #stopped = false;
  #underWay = 0;
  #freed: (() => void) | undefined;

  constructor(options: MarketOptions) {
    this.#options = options;
    this.#traffic = new Traffic(options.world, options.seed);
  }

  /** Resolves when the last auction is answered. */
  async run(): Promise<void> {
    const { auctions, seconds, rate, underWay, buyers } = this.#options;
    const from = performance.now();
    while (this.offered < auctions && !this.#stopped) {
      const elapsedMs = performance.now() - from;
      if (elapsedMs >= seconds * 1000) break;
      const aheadMs = (this.offered / rate) * 1000 - elapsedMs;
      if (aheadMs > 1) {
        await sleep(Math.min(aheadMs, 100)); // short, so that a stop is noticed
        continue;
      }
      if (buyers.some(({ desk }) => desk.isBehind)) await sleep(1);
      else if (this.#underWay >= underWay) await this.#change();
      else this.#offer();
    }
    while (this.#underWay > 0) await this.#change();
  }

  stop(): void {
    this.#stopped = true;
  }

  #offer(): void {
    const { world, buyers } = this.#options;
    const auction = this.#traffic.next(momentOf(world, Date.now()));
    const bytes = Buffer.byteLength(auction.body);
    this.offered++;
    this.#underWay++;
    let open = buyers.length;
    const done = (): void => {
      if (--open > 0) return;
      this.#underWay--;
      this.#freed?.();
    };
    for (const buyer of buyers) buyer.offer(auction, bytes, done);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#freed = resolve;
    });
  }
}
