// Listens on a channel: a connection of its own, since one that listens can ask nothing. What is said while it is away
// is lost, so whoever listens also looks by itself now and then.

import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress, RedisHost } from './redis_url.js';

const CONNECT_MS = 3000;
const AGAIN_MS_MAX = 2000;

/**
 * Calls `said` with each message until closed. It comes back by itself after an outage.
 * @param name shown by `CLIENT LIST`
 */
export function listen(
  address: RedisAddress,
  name: string,
  channel: string,
  said: (message: string) => void,
): { close(): void } {
  const { username, password, tls, database } = address;
  const again = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 10), AGAIN_MS_MAX);
  const common: Omit<RedisOptions, 'replyMapping'> = {
    connectionName: name,
    connectTimeout: CONNECT_MS,
    keepAlive: 1000,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  };
  const client = address.cluster
    ? new Cluster([...address.hosts], { redisOptions: common, clusterRetryStrategy: again })
    : new Redis({
        ...common,
        ...(address.hosts[0] as RedisHost),
        db: database,
        retryStrategy: again,
        maxRetriesPerRequest: null,
      });
  // An outage is the link's to tell, which is asked beside this one.
  client.on('error', () => undefined);
  client.on('message', (on: string, message: string) => {
    if (on === channel) said(message);
  });
  void client.subscribe(channel).catch(() => undefined); // closed before it was reached
  return { close: () => client.disconnect() };
}
