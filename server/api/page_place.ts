// Where a page of a list ends that has the latest first: a time, and an id among those of the same time.

import { type RawBuilder, sql } from 'kysely';
import { cursorAfter, readCursor } from './cursor.js';
import { type Failure, fail, isFailure } from './errors.js';
import { isUsualTime } from './times.js';

export interface TimePlace {
  readonly at: Date;
  readonly id: string;
}

/** For `where`: what comes behind a place. @param columns of the time and of the id */
export function isBehind({ at, id }: TimePlace, columns: readonly [time: string, id: string]): RawBuilder<boolean> {
  const [time, name] = columns.map((column) => sql.ref(column));
  return sql<boolean>`(${time}, ${name}) < (${at}::timestamptz, ${id}::text)`;
}

export function cursorAt({ at, id }: TimePlace): string {
  return cursorAfter(`${at.toISOString()} ${id}`);
}

/** The place a page begins behind; undefined for the first page. */
export function readPlace(cursor: string | undefined): TimePlace | undefined | Failure {
  const text = readCursor(cursor);
  if (text === undefined || isFailure(text)) return text;
  const end = text.indexOf(' ');
  const at = new Date(text.slice(0, Math.max(0, end)));
  if (!isUsualTime(at.getTime())) return fail('invalid_cursor', 'give next_cursor of the page before as it is');
  return { at, id: text.slice(end + 1) };
}
