// What the stores have in common.

import { sql } from 'kysely';
import type { PathValues } from '../operation.js';

/** For `set`: what every change of a row does besides. */
export const changedRow = {
  version: sql<number>`version + 1`,
  updated_at: sql<Date>`now()`,
} as const;

/** A parameter of the path; the router has seen to it that it is there. */
export function parameter(path: PathValues, name: string): string {
  const value = path[name];
  if (value === undefined) throw new Error(`a path without ${name}`);
  return value;
}

/** A key only where it has a value: SQL's null is JSON's absence. */
export function present<K extends string, V>(key: K, value: V | null): { readonly [key in K]?: V } {
  return value === null ? {} : ({ [key]: value } as { readonly [key in K]?: V });
}

/** Times as the API tells them. */
export function timeText(at: Date): string {
  return at.toISOString();
}
