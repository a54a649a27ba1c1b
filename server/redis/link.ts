// A connection to Redis, single or cluster, that never hides an outage: nothing is queued while it is away, nothing is
// sent twice, everything has a bound in time. What fails comes back as `Away`; only a reply that says the program is
// wrong (unknown command, wrong type, an error of a script) throws. It reconnects by itself.

import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Command, Redis, type RedisOptions } from 'ioredis';
import type { Away } from '../../bidcore/money/authority.js';
import type { Script } from './lua.js';
import type { RedisAddress, RedisHost } from './redis_url.js';

export interface LinkOptions {
  /** Shown by `CLIENT LIST`. */
  readonly name: string;
  /** Longest wait for a reply, milliseconds. */
  readonly timeoutMs: number;
  /** Time between two looks at the round trip, milliseconds. */
  readonly probeMs: number;
  /** Where the hosts a cluster announces are reached from here: `host:port` to host and port. */
  readonly reachedAt?: (announced: string) => RedisHost | undefined;
}

export const LINK_DEFAULTS: LinkOptions = { name: 'gavel', timeoutMs: 1000, probeMs: 1000 };

export interface LinkStatus {
  readonly connected: boolean;
  /** Connections that ended, of all hosts, since the start. What was told to Redis shortly before may be lost. */
  readonly losses: number;
  /** What went wrong last; '' if nothing has. */
  readonly lastError: string;
  /** Of the last probe that was answered, milliseconds; undefined before the first. */
  readonly roundTripMs: number | undefined;
}

export type Argument = string | number | Uint8Array;

const BACKOFF_MS = 50;
const BACKOFF_MS_MAX = 2000;
const SLOTS_REFRESH_MS = 2000;
const LOOK_MS = 20;
/** Replies that no waiting mends. All others (LOADING, MISCONF, OOM, CLUSTERDOWN, NOAUTH…) say: not now. */
const WRONG = /^(ERR|WRONGTYPE|CROSSSLOT|NOGROUP|NOSCRIPT|BUSYGROUP)\b/;
/** Errors of the server that start with ERR all the same. */
const NOT_NOW = /^ERR (max number of clients|value is not an integer or out of range: timeout)/;

export class RedisLink {
  readonly address: RedisAddress;
  readonly options: LinkOptions;
  readonly #client: Redis | Cluster;
  readonly #probe: NodeJS.Timeout;
  #losses = 0;
  #lastError = '';
  #roundTripMs: number | undefined;

  constructor(address: RedisAddress, options: LinkOptions = LINK_DEFAULTS) {
    this.address = address;
    this.options = options;
    this.#client = address.cluster ? this.#cluster() : this.#single();
    this.#client.on('error', (error: Error) => this.#failed(error));
    this.#probe = setInterval(() => void this.#ping(), options.probeMs).unref();
  }

  status(): LinkStatus {
    return {
      connected: this.#isReady(),
      losses: this.#losses,
      lastError: this.#lastError,
      roundTripMs: this.#roundTripMs,
    };
  }

  /** Resolves when all connections stand; false when they do not within a time. */
  async connected(withinMs: number): Promise<boolean> {
    for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(LOOK_MS)) {
      if (this.#isReady()) return true;
    }
    return this.#isReady();
  }

  /** A command whose first key, if it has one, says which host of a cluster it goes to. Replies as text. */
  call(name: string, ...args: readonly Argument[]): Promise<unknown | Away> {
    return this.#send(name, args, 'utf8');
  }

  /** The same with replies as bytes. */
  callBytes(name: string, ...args: readonly Argument[]): Promise<unknown | Away> {
    return this.#send(name, args, null);
  }

  /** Runs a script on the partition a hash tag stands for; sends its text if Redis does not know it (any more). */
  async script(script: Script, tag: string, args: readonly Argument[]): Promise<readonly (number | string)[] | Away> {
    const known = await this.#send('evalsha', [script.sha, 1, tag, ...args], 'utf8', true);
    const reply = known === NO_SCRIPT ? await this.#send('eval', [script.source, 1, tag, ...args], 'utf8') : known;
    return reply as readonly (number | string)[] | Away;
  }

  /** Asks every master the same. */
  async everyMaster(name: string, ...args: readonly string[]): Promise<readonly (string | Away)[]> {
    const masters = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
    return Promise.all(
      masters.map((master) =>
        this.#settle(master.sendCommand(new Command(name, [...args], { replyEncoding: 'utf8' }))),
      ),
    ) as Promise<readonly (string | Away)[]>;
  }

  /** A connection of its own to the same Redis: for bulky reads, which must not hold up money. */
  another(name: string): RedisLink {
    return new RedisLink(this.address, { ...this.options, name });
  }

  close(): void {
    clearInterval(this.#probe);
    this.#client.disconnect();
  }

  #isReady(): boolean {
    const client = this.#client;
    if (client.status !== 'ready') return false;
    if (client instanceof Redis) return true;
    const masters = client.nodes('master');
    return masters.length > 0 && masters.every(({ status }) => status === 'ready');
  }

  #send(name: string, args: readonly Argument[], encoding: 'utf8' | null, scripted = false): Promise<unknown | Away> {
    const list = args.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));
    const command = new Command(name, list, { replyEncoding: encoding });
    return this.#settle(this.#client.sendCommand(command), scripted);
  }

  async #settle(reply: unknown, scripted = false): Promise<unknown | Away> {
    let timer: NodeJS.Timeout | undefined;
    // The client's own bound counts from the last time it sent; a command that is redirected is sent again.
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('no reply in time')), this.options.timeoutMs * 2);
    });
    try {
      return await Promise.race([reply, late]);
    } catch (error) {
      const { message } = error as Error;
      if (scripted && message.startsWith('NOSCRIPT')) return NO_SCRIPT;
      if (WRONG.test(message) && !NOT_NOW.test(message)) throw error;
      this.#failed(error as Error);
      return { code: 'authority_away', problem: message } satisfies Away;
    } finally {
      clearTimeout(timer);
    }
  }

  async #ping(): Promise<void> {
    const sent = performance.now();
    const reply = await this.call('ping');
    if (reply === 'PONG') this.#roundTripMs = performance.now() - sent;
  }

  #failed(error: Error): void {
    const inner = (error as { lastNodeError?: Error }).lastNodeError;
    this.#lastError = inner === undefined ? error.message : `${error.message}: ${inner.message}`;
  }

  #common(): Omit<RedisOptions, 'replyMapping'> {
    const { username, password, tls } = this.address;
    return {
      connectionName: this.options.name,
      commandTimeout: this.options.timeoutMs,
      connectTimeout: this.options.timeoutMs * 2,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      keepAlive: 1000,
      socketTimeout: this.options.timeoutMs * 3, // a host that is gone without a word; the probe keeps others talking
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls ? { tls: {} } : {}),
    };
  }

  #single(): Redis {
    const [host] = this.address.hosts as [RedisHost];
    const redis = new Redis({
      ...this.#common(),
      ...host,
      db: this.address.database,
      enableOfflineQueue: false,
      retryStrategy: backoff,
    });
    redis.on('close', () => this.#losses++);
    return redis;
  }

  #cluster(): Cluster {
    const { reachedAt } = this.options;
    const cluster = new Cluster([...this.address.hosts], {
      redisOptions: this.#common(),
      enableOfflineQueue: false,
      retryDelayOnFailover: 0, // 0: not sent again by the client; whoever asked decides
      retryDelayOnClusterDown: 0,
      clusterRetryStrategy: backoff,
      clusterNodeRetryStrategy: backoff,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      slotsRefreshTimeout: this.options.timeoutMs,
      ...(reachedAt === undefined ? {} : { natMap: (announced: string) => reachedAt(announced) ?? null }),
    });
    cluster.on('+node', (node: Redis) => {
      node.on('close', () => this.#losses++);
      if (node.status === 'wait') node.connect().catch((error: Error) => this.#failed(error));
    });
    cluster.on('node error', (error: Error) => this.#failed(error));
    return cluster;
  }
}

const NO_SCRIPT = Symbol('Redis does not know the script');

function backoff(attempt: number): number {
  return Math.min(BACKOFF_MS * 2 ** Math.min(attempt - 1, 10), BACKOFF_MS_MAX);
}
