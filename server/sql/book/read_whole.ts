// The campaigns of the database as of one moment, with the revision they are, at which no change is under way.

import { sql } from 'kysely';
import { CHANGES_LOCK } from '../change.js';
import { bookRevision, type Db } from '../database.js';
import type { RowError } from '../errors.js';
import { campaignTextOf } from './file_of_rows.js';

export interface WholeBook {
  readonly revision: number;
  /** The campaign file, which nobody has checked; `not_found` while there is neither settings nor account. */
  readonly text: string | RowError;
}

/**
 * Reads all campaigns.
 * @param unless asked, while changes wait, whether they are known already at that revision
 * @returns undefined: they are
 */
export function readWhole(db: Db, unless: (revision: number) => Promise<boolean>): Promise<WholeBook | undefined> {
  return db.connection().execute(async (session) => {
    // Of the session: the snapshot of the transaction is to be taken behind the last change, not before the lock is.
    await sql`select pg_advisory_lock(${CHANGES_LOCK})`.execute(session);
    let locked = true;
    const unlock = async (by: Db): Promise<void> => {
      locked = false;
      await sql`select pg_advisory_unlock(${CHANGES_LOCK})`.execute(by);
    };
    try {
      return await session
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (tx) => {
          const revision = await bookRevision(tx);
          const known = await unless(revision);
          await unlock(tx); // the session waits for its transaction
          return known ? undefined : { revision, text: await campaignTextOf(tx) };
        });
    } finally {
      if (locked) await unlock(session);
    }
  });
}
