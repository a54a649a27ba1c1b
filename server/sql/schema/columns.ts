// Types of columns that all tables share. Money and counts are bigint in SQL and numbers here: all of them are below
// 2^53, and `database.ts` refuses to read one that is not.

import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

/** A time; read as a Date, written as a Date or an ISO 8601 text. */
export type Time = ColumnType<Date, Date | string, Date | string>;
/** A time with a default. */
export type TimeByDefault = ColumnType<Date, Date | string | undefined, Date | string>;
/** A time that may be missing. */
export type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** A document; read as its value, written as its JSON text (`toJson`), the same to both drivers. */
export type Json<T> = ColumnType<T, string, string>;
/** A document with a default. */
export type JsonByDefault<T> = ColumnType<T, string | undefined, string>;
/** A document that may be missing. */
export type OptionalJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
/** A column that may be null. */
export type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;
/** Counts up as rows come; keeps the order in which they came. */
export type Position = Generated<number>;
/** A key that the database gives. */
export type Identity = GeneratedAlways<number>;
/** A document whose shape is somebody else's business. */
export type Doc = Readonly<Record<string, unknown>>;

/** Of every row that people change. */
export interface RowColumns {
  /** Raised by one with each change; its ETag. */
  version: Generated<number>;
  created_at: TimeByDefault;
  updated_at: TimeByDefault;
}
