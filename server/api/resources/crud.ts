// The five operations that every resource has, made from its schema and its store: list, read, create, change, delete.
// A change is a merge patch (RFC 7396) against the ETag that was read.

import { z } from 'zod';
import type { Db } from '../../sql/database.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { type Failure, fail, isFailure, notFound } from '../errors.js';
import { mergePatch } from '../merge_patch.js';
import { type Call, type Example, type Operation, operation, type PathValues, type Who } from '../operation.js';
import type { Tag } from '../tags.js';

const PAGE_DEFAULT = 50;
const PAGE_MAX = 500;
const PATCH_PROBLEMS_SHOWN = 20;

export const pageQuery = z.strictObject({
  limit: z.coerce.number().pipe(z.int().min(1).max(PAGE_MAX)).default(PAGE_DEFAULT),
  cursor: z.string().max(1000).optional(),
});

/** One page of a list: `next_cursor` is null on the last one. */
export function pageOf(item: z.ZodType): z.ZodType {
  return z.strictObject({ items: z.array(item), next_cursor: z.string().nullable() });
}

/** A thing as it is stored. */
export interface Stored<Shown extends object = object> {
  readonly version: number;
  readonly shown: Shown;
  /** Undefined: it belongs to no account. */
  readonly account: string | undefined;
}

export interface Page {
  /** Id behind which it begins; undefined: the first. */
  readonly after: string | undefined;
  readonly limit: number;
  /** Accounts to be seen; undefined: all. */
  readonly accounts: readonly string[] | undefined;
}

/** Where things of a kind are kept. Ids are unique within what the path names. */
export interface Store<Value, Shown extends object> {
  /** In the order of their ids. */
  list(db: Db, path: PathValues, page: Page): Promise<readonly Stored<Shown>[]>;
  get(db: Db, path: PathValues): Promise<Stored<Shown> | undefined>;
  /** What SQL refuses is thrown, and ends the transaction with the right error. */
  insert(db: Db, path: PathValues, value: Value): Promise<void>;
  /** Raises the version. */
  update(db: Db, path: PathValues, value: Value): Promise<void>;
  remove(db: Db, path: PathValues): Promise<void>;
}

export interface Resource<Body extends z.ZodType<{ readonly id: string }>, Shown extends object> {
  /** Singular and plural in capitals, for ids of operations: `AdGroup`, `AdGroups`. */
  readonly names: readonly [one: string, all: string];
  /** As people say it: `ad group`. */
  readonly noun: string;
  readonly tag: Tag;
  /** Of the list. */
  readonly path: string;
  /** Name of the last parameter. */
  readonly parameter: string;
  readonly body: Body;
  readonly shown: z.ZodType<Shown>;
  /** Keys that stay as they are, besides the id; absent: none. */
  readonly fixed?: readonly string[];
  readonly who: { readonly list: Who; readonly read: Who; readonly create: Who; readonly change: Who };
  readonly changesBook: boolean;
  readonly store: Store<z.output<Body>, Shown>;
  /** What is wrong with a value that fits its schema, and that SQL does not see; absent: nothing. */
  readonly check?: (db: Db, path: PathValues, value: z.output<Body>) => Promise<Failure | undefined>;
  /** Path of the list, body of a creation, a patch; the last is deleted in the end. */
  readonly example: { readonly path?: PathValues; readonly body: object; readonly patch: object };
}

/** The operations of a resource, each in its place of the table. */
export interface Crud {
  readonly list: Operation;
  readonly create: Operation;
  readonly read: Operation;
  readonly change: Operation;
  readonly remove: Operation;
}

export function crud<Body extends z.ZodType<{ readonly id: string }>, Shown extends z.output<Body>>(
  resource: Resource<Body, Shown>,
): Crud {
  const { names, noun, tag, path, parameter, body, shown, who, changesBook, store, example } = resource;
  const [One, All] = names;
  const one = `${path}/{${parameter}}`;
  const aNoun = `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`;
  const listed: Example = example.path === undefined ? {} : { path: example.path };
  const single: Example = { path: { ...example.path, [parameter]: String(keyOf(example.body, 'id')) } };

  const list = operation({
    id: `list${All}`,
    kind: 'read',
    method: 'GET',
    path,
    tag,
    summary: `List ${noun}s, a page at a time`,
    who: who.list,
    query: pageQuery,
    response: pageOf(shown),
    example: listed,
    handle: async ({ db, path, query, caller }) => {
      const after = readCursor(query.cursor);
      if (isFailure(after)) return after;
      const accounts = caller.operator ? undefined : [...caller.roles.keys()];
      const rows = await store.list(db, path, { after, limit: query.limit + 1, accounts });
      const items = rows.slice(0, query.limit).map((row) => row.shown);
      const last = items.at(-1) as { readonly id: string } | undefined;
      const next = rows.length > query.limit && last !== undefined ? cursorAfter(last.id) : null;
      return { body: { items, next_cursor: next } };
    },
  });

  const create = operation({
    id: `create${One}`,
    kind: 'change',
    method: 'POST',
    path,
    tag,
    summary: `Create ${aNoun}`,
    who: who.create,
    body,
    response: shown,
    status: 201,
    changesBook,
    example: { ...listed, body: example.body },
    handle: async (call) =>
      (await resource.check?.(call.db, call.path, call.body)) ??
      createOne(resource, call, { ...call.path, [parameter]: call.body.id }, call.body),
  });

  const read = operation({
    id: `get${One}`,
    kind: 'read',
    method: 'GET',
    path: one,
    tag,
    summary: `Read ${aNoun}`,
    who: who.read,
    response: shown,
    example: single,
    handle: async ({ db, path }) => {
      const stored = await store.get(db, path);
      return stored === undefined ? notFound(noun) : { body: stored.shown, version: stored.version };
    },
  });

  const change = operation({
    id: `change${One}`,
    kind: 'change',
    method: 'PATCH',
    path: one,
    tag,
    summary: `Change ${aNoun}: a JSON merge patch, null takes a key away`,
    who: who.change,
    body: z.record(z.string(), z.unknown()),
    response: shown,
    conditional: true,
    changesBook,
    example: { ...single, body: example.patch },
    handle: async (call) => {
      const before = await store.get(call.db, call.path);
      if (before === undefined) return notFound(noun);
      const barred = call.unchanged(before.version);
      if (barred !== undefined) return barred;
      const parsed = body.safeParse(mergePatch(before.shown, call.body));
      if (!parsed.success) {
        const details = parsed.error.issues
          .slice(0, PATCH_PROBLEMS_SHOWN)
          .map((issue) => `${issue.path.map(String).join('.') || '(all)'}: ${issue.message}`);
        return fail('invalid_body', `the ${noun} would not fit`, { details });
      }
      const moved = ['id', ...(resource.fixed ?? [])].find(
        (key) => keyOf(parsed.data, key) !== keyOf(before.shown, key),
      );
      if (moved !== undefined) return fail('invalid_body', `${moved} is for good`);
      const misfit = await resource.check?.(call.db, call.path, parsed.data);
      if (misfit !== undefined) return misfit;
      await store.update(call.db, call.path, parsed.data);
      const after = await stored(resource, call.db, call.path);
      const { account } = after;
      const id = parsed.data.id;
      const change = { account, campaign: call.path['campaign'], entity: noun, id };
      await call.audit({ ...change, action: 'update', before: before.shown, after: after.shown });
      return { body: after.shown, version: after.version };
    },
  });

  const remove = operation({
    id: `delete${One}`,
    kind: 'change',
    method: 'DELETE',
    path: one,
    tag,
    summary: `Delete ${aNoun}`,
    who: who.change,
    status: 204,
    conditional: true,
    changesBook,
    example: single,
    handle: async (call) => {
      const before = await store.get(call.db, call.path);
      if (before === undefined) return notFound(noun);
      const barred = call.unchanged(before.version);
      if (barred !== undefined) return barred;
      await store.remove(call.db, call.path);
      const change = { account: before.account, campaign: call.path['campaign'], entity: noun };
      await call.audit({ ...change, action: 'delete', id: call.path[parameter] ?? '', before: before.shown });
      return {};
    },
  });

  return { list, create, read, change, remove };
}

/** Creates one thing, by itself or in bulk. */
export async function createOne<Body extends z.ZodType<{ readonly id: string }>, Shown extends object>(
  resource: Pick<Resource<Body, Shown>, 'store' | 'noun'>,
  { db, audit }: Pick<Call, 'db' | 'audit'>,
  path: PathValues,
  value: z.output<Body>,
): Promise<{ readonly body: Shown; readonly version: number }> {
  await resource.store.insert(db, path, value);
  const { account, shown, version } = await stored(resource, db, path);
  const change = { account, campaign: path['campaign'], entity: resource.noun, id: value.id };
  await audit({ ...change, action: 'create', after: shown });
  return { body: shown, version };
}

async function stored<Body extends z.ZodType<{ readonly id: string }>, Shown extends object>(
  { store, noun }: Pick<Resource<Body, Shown>, 'store' | 'noun'>,
  db: Db,
  path: PathValues,
): Promise<Stored<Shown>> {
  const there = await store.get(db, path);
  if (there === undefined) throw new Error(`a ${noun} that was just written is not there`);
  return there;
}

function keyOf(value: object, key: string): unknown {
  return new Map(Object.entries(value)).get(key);
}
