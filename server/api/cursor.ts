// Opaque cursors of lists: the key that the last row of a page is sorted by, which the next page begins behind. A row
// that comes or goes meanwhile neither repeats nor hides another one.

import { type Failure, fail } from './errors.js';

export function cursorAfter(key: string): string {
  return Buffer.from(JSON.stringify([key])).toString('base64url');
}

/** The key a page begins behind; undefined for the first page. */
export function readCursor(cursor: string | undefined): string | undefined | Failure {
  if (cursor === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' && !value[0].includes('\0')) {
      return value[0];
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return fail('invalid_cursor', 'give next_cursor of the page before as it is');
}
