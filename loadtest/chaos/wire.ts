// What lies between the bidders and Redis. A single server stands behind a proxy, which can swallow everything or close
// the connections. A cluster announces its own addresses, so its servers are stopped instead: they hear nothing and say
// nothing, as if the network had gone.

import { FaultProxy } from '../../server/testing/fault_proxy.js';
import type { RedisSite } from '../../server/testing/redis_server.js';

export class Wire {
  private constructor(
    /** What `REDIS_URL` says. */
    readonly url: string,
    private readonly site: RedisSite,
    private readonly proxy: FaultProxy | undefined,
  ) {}

  static async to(site: RedisSite): Promise<Wire> {
    const [server] = site.servers;
    if (server === undefined || site.servers.length > 1) return new Wire(site.url, site, undefined);
    const proxy = await FaultProxy.start(server.port);
    return new Wire(`redis://127.0.0.1:${proxy.port}`, site, proxy);
  }

  /** @param silently nothing arrives any more; else connections end and none is made */
  cut(silently: boolean): void {
    if (this.proxy === undefined) for (const server of this.site.servers) server.freeze(true);
    else if (silently) this.proxy.set({ swallowRequests: true, swallowReplies: true });
    else {
      this.proxy.set({ refuse: true });
      this.proxy.cut();
    }
  }

  restore(): void {
    if (this.proxy === undefined) for (const server of this.site.servers) server.freeze(false);
    else this.proxy.restore();
  }

  async close(): Promise<void> {
    await this.proxy?.close();
  }
}
