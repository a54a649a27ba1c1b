// A change of the database as one transaction: the lines of the audit log and the proof that the campaigns still hold
// together are in it, so afterwards all of it is there, or nothing. People make changes through the admin API, Gavel
// itself through its jobs; both go this way.

import { sql } from 'kysely';
import { bookCheckOf } from './book_check/book_check.js';
import { type Db, inTransaction, type Tx, toJson } from './database.js';
import type { AuditLogTable } from './schema/control.js';

/** Advisory lock: changes of all nodes are made one after another, and a book is checked as it will be. */
export const CHANGES_LOCK = 7508;

/** Who makes a change, as the audit log names him. */
export interface Author {
  readonly kind: AuditLogTable['actor_kind'];
  readonly id: string;
}

/** One line of the audit log. */
export interface Change {
  /** Undefined: it belongs to no account. */
  readonly account?: string | undefined;
  readonly action: 'create' | 'update' | 'delete' | 'rotate' | 'import' | 'start' | 'stop';
  readonly entity: string;
  readonly id: string;
  /** The campaign that the entity is part of, or is. Tells what of the book has to be checked again. */
  readonly campaign?: string | undefined;
  /** Without secrets; absent where there was or is none. */
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

export type Audit = (change: Change) => Promise<void>;

/** Why the campaigns would not hold together after a change. */
export interface ChangeRefused {
  readonly code: 'book_refused';
  readonly problems: readonly string[];
}

export function isChangeRefused<T>(value: T | ChangeRefused): value is ChangeRefused {
  return typeof value === 'object' && value !== null && 'code' in value && value.code === 'book_refused';
}

class Refused extends Error {
  constructor(readonly why: ChangeRefused) {
    super(why.problems.join('; '));
  }
}

/**
 * Makes a change. What `work` throws, SQL's errors included, ends the transaction and is
 * thrown on.
 * @param requestId of the call that made it; undefined: none did
 * @param changesBook whether what bidders bid with is changed, and so has to be checked
 * @returns what `work` returned, or why nothing was changed
 */
export async function change<T>(
  db: Db,
  author: Author,
  requestId: string | undefined,
  { changesBook }: { readonly changesBook: boolean },
  work: (tx: Tx, audit: Audit) => Promise<T>,
): Promise<T | ChangeRefused> {
  const check = bookCheckOf(db);
  if (changesBook) await check.ready();
  let committed = false;
  let end: (committed: boolean) => void = () => undefined;
  try {
    const done = await inTransaction(db, async (tx) => {
      end(false); // of the try before
      await lockChanges(tx);
      const lines: Change[] = [];
      const done = await work(tx, (line) => {
        lines.push(line);
        return writeAudit(tx, line, author, requestId);
      });
      if (!changesBook) return done;
      const { problems, book } = await check.look(tx, lines);
      if (problems.length > 0) throw new Refused({ code: 'book_refused', problems });
      end = check.own.begin({ raised: await raisedBy(tx), book });
      return done;
    });
    committed = true;
    return done;
  } catch (error) {
    if (error instanceof Refused) return error.why;
    throw error;
  } finally {
    end(committed);
    if (changesBook) check.ended(committed);
  }
}

/** Waits until no other change is under way; held until the transaction ends. */
async function lockChanges(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${CHANGES_LOCK})`.execute(tx);
}

/** By how much a transaction has raised the revision of the book. */
async function raisedBy(tx: Tx): Promise<number> {
  const { rows } = await sql<{ raised: string | null }>`
    select current_setting('gavel.book_raised', true) as raised`.execute(tx);
  return Number(rows[0]?.raised ?? 0);
}

async function writeAudit(tx: Tx, line: Change, author: Author, requestId: string | undefined): Promise<void> {
  const { account, action, entity, id, before, after } = line;
  await tx
    .insertInto('audit_log')
    .values({
      account_id: account ?? null,
      actor_kind: author.kind,
      actor_id: author.id,
      action,
      entity,
      entity_id: id,
      before: before === undefined ? null : toJson(before),
      after: after === undefined ? null : toJson(after),
      request_id: requestId ?? null,
    })
    .execute();
}
