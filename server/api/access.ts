// Who is at the door: an API key (X-API-Key, or as a bearer token), the token of a login, or the key of the data
// folder, which is the first operator's. Roles are read anew with every call: what is taken away is gone at once.

import { hkdfSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken, isSecret, sha256 } from '../secret.js';
import type { Db } from '../sql/database.js';
import { keyIdIn } from './api_key.js';
import type { Caller, Role } from './caller.js';
import { readToken, signToken } from './jwt.js';

const TOKEN_LIFE_S = 900;
const TOKEN_KEY_BYTES = 32;
/** `last_used_at` of a key is as exact as this. */
const USED_EVERY_MS = 60_000;

export interface Login {
  readonly token: string;
  readonly expiresMs: number;
}

export class Access {
  readonly #rootSha256: Uint8Array;
  readonly #tokenKey: Uint8Array;
  readonly #perMinute: number;

  /**
   * @param rootKey the key of the data folder, or of the environment; nodes that share it know each other's tokens
   * @param perMinute requests a minute of each caller
   */
  constructor(rootKey: string, perMinute: number) {
    this.#rootSha256 = sha256(rootKey);
    this.#tokenKey = new Uint8Array(hkdfSync('sha256', rootKey, '', 'gavel bearer tokens', TOKEN_KEY_BYTES));
    this.#perMinute = perMinute;
  }

  /**
   * Who calls.
   * @param open opens the database, which the key of the data folder does not need
   * @returns undefined: nobody that is known
   */
  async callerOf(headers: IncomingHttpHeaders, open: () => Promise<Db>, nowMs: number): Promise<Caller | undefined> {
    const own = headers['x-api-key'];
    const given = typeof own === 'string' ? own : bearerToken(headers.authorization ?? '');
    if (given === undefined) return undefined;
    if (isSecret(given, this.#rootSha256)) {
      const all = { operator: true, roles: new Map<string, Role>(), scopes: undefined };
      return { actor: 'api_key:root', perMinute: this.#perMinute, ...all };
    }
    const id = keyIdIn(given);
    if (id !== undefined) return this.#ofKey(id, given, await open(), nowMs);
    const claims = readToken(given, this.#tokenKey, nowMs / 1000);
    return claims === undefined ? undefined : this.#ofUser(claims.sub, claims.iat * 1000, await open());
  }

  login(userId: string, nowMs: number): Login {
    const expiresMs = nowMs + TOKEN_LIFE_S * 1000;
    return { token: signToken({ sub: userId, iat: nowMs / 1000, exp: expiresMs / 1000 }, this.#tokenKey), expiresMs };
  }

  async #ofKey(id: string, given: string, db: Db, nowMs: number): Promise<Caller | undefined> {
    const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined || !isSecret(given, Buffer.from(row.key_sha256, 'hex'))) return undefined;
    const over = (at: Date | null): boolean => at !== null && at.getTime() <= nowMs;
    if (over(row.expires_at) || over(row.revoked_at)) return undefined;
    if (row.last_used_at === null || row.last_used_at.getTime() < nowMs - USED_EVERY_MS) {
      await db
        .updateTable('api_keys')
        .set({ last_used_at: new Date(nowMs) })
        .where('id', '=', id)
        .execute();
    }
    return {
      actor: `api_key:${id}`,
      perMinute: this.#perMinute,
      operator: row.account_id === null && row.role === 'admin',
      roles: new Map(row.account_id === null ? [] : [[row.account_id, row.role]]),
      scopes: row.scopes.length > 0 ? row.scopes : undefined,
    };
  }

  async #ofUser(id: string, issuedMs: number, db: Db): Promise<Caller | undefined> {
    const user = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
    if (user === undefined || user.status !== 'active' || user.tokens_valid_from.getTime() > issuedMs) return undefined;
    const roles = await db.selectFrom('account_users').selectAll().where('user_id', '=', id).execute();
    return {
      actor: `user:${id}`,
      perMinute: this.#perMinute,
      operator: user.operator,
      roles: new Map(roles.map(({ account_id: account, role }) => [account, role])),
      scopes: undefined,
    };
  }
}
