// What every noun's rows can do: be read, listed page by page, made, changed if nobody else has, and deleted; always
// within a scope, so that one account never meets another's. Each noun is a file beside this one.
//
// Lists are in the order of their ids, and a page ends with the id the next one starts behind: rows that come or go
// between two pages neither repeat nor hide others.

import { type Insertable, type Kysely, type Selectable, type SelectType, sql, type Updateable } from 'kysely';
import type { Db } from '../database.js';
import { attempt, notFound, type RowError } from '../errors.js';
import type { Schema } from '../schema/index.js';

/** For operators of the installation: rows of all accounts, and those that are nobody's. */
export const EVERY_ACCOUNT: unique symbol = Symbol('every account');
/** Whose rows: those of an account, by its id. */
export type Scope = string | typeof EVERY_ACCOUNT;

type Table = keyof Schema;
export type Row<T extends Table> = Selectable<Schema[T]>;
/** What a row is made from. Documents as values (or their JSON text). */
export type NewRow<T extends Table> = {
  [K in keyof Insertable<Schema[T]>]: Insertable<Schema[T]>[K] | (K extends keyof Schema[T] ? Of<T, K> : never);
};
/** What of a row is changed. */
export type RowChanges<T extends Table> = {
  [K in keyof Updateable<Schema[T]>]: Updateable<Schema[T]>[K] | (K extends keyof Schema[T] ? Of<T, K> : never);
};
type Of<T extends Table, K extends keyof Schema[T]> = SelectType<Schema[T][K]>;

/** What tells a row within its scope: its id, and for what belongs to a campaign that too. */
export type RowKey = Readonly<Record<string, string | number>>;

export interface PageRequest {
  /** Id of the last row of the page before; undefined: from the first. */
  readonly after?: string | number | undefined;
  /** Rows of the page, at most. */
  readonly limit: number;
}

export interface Page<R> {
  readonly items: readonly R[];
  /** What `after` of the next page is; undefined: this is the last. */
  readonly next: string | number | undefined;
}

/** What all tables look like here; their own types are those of the methods. */
interface LooseRow {
  [column: string]: unknown;
}
type Loose = Kysely<{ rows: LooseRow }>;

export interface RowsOptions {
  /** The column that says whose a row is; null: of the installation, in every scope. */
  readonly scope?: 'account_id' | 'id' | null;
  /** The column that lists are in the order of. */
  readonly order?: string;
}

export class Rows<T extends Table> {
  readonly #table: 'rows';
  readonly #what: string;
  readonly #scope: 'account_id' | 'id' | null;
  readonly #order: string;

  /** @param what a row is called, in problems */
  constructor(table: T, what: string, { scope = 'account_id', order = 'id' }: RowsOptions = {}) {
    // The one place where the table's own type is set aside: Kysely cannot follow a table that is a parameter.
    this.#table = table as unknown as 'rows';
    this.#what = what;
    this.#scope = scope;
    this.#order = order;
  }

  /** One row, or `not_found`. */
  async get(db: Db, scope: Scope, key: RowKey): Promise<Row<T> | RowError> {
    const row = await loose(db)
      .selectFrom(this.#table)
      .selectAll()
      .where((eb) => eb.and(this.#within(scope, key)))
      .executeTakeFirst();
    return row === undefined ? this.#missing(key) : (row as Row<T>);
  }

  /**
   * A page of rows.
   * @param where values that columns must have
   */
  async list(db: Db, scope: Scope, { after, limit }: PageRequest, where: Partial<Row<T>> = {}): Promise<Page<Row<T>>> {
    let query = loose(db)
      .selectFrom(this.#table)
      .selectAll()
      .where((eb) => eb.and(this.#within(scope, where as RowKey)))
      .orderBy(this.#order)
      .limit(limit + 1);
    if (after !== undefined) query = query.where(this.#order, '>', after);
    const rows = (await query.execute()) as Row<T>[];
    return pageOf(rows, limit, (row) => (row as LooseRow)[this.#order] as string | number);
  }

  /** Makes a row; its id is the caller's (`newId`). */
  async insert(db: Db, values: NewRow<T>): Promise<Row<T> | RowError> {
    return attempt(async () => {
      const query = loose(db).insertInto(this.#table).values(written(values)).returningAll();
      return (await query.executeTakeFirstOrThrow()) as Row<T>;
    });
  }

  /**
   * Changes a row if it still is the one that was read, and raises its version.
   * @param version the one that was read; undefined: whatever it is
   */
  async update(
    db: Db,
    scope: Scope,
    key: RowKey,
    version: number | undefined,
    changes: RowChanges<T>,
  ): Promise<Row<T> | RowError> {
    return attempt(async () => {
      const row = await loose(db)
        .updateTable(this.#table)
        .set({ ...written(changes), version: sql`version + 1`, updated_at: sql`now()` })
        .where((eb) => eb.and(this.#within(scope, version === undefined ? key : { ...key, version })))
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? this.#unchanged(db, scope, key) : (row as Row<T>);
    });
  }

  /** Deletes a row that nothing refers to; else `in_use`. */
  async remove(db: Db, scope: Scope, key: RowKey, version: number | undefined): Promise<Row<T> | RowError> {
    return attempt(async () => {
      const row = await loose(db)
        .deleteFrom(this.#table)
        .where((eb) => eb.and(this.#within(scope, version === undefined ? key : { ...key, version })))
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? this.#unchanged(db, scope, key) : (row as Row<T>);
    }, true);
  }

  /** Equality with all of a key, and the scope: an object for `eb.and`. */
  #within(scope: Scope, key: RowKey): LooseRow {
    if (this.#scope === null || scope === EVERY_ACCOUNT) return { ...key };
    // Where the scope is the id itself, a key of another account's must not replace it.
    if (key[this.#scope] !== undefined && key[this.#scope] !== scope) return { ...key, [this.#order]: null };
    return { ...key, [this.#scope]: scope };
  }

  async #unchanged(db: Db, scope: Scope, key: RowKey): Promise<RowError> {
    const there = await this.get(db, scope, key);
    if ('problem' in there && 'code' in there) return this.#missing(key);
    const { version } = there as unknown as { version: number };
    return { code: 'version_conflict', problem: `the ${this.#what} has version ${version} by now` };
  }

  #missing(key: RowKey): RowError {
    return notFound(`${this.#what} ${Object.values(key).join('/')}`);
  }
}

/** Cuts a list that was asked for one row too many. */
export function pageOf<R>(rows: readonly R[], limit: number, cursor: (row: R) => string | number): Page<R> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursor(last) : undefined };
}

function loose(db: Db): Loose {
  return db as unknown as Loose;
}

/** Documents as their JSON text, to both drivers alike: one of them writes arrays in a way of its own. */
function written(values: object): LooseRow {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, isDocument(value) ? JSON.stringify(value) : value]));
}

function isDocument(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}
