// One runner for the two kinds of Redis: a suite is written once and run against a single server and a cluster of three.

import t, { type Test } from 'tap';
import type { Away } from '../../bidcore/money/authority.js';
import { LINK_DEFAULTS, type LinkOptions, RedisLink } from '../redis/link.js';
import { RedisAuthority, type RedisAuthorityOptions } from '../redis/redis_authority.js';
import { isRedisUrlError, parseRedisUrl, type RedisAddress } from '../redis/redis_url.js';
import { type CampaignBooks, verifyBooks } from '../redis/verify.js';
import { FaultProxy } from './fault_proxy.js';
import { type RedisSite, type SiteOptions, startRedis } from './redis_server.js';

const CONNECT_MS_MAX = 20_000;

/** A running Redis, and nodes that share it. Each test of a suite has a namespace of its own. */
export class RedisCase {
  readonly site: RedisSite;
  readonly namespace: string;
  readonly #test: Test;

  constructor(site: RedisSite, namespace: string, test: Test) {
    this.site = site;
    this.namespace = namespace;
    this.#test = test;
  }

  /** A link of its own, closed with the test. */
  async link(options: Partial<LinkOptions> = {}, url: string = this.site.url): Promise<RedisLink> {
    const link = new RedisLink(addressOf(url), { ...LINK_DEFAULTS, timeoutMs: 5000, ...options });
    this.#test.teardown(() => link.close());
    if (!(await link.connected(CONNECT_MS_MAX))) throw new Error(`no connection: ${link.status().lastError}`);
    return link;
  }

  /** A link whose every connection goes through a proxy; its probe is silent, so that each reply is to a test's question. */
  async throughProxies(timeoutMs: number): Promise<{ link: RedisLink; proxies: readonly FaultProxy[] }> {
    const proxies = await Promise.all(this.site.servers.map(({ port }) => FaultProxy.start(port)));
    this.#test.teardown(() => Promise.all(proxies.map((proxy) => proxy.close())));
    const reached = new Map(
      this.site.servers.map(({ port }, i) => [`127.0.0.1:${port}`, (proxies[i] as FaultProxy).port]),
    );
    const reachedAt = (announced: string): { host: string; port: number } | undefined => {
      const port = reached.get(announced);
      return port === undefined ? undefined : { host: '127.0.0.1', port };
    };
    const scheme = this.site.url.replace(/:\/\/.*/, '');
    const url = `${scheme}://${proxies.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    return { link: await this.link({ timeoutMs, probeMs: 1_000_000, reachedAt }, url), proxies };
  }

  async authority(options: Partial<RedisAuthorityOptions> = {}): Promise<RedisAuthority> {
    return new RedisAuthority(await this.link(), { namespace: this.namespace, ...options });
  }

  /** The books of all campaigns of this test; fails the test if they do not add up. */
  async books(link: RedisLink): Promise<readonly CampaignBooks[]> {
    const books = present(await verifyBooks(link, this.namespace));
    for (const { campaignId, problems } of books) this.#test.same(problems, [], `the books of ${campaignId}`);
    return books;
  }
}

/** Runs a suite against both; a test gets a case to itself. */
export function withRedis(
  suite: (test: (name: string, body: (t: Test, redis: RedisCase) => Promise<void>) => void) => void,
  options: SiteOptions & { kinds?: readonly ('single' | 'cluster')[] } = {},
): void {
  for (const kind of options.kinds ?? (['single', 'cluster'] as const)) {
    t.test(`Redis, ${kind}`, async (t) => {
      const site = await startRedis(kind, options);
      t.teardown(() => site.stop());
      let tests = 0;
      suite((name, body) => {
        const namespace = `t${tests++}`;
        void t.test(name, (t) => body(t, new RedisCase(site, namespace, t)));
      });
    });
  }
}

export function addressOf(url: string): RedisAddress {
  const address = parseRedisUrl(url);
  if (isRedisUrlError(address)) throw new Error(address.problem);
  return address;
}

/** What must have been answered. */
export function present<T extends object>(value: T | Away): T {
  if ('code' in value) throw new Error(`away: ${(value as Away).problem}`);
  return value as T;
}
