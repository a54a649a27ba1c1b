// The streams of Redis keep what is not in the sums, up to a bound, and what is in them goes as before.

import { Keys, partitionOf } from '../../redis/keys.js';
import { hashOf, notice } from '../../testing/money.js';
import { present, withRedis } from '../../testing/redis_case.js';
import { openDatabase } from '../database.js';
import { isDatabaseError } from '../errors.js';
import { migrateUp } from '../migrate.js';
import { Rollups } from './rollups.js';
import { STREAM_CONSUMER, StreamFeed } from './stream_feed.js';

const KEPT = 100;
const UNSUMMED = 600;
/** A stream is cut by whole nodes of 100 entries. */
const NODE = 100;

withRedis(
  (test) => {
    test('what is not summed is kept', async (t, redis) => {
      const database = await openDatabase({ url: undefined, folder: undefined });
      if (isDatabaseError(database)) throw new Error(database.problem);
      t.teardown(() => database.close());
      await migrateUp(database.db);
      const authority = await redis.authority({ streamEntriesMax: KEPT, unsummedEntriesMax: UNSUMMED });
      const partition = partitionOf(hashOf('a'));
      const link = await redis.link();
      const keys = new Keys(redis.namespace);
      const length = async (): Promise<number> => Number(await link.call('xlen', keys.events(partition)));
      let bids = 0;
      const book = async (count: number): Promise<void> => {
        const records = Array.from({ length: count }, () => notice('a', `bid ${bids++}`, { chargeMicros: 1 }));
        present(await authority.book(records));
      };
      const rollups = new Rollups(database.db, { consumer: STREAM_CONSUMER });
      const feed = new StreamFeed(rollups, await redis.link(), redis.namespace, 'test', 64);
      t.teardown(() => feed.close());
      const never = new AbortController().signal;

      await book(3 * NODE);
      t.ok((await length()) <= KEPT + NODE, 'nobody sums them: no more than is kept for others');
      await feed.catchUp(never);
      await book(4 * NODE);
      t.ok((await length()) >= 4 * NODE, 'those that came since wait');
      await feed.catchUp(never);
      t.equal((await rollups.positions()).get(partition), await lastOf(keys.events(partition)));
      await book(NODE);
      t.ok((await length()) <= KEPT + 2 * NODE, 'and go once they are in the sums');
      const { length: read } = await database.db.selectFrom('doubtful_notices').select('id').execute();
      t.ok(read >= 4 * NODE, 'each of them was read');
      await book(UNSUMMED + 3 * NODE);
      t.ok((await length()) <= UNSUMMED + NODE, 'a database that is away for long does not fill Redis');

      async function lastOf(stream: string): Promise<string | undefined> {
        const reply = (await link.call('xrevrange', stream, '+', '-', 'COUNT', 1)) as [string, unknown][];
        return reply[0]?.[0];
      }
    });
  },
  { kinds: ['single'] },
);
