// What holds of users wherever they are changed: passwords become their hashes before a transaction is begun, and
// nobody hands on more than he has himself.

import { z } from 'zod';
import { keptFromRoles } from '../caller.js';
import { fail } from '../errors.js';
import type { Call, Operation } from '../operation.js';
import { hashPassword, passwordsAreBusy } from '../password.js';

const PASSWORD_CHARACTERS_MIN = 12;

export const password = z.string().min(PASSWORD_CHARACTERS_MIN).max(256);

/** The same operation, whose handler sees the hash of `password` in its place. A hash fits the schema as well. */
export function hashedIn(operation: Operation): Operation {
  if (operation.kind === 'relay') throw new Error('a relay has no body to prepare');
  return { ...operation, prepare: hashed };
}

async function hashed(body: unknown): Promise<unknown> {
  if (typeof body !== 'object' || body === null || !('password' in body)) return body;
  const given = password.optional().safeParse(body.password);
  if (!given.success) return fail('invalid_body', 'the password does not fit', { details: [given.error.message] });
  if (given.data === undefined) return body;
  if (passwordsAreBusy())
    return fail('rate_limited', 'too many passwords at once', { headers: { 'retry-after': '5' } });
  return { ...body, password: await hashPassword(given.data) };
}

/**
 * The same operation, refused to keys with scopes or an end: the role that it gives has neither.
 * @param more whatever else bars a caller from it
 */
export function rolesGuarded(
  operation: Operation,
  more: (call: Call) => string | undefined = () => undefined,
): Operation {
  if (operation.kind === 'relay') throw new Error('a relay has no handler to guard');
  const { handle } = operation;
  return {
    ...operation,
    handle: async (call) => {
      const barred = keptFromRoles(call.caller) ?? more(call);
      if (barred !== undefined) return fail('forbidden', barred);
      return handle(call);
    },
  };
}
