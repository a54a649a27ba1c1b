// What goes wrong in a chaos run: bidders and Redis are killed and come back, Redis is cut off and is there again.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../bidcore/fuzz/random.js';
import type { RedisSite } from '../../server/testing/redis_server.js';
import type { GavelNode } from './gavel_node.js';

/** Of the faults of a run with Redis. */
const REDIS_KILLS = 0.25;
const CUTS = 0.15;

export class Faults {
  readonly counts = { bidder_kills: 0, redis_kills: 0, cuts: 0, longest_cut_s: 0 };
  readonly #nodes: readonly GavelNode[];
  readonly #site: RedisSite | undefined;
  readonly #random: Random;
  readonly #cutSeconds: number;

  constructor(nodes: readonly GavelNode[], site: RedisSite | undefined, random: Random, cutSeconds: number) {
    this.#nodes = nodes;
    this.#site = site;
    this.#random = random;
    this.#cutSeconds = cutSeconds;
  }

  /** Lets one thing go wrong and come right again. @param middle it is the one in the middle of the run */
  async next(middle: boolean): Promise<void> {
    if (this.#site !== undefined && middle) return this.#cut(this.#site, this.#cutSeconds);
    const kind = this.#random.float();
    if (this.#site !== undefined && kind < REDIS_KILLS) return this.#killRedis(this.#site);
    if (this.#site !== undefined && kind < REDIS_KILLS + CUTS) {
      return this.#cut(this.#site, this.#random.int(1, Math.min(5, this.#cutSeconds)));
    }
    return this.#killBidder();
  }

  async #killBidder(): Promise<void> {
    const node = this.#random.pick(this.#nodes);
    await node.kill();
    this.counts.bidder_kills++;
    await sleep(this.#random.int(0, 300));
    await node.start();
  }

  async #killRedis({ servers }: RedisSite): Promise<void> {
    const server = this.#random.pick(servers);
    await server.kill();
    this.counts.redis_kills++;
    await sleep(this.#random.int(0, 2000));
    await server.start();
  }

  /** Redis is there, but does not answer: what a network that has gone looks like. */
  async #cut({ servers }: RedisSite, seconds: number): Promise<void> {
    for (const server of servers) server.freeze(true);
    await sleep(seconds * 1000);
    for (const server of servers) server.freeze(false);
    this.counts.cuts++;
    this.counts.longest_cut_s = Math.max(this.counts.longest_cut_s, seconds);
  }
}
