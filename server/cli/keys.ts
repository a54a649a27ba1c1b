// `gavel keys create|list|rotate|revoke`: API keys on the database. A key is told once, when it is made.

import { makeKey, type NewKey } from '../api/api_key.js';
import { TAGS } from '../api/tags.js';
import { type Command, type CommandResult, done, failed, isResult, misused } from '../cli_command.js';
import { withSchema } from '../cli_database.js';
import { type Audit, type Author, change, isChangeRefused } from '../sql/change.js';
import { type Db, toJson } from '../sql/database.js';
import type { Row } from '../sql/repositories/rows.js';
import { ROLES, type Role } from '../sql/schema/accounts.js';
import { accountOf, type Parsed, parseLine, wholeNumber } from './options.js';
import { didYouMean } from './suggestion.js';

const AUTHOR: Author = { kind: 'system', id: 'command-line' };
const GRACE_S_MAX = 7 * 86_400;

interface Request extends Parsed {
  /** Null: of the installation. */
  readonly account: string | null;
}

type Work = (db: Db, request: Request) => Promise<CommandResult>;

export const keys: Command = async (args, environment) => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const parsed = parseLine(args, {
    ...{ account: text, installation: flag, name: text, role: text, scope: { ...text, multiple: true } },
    ...{ expires: text, grace: text, json: flag },
  });
  if (isResult(parsed)) return parsed;
  const verbs: Readonly<Record<string, Work>> = { create, list, rotate, revoke };
  const work = verbs[parsed.verb];
  if (work === undefined) return misused('keys create|list|rotate ID|revoke ID');
  const wanted = parsed.verb === 'rotate' || parsed.verb === 'revoke' ? 1 : 0;
  if (parsed.positionals.length !== wanted) {
    return misused(wanted === 1 ? `keys ${parsed.verb} takes one id` : `keys ${parsed.verb} takes no arguments`);
  }
  if (parsed.flag('installation') && parsed.text('account') !== undefined) {
    return misused('a key is of an account or of the installation');
  }
  const problem = createProblem(parsed);
  if (problem !== undefined) return misused(problem);
  return withSchema(environment, async (db) => {
    const account = parsed.flag('installation') ? null : await accountOf(db, parsed.text('account'));
    return account !== null && typeof account === 'object' ? account : work(db, { ...parsed, account });
  });
};

function createProblem(parsed: Parsed): string | undefined {
  const role = parsed.text('role');
  if (role !== undefined && !isRole(role)) return `--role ${role} is none of ${ROLES.join(', ')}`;
  if (parsed.flag('installation') && role !== undefined && role !== 'admin') {
    return 'a key of the installation is an operator’s: its role is admin';
  }
  const expires = parsed.text('expires');
  if (expires !== undefined && Number.isNaN(Date.parse(expires))) {
    return `--expires ${expires} is not a time such as 2027-01-01T00:00:00Z`;
  }
  if (expires !== undefined && Date.parse(expires) <= Date.now()) return `--expires ${expires} is over already`;
  const scope = parsed.texts('scope').find((one) => !TAGS.some((tag) => tag === one));
  if (scope !== undefined) return `--scope ${scope} is none of ${TAGS.join(', ')}${didYouMean(scope, TAGS)}`;
  return undefined;
}

function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}

async function create(db: Db, request: Request): Promise<CommandResult> {
  const role = request.account === null ? 'admin' : (request.text('role') ?? 'viewer');
  if (!isRole(role)) throw new Error('an unknown role was let through');
  const made = makeKey();
  const expires = request.text('expires');
  const row = {
    name: request.text('name') ?? 'command line',
    role,
    scopes: request.texts('scope'),
    expires_at: expires === undefined ? null : new Date(expires),
  };
  await changed(db, async (tx, audit) => {
    await insert(tx, request.account, made, row);
    await audit({ ...of(request), action: 'create', entity: 'key', id: made.id, after: row });
  });
  return told(request, made, role);
}

async function list(db: Db, request: Request): Promise<CommandResult> {
  const rows = await db
    .selectFrom('api_keys')
    .selectAll()
    .where('account_id', request.account === null ? 'is' : '=', request.account)
    .orderBy('created_at')
    .execute();
  const shown = rows.map(({ id, name, role, scopes, key_prefix: prefix, ...row }) => ({
    ...{ id, name, role, scopes, prefix },
    created_at: row.created_at,
    expires_at: row.expires_at,
    revoked_at: row.revoked_at,
    last_used_at: row.last_used_at,
  }));
  if (request.flag('json')) return done(shown.map((key) => `${JSON.stringify(key)}\n`).join(''));
  const lines = shown.map((key) => {
    const state = stateOf(key.revoked_at, key.expires_at);
    return `${key.id}  ${key.role.padEnd(6)}  ${state.padEnd(7)}  ${key.name ?? ''}`;
  });
  return done(lines.length === 0 ? 'no keys\n' : `${lines.join('\n')}\n`);
}

function stateOf(revoked: Date | null, expires: Date | null): string {
  const now = Date.now();
  if (revoked !== null && revoked.getTime() <= now) return 'revoked';
  return expires !== null && expires.getTime() <= now ? 'expired' : 'good';
}

async function rotate(db: Db, request: Request): Promise<CommandResult> {
  const grace = wholeNumber('--grace', request.text('grace'), 0, [0, GRACE_S_MAX]);
  if (typeof grace !== 'number') return grace;
  const made = makeKey();
  return changed(db, async (tx, audit) => {
    const old = await keyOf(tx, request);
    if (old === undefined) return noKey(request);
    if (old.revoked_at !== null) return failed([`key ${old.id} is revoked already`]);
    const { name, role, scopes, expires_at } = old;
    await insert(tx, request.account, made, { name: name ?? old.id, role, scopes, expires_at });
    await tx
      .updateTable('api_keys')
      .set({ revoked_at: new Date(Date.now() + grace * 1000), replaced_by: made.id })
      .where('id', '=', old.id)
      .execute();
    await audit({ ...of(request), action: 'rotate', entity: 'key', id: old.id, after: { replaced_by: made.id } });
    return told(request, made, role);
  });
}

async function revoke(db: Db, request: Request): Promise<CommandResult> {
  return changed(db, async (tx, audit) => {
    const old = await keyOf(tx, request);
    if (old === undefined) return noKey(request);
    await tx.updateTable('api_keys').set({ revoked_at: new Date() }).where('id', '=', old.id).execute();
    await audit({ ...of(request), action: 'delete', entity: 'key', id: old.id });
    const figures = { id: old.id, revoked: true };
    return done(request.flag('json') ? `${JSON.stringify(figures)}\n` : `key ${old.id} counts no more\n`);
  });
}

function keyOf(db: Db, { account, positionals }: Request): Promise<Row<'api_keys'> | undefined> {
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('account_id', account === null ? 'is' : '=', account)
    .where('id', '=', positionals[0] ?? '')
    .executeTakeFirst();
}

function noKey({ account, positionals }: Request): CommandResult {
  return failed([`there is no key ${positionals[0]} of ${account === null ? 'the installation' : account}`]);
}

const of = ({ account }: Request): { account?: string } => (account === null ? {} : { account });

type Rights = Pick<Row<'api_keys'>, 'role' | 'scopes' | 'expires_at'> & { readonly name: string };

async function insert(db: Db, account_id: string | null, made: NewKey, rights: Rights): Promise<void> {
  const { name, role, scopes, expires_at } = rights;
  const { id, prefix: key_prefix, digest: key_sha256 } = made;
  const row = { id, account_id, name, role, scopes: toJson(scopes), key_prefix, key_sha256, expires_at };
  await db.insertInto('api_keys').values(row).execute();
}

/** The key alone on standard output, so that a script can take it. */
function told(request: Request, { id, key }: NewKey, role: Role): CommandResult {
  const { account } = request;
  return done(request.flag('json') ? `${JSON.stringify({ id, account, role, key })}\n` : `${key}\n`);
}

async function changed<T>(db: Db, work: (tx: Db, audit: Audit) => Promise<T>): Promise<T> {
  const result = await change(db, AUTHOR, undefined, { changesBook: false }, work);
  if (isChangeRefused(result)) throw new Error('a change of keys was refused for the sake of campaigns');
  return result;
}
