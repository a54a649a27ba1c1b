// The connections of a node to its Redis: one for money, one for bulky reads. Says in the log when it is reached, what
// it would lose, when it goes away and when it is back.

import type { Log } from '../log.js';
import { durabilityWarnings } from './durability.js';
import { LINK_DEFAULTS, type LinkStatus, RedisLink } from './link.js';
import { describeAddress, type RedisAddress } from './redis_url.js';

const LOOK_MS = 500;

export class RedisConnections {
  /** Commands and scripts. */
  readonly money: RedisLink;
  /** Streams. */
  readonly reads: RedisLink;
  readonly #log: Log;
  readonly #where: string;
  readonly #watch: NodeJS.Timeout;
  #wasConnected: boolean | undefined;

  constructor(address: RedisAddress, node: number, log: Log, lookMs: number = LOOK_MS) {
    this.money = new RedisLink(address, { ...LINK_DEFAULTS, name: `gavel-${node}-money` });
    this.reads = this.money.another(`gavel-${node}-reads`);
    this.#log = log;
    this.#where = describeAddress(address);
    this.#watch = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Of the connection that money takes, for metrics. */
  status(): LinkStatus {
    return this.money.status();
  }

  close(): void {
    clearInterval(this.#watch);
    this.money.close();
    this.reads.close();
  }

  #look(): void {
    const { connected, lastError } = this.money.status();
    if (connected === this.#wasConnected) return;
    const redis = this.#where;
    if (connected) {
      this.#log.info({ redis }, 'Redis is reached');
      void this.#warn();
    } else {
      this.#log.error({ redis, problem: lastError }, 'Redis is away: leases at hand are spent, then bidding stops');
    }
    this.#wasConnected = connected;
  }

  async #warn(): Promise<void> {
    for (const warning of await durabilityWarnings(this.money)) this.#log.warn({ redis: this.#where }, warning);
  }
}
