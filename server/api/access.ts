// Who is at the door: an API key (X-API-Key, or as a bearer token), the token of a login, or the key of the data
// folder, which is the first operator's. What is taken away is gone at once on the node that takes it, and within half
// a second on others: so long is a caller known without being looked up.

import { createHmac, hkdfSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken, isSecret, sha256 } from '../secret.js';
import type { Db } from '../sql/database.js';
import { keyIdIn } from './api_key.js';
import type { Caller, Role } from './caller.js';
import { type Failure, fail } from './errors.js';
import { readToken, signToken } from './jwt.js';
import { Moment } from './moment.js';

const TOKEN_LIFE_S = 900;
const DERIVED_KEY_BYTES = 32;
/** `last_used_at` of a key is as exact as this. */
const USED_EVERY_MS = 60_000;

export interface Login {
  readonly token: string;
  readonly expiresMs: number;
}

export class Access {
  readonly #rootSha256: Uint8Array;
  readonly #tokenKey: Uint8Array;
  readonly #printKey: Uint8Array;
  readonly #perMinute: number;
  /** By the hash of what they gave. */
  readonly #callers = new Moment<Caller>();

  /**
   * @param rootKey the key of the data folder, or of the environment; nodes that share it know each other's tokens
   * @param perMinute requests a minute of each caller
   */
  constructor(rootKey: string, perMinute: number) {
    this.#rootSha256 = sha256(rootKey);
    const derived = (use: string) => new Uint8Array(hkdfSync('sha256', rootKey, '', use, DERIVED_KEY_BYTES));
    this.#tokenKey = derived('gavel bearer tokens');
    this.#printKey = derived('gavel request prints');
    this.#perMinute = perMinute;
  }

  /**
   * Who calls.
   * @param open the database, which the key of the data folder does not need
   * @returns undefined: nobody that is known
   */
  async callerOf(
    headers: IncomingHttpHeaders,
    open: () => Db | undefined,
    nowMs: number,
  ): Promise<Caller | undefined | Failure> {
    const own = headers['x-api-key'];
    const given = typeof own === 'string' ? own : bearerToken(headers.authorization ?? '');
    if (given === undefined) return undefined;
    if (isSecret(given, this.#rootSha256)) {
      const all = { operator: true, roles: new Map<string, Role>(), scopes: undefined, untilMs: undefined };
      return { actor: 'api_key:root', perMinute: this.#perMinute, ...all };
    }
    const print = Buffer.from(sha256(given)).toString('base64');
    const id = keyIdIn(given);
    const claims = id === undefined ? readToken(given, this.#tokenKey, nowMs / 1000) : undefined;
    if (id === undefined && claims === undefined) return undefined;
    const db = open();
    if (db === undefined) return databaseAway();
    const caller = await this.#callers.of(print, nowMs, () =>
      claims === undefined ? this.#ofKey(id ?? '', given, db, nowMs) : this.#ofUser(claims.sub, claims.iat * 1000, db),
    );
    const isOver = caller?.untilMs !== undefined && caller.untilMs <= nowMs;
    return isOver ? undefined : caller;
  }

  /** To be called after a change of this node: who calls next is looked up anew. */
  forget(): void {
    this.#callers.forget();
  }

  /** What a request is known again by: it may hold a password, of which no plain hash is to be kept. */
  printOf(text: string): string {
    return createHmac('sha256', this.#printKey).update(text).digest('hex');
  }

  login(userId: string, nowMs: number): Login {
    const expiresMs = nowMs + TOKEN_LIFE_S * 1000;
    return { token: signToken({ sub: userId, iat: nowMs / 1000, exp: expiresMs / 1000 }, this.#tokenKey), expiresMs };
  }

  async #ofKey(id: string, given: string, db: Db, nowMs: number): Promise<Caller | undefined> {
    const row = await db
      .selectFrom('api_keys as k')
      .leftJoin('accounts as a', 'a.id', 'k.account_id')
      .selectAll('k')
      .select('a.status as account_status')
      .where('k.id', '=', id)
      .executeTakeFirst();
    if (row === undefined || !isSecret(given, Buffer.from(row.key_sha256, 'hex'))) return undefined;
    const over = (at: Date | null): boolean => at !== null && at.getTime() <= nowMs;
    if (over(row.expires_at) || over(row.revoked_at) || row.account_status === 'closed') return undefined;
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
      untilMs: earliest(row.expires_at, row.revoked_at),
    };
  }

  async #ofUser(id: string, issuedMs: number, db: Db): Promise<Caller | undefined> {
    const user = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
    if (user === undefined || user.status !== 'active' || user.tokens_valid_from.getTime() > issuedMs) return undefined;
    const roles = await db
      .selectFrom('account_users as u')
      .innerJoin('accounts as a', 'a.id', 'u.account_id')
      .selectAll('u')
      .where('u.user_id', '=', id)
      .where('a.status', '=', 'active')
      .execute();
    return {
      actor: `user:${id}`,
      perMinute: this.#perMinute,
      operator: user.operator,
      roles: new Map(roles.map(({ account_id: account, role }) => [account, role])),
      scopes: undefined,
      untilMs: undefined,
    };
  }
}

/** While the database is being opened, or cannot be reached. */
export function databaseAway(): Failure {
  return fail('database_unavailable', 'the database is being opened, or cannot be reached; bids go on', {
    headers: { 'retry-after': '1' },
  });
}

function earliest(...times: readonly (Date | null)[]): number | undefined {
  const ends = times.flatMap((at) => (at === null ? [] : [at.getTime()]));
  return ends.length === 0 ? undefined : Math.min(...ends);
}
