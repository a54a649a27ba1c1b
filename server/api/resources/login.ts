// Logging in with a password. Passwords are guessed by machines: an address has few tries a minute, and so has a user,
// whoever tries; and all of them wait in one line for their hashes.

import { z } from 'zod';
import { fail } from '../errors.js';
import { operation } from '../operation.js';
import { isPassword, passwordsAreBusy } from '../password.js';
import { networkOf } from '../rate_limits.js';

const PER_ADDRESS_MINUTE = 20;
const PER_USER_MINUTE = 10;

export const login = operation({
  id: 'login',
  kind: 'read',
  method: 'POST',
  path: '/login',
  tag: 'access',
  summary: 'A bearer token for a quarter of an hour',
  who: { kind: 'open' },
  body: z.strictObject({ email: z.string().max(320), password: z.string().max(256) }),
  response: z.strictObject({ token: z.string(), token_type: z.literal('Bearer'), expires_at: z.iso.datetime() }),
  example: { body: { email: 'ada@acme.example', password: 'correct horse battery' } },
  handle: async ({ db, body, host, address, nowMs }) => {
    const email = body.email.toLowerCase();
    const admitted =
      host.admits(`login:${networkOf(address)}`, PER_ADDRESS_MINUTE) &&
      host.admits(`login user:${email}`, PER_USER_MINUTE) &&
      !passwordsAreBusy();
    if (!admitted) {
      const most = `${PER_ADDRESS_MINUTE} tries a minute from an address, ${PER_USER_MINUTE} for a user`;
      return fail('rate_limited', most, { headers: { 'retry-after': '60' } });
    }
    const user = await db
      .selectFrom('users')
      .select(['id', 'password_hash', 'status'])
      .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', email))
      .executeTakeFirst();
    const right = await isPassword(body.password, user?.password_hash ?? undefined);
    if (!right || user?.status !== 'active') return fail('unauthorized', 'no such user, or another password');
    await db
      .updateTable('users')
      .set({ last_login_at: new Date(nowMs) })
      .where('id', '=', user.id)
      .execute();
    const { token, expiresMs } = host.access.login(user.id, nowMs);
    return { body: { token, token_type: 'Bearer', expires_at: new Date(expiresMs).toISOString() } };
  },
});
