// How columns of the database become values of JavaScript, whichever driver reads them.

/** Micros and counts stay below 2^53 (`schema/columns.ts`); one that does not must not be rounded silently. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is beyond the whole numbers of JavaScript`);
  return value;
}
