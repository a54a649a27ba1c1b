// The books in Redis, with what does not add up in them.

import { LINK_DEFAULTS, RedisLink } from '../../server/redis/link.js';
import { AUTHORITY_DEFAULTS } from '../../server/redis/redis_authority.js';
import { parseRedisUrl } from '../../server/redis/redis_url.js';
import type { CampaignBooks } from '../../server/redis/verify.js';
import { verifyBooks } from '../../server/redis/verify.js';

const CONNECT_MS_MAX = 10_000;

export async function booksIn(url: string): Promise<readonly CampaignBooks[]> {
  const address = parseRedisUrl(url);
  if ('problem' in address) throw new Error(address.problem);
  const link = new RedisLink(address, { ...LINK_DEFAULTS, name: 'chaos' });
  try {
    if (!(await link.connected(CONNECT_MS_MAX))) throw new Error(`no Redis: ${link.status().lastError}`);
    const books = await verifyBooks(link, AUTHORITY_DEFAULTS.namespace);
    if ('problem' in books) throw new Error(books.problem);
    return books;
  } finally {
    link.close();
  }
}
