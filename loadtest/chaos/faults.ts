// What goes wrong in a chaos run: bidders and Redis are killed and come back, Redis is cut off and is there again.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../bidcore/fuzz/random.js';
import type { RedisSite } from '../../server/testing/redis_server.js';
import type { GavelNode } from './gavel_node.js';
import type { Wire } from './wire.js';

const FAULTS = ['bidder', 'redis', 'cut'] as const;
export type Fault = (typeof FAULTS)[number];

export function isFault(text: string): text is Fault {
  return (FAULTS as readonly string[]).includes(text);
}

/** Of the faults of a run with Redis; the rest are bidders killed. */
const REDIS_KILLS = 0.25;
const CUTS = 0.15;
/** Where nothing else goes wrong, bidders find Redis again and bid for a while before the next cut. */
const BETWEEN_CUTS_MS = 6000;

export class Faults {
  readonly counts = { bidder_kills: 0, redis_kills: 0, cuts: 0, longest_cut_s: 0 };

  constructor(
    private readonly nodes: readonly GavelNode[],
    private readonly site: RedisSite | undefined,
    private readonly wire: Wire | undefined,
    private readonly random: Random,
    private readonly cutSeconds: number,
    private readonly only: Fault | undefined,
  ) {}

  /** Lets one thing go wrong and come right again. @param middle it is the one in the middle of the run */
  next(middle: boolean): Promise<void> {
    const { site, wire } = this;
    if (site === undefined || wire === undefined || this.only === 'bidder') return this.#killBidder();
    const isLong = this.only === 'cut' || (middle && this.only === undefined);
    const fault = this.only ?? (middle ? 'cut' : this.#draw());
    if (fault === 'redis') return this.#killRedis(site);
    if (fault === 'bidder') return this.#killBidder();
    return this.#cut(wire, isLong ? this.cutSeconds : this.random.int(1, Math.min(5, this.cutSeconds)));
  }

  #draw(): Fault {
    const at = this.random.float();
    return at < REDIS_KILLS ? 'redis' : at < REDIS_KILLS + CUTS ? 'cut' : 'bidder';
  }

  async #killBidder(): Promise<void> {
    const node = this.random.pick(this.nodes);
    await node.kill();
    this.counts.bidder_kills++;
    await sleep(this.random.int(0, 300));
    await node.start();
  }

  async #killRedis({ servers }: RedisSite): Promise<void> {
    const server = this.random.pick(servers);
    await server.kill();
    this.counts.redis_kills++;
    await sleep(this.random.int(0, 2000));
    await server.start();
  }

  async #cut(wire: Wire, seconds: number): Promise<void> {
    wire.cut(this.random.chance(0.5));
    await sleep(seconds * 1000);
    wire.restore();
    if (this.only !== undefined) await sleep(BETWEEN_CUTS_MS);
    this.counts.cuts++;
    this.counts.longest_cut_s = Math.max(this.counts.longest_cut_s, seconds);
  }
}
