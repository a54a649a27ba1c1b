// Models in Redis: their bytes, the pointer that says which are live, the registry, and who trains. Both ends of the
// bus use it: a bidder reads, a trainer writes. Names: bidcore/model_pointer.ts, and beside them, in the same hash
// slot,
//
//   :registry   hash     `sequence`, and of each version its entry as JSON
//   :trainer    string   who trains at present, until it expires
//   :trainer-term   hash   for whom that is, `owner`, and since when nobody else has, `term`
//
// The bytes go in pieces, on a connection of its own, so that 21 MB neither run into a timeout nor hold up what else
// Redis is asked. A blob is written under another name and renamed: it is there as a whole or not at all.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelKeys } from '../../bidcore/model_pointer.js';
import type { Away } from '../../bidcore/money/authority.js';
import { awayOf } from './event_reader.js';
import { LINK_DEFAULTS, RedisLink } from './link.js';
import type { Script } from './lua.js';
import type { RedisAddress } from './redis_url.js';

export const MODELS_NAMESPACE = 'gavel';

/** So little that neither end is long busy with one, or the bids on its cores wait. */
const PIECE_BYTES = 2 ** 18;
/** A piece takes a fraction of a millisecond; a Redis that needs longer than this has other worries. */
const TIMEOUT_MS = 3000;
const CONNECT_MS = 1500;

/** An upload that takes longer has been given up. */
const UPLOAD_MS = 3_600_000;

/** A command and its arguments. */
type Step = readonly [string, ...(string | number | Uint8Array)[]];

/** Registry and pointer as they stand, read as one. Texts are JSON. */
export interface StoredModels {
  readonly sequence: number;
  readonly pointer: string | undefined;
  readonly entries: ReadonlyMap<number, string>;
}

/** What one commit changes. */
export interface StoredChange {
  readonly pointer: string | undefined;
  readonly entries: readonly (readonly [version: number, text: string])[];
  readonly removed: readonly number[];
}

export class RedisModels {
  readonly #link: RedisLink;
  /** The connection that is begun with it is waited for a moment, once. */
  readonly #begun: Promise<boolean>;
  readonly #namespace: string;
  readonly #keys: ReturnType<typeof modelKeys>;

  /** @param name shown by `CLIENT LIST` */
  constructor(address: RedisAddress, name: string, namespace: string = MODELS_NAMESPACE) {
    this.#link = new RedisLink(address, { ...LINK_DEFAULTS, timeoutMs: TIMEOUT_MS, name });
    this.#begun = this.#link.connected(CONNECT_MS);
    this.#namespace = namespace;
    this.#keys = modelKeys(namespace);
  }

  get channel(): string {
    return this.#keys.channel;
  }

  /** The text of the pointer; undefined where nothing was ever published. */
  async pointer(): Promise<string | undefined | Away> {
    await this.#begun;
    const reply = await this.#link.call('get', this.#keys.live);
    return awayOf(reply) ?? (reply === null ? undefined : (reply as string));
  }

  /**
   * The bytes of a version; undefined if they are not there, or go while they are read.
   * @param room gives memory of a length to read them into; undefined: too long, and a problem
   */
  async blob<T extends Uint8Array>(
    version: number,
    room: (length: number) => T | undefined,
  ): Promise<T | undefined | Away> {
    await this.#begun;
    const key = this.#keys.blob(version);
    const length = await this.#link.call('strlen', key);
    const away = awayOf(length);
    if (away !== undefined) return away;
    if (length === 0) return undefined;
    const bytes = room(length as number);
    if (bytes === undefined) return { code: 'authority_away', problem: `${key} has ${length} bytes, too many` };
    for (const at of piecesOf(bytes.length)) {
      const piece = await this.#link.callBytes('getrange', key, at, at + PIECE_BYTES - 1);
      const failure = awayOf(piece);
      if (failure !== undefined) return failure;
      if ((piece as Buffer).length !== Math.min(PIECE_BYTES, bytes.length - at)) return undefined;
      bytes.set(piece as Buffer, at);
    }
    return bytes;
  }

  /** Puts the bytes of a version in their place, and says so: bidders fetch them while the pointer is on its way. */
  async writeBlob(version: number, bytes: Uint8Array): Promise<Away | undefined> {
    await this.#begun;
    const unfinished = unfinishedKey(this.#keys.blob(version));
    const [first = 0, ...others] = piecesOf(bytes.length);
    const piece = (at: number): Step => ['setrange', unfinished, at, bytes.subarray(at, at + PIECE_BYTES)];
    const steps: readonly Step[] = [
      ['del', unfinished],
      piece(first),
      ['pexpire', unfinished, UPLOAD_MS], // what a writer that dies leaves goes by itself
      ...others.map(piece),
    ];
    for (const [name, ...args] of steps) {
      const away = awayOf(await this.#link.call(name, ...args));
      if (away !== undefined) return away;
    }
    const placed = await this.#link.script(PLACE, this.#tag, [version, this.#keys.channel, storedNews(version)]);
    return awayOf(placed);
  }

  /** Those of some versions whose bytes are there. */
  async kept(versions: readonly number[]): Promise<readonly number[] | Away> {
    const there: number[] = [];
    for (const version of versions) {
      const reply = await this.#link.call('exists', this.#keys.blob(version));
      const away = awayOf(reply);
      if (away !== undefined) return away;
      if (reply === 1) there.push(version);
    }
    return there;
  }

  /** Also what an interrupted write has left of it. */
  async deleteBlob(version: number): Promise<Away | undefined> {
    const key = this.#keys.blob(version);
    return awayOf(await this.#link.call('unlink', key, unfinishedKey(key)));
  }

  async read(): Promise<StoredModels | Away> {
    await this.#begun;
    const reply = await this.#link.script(READ, this.#tag, []);
    const away = awayOf(reply);
    if (away !== undefined) return away;
    const [sequence, pointer, ...rows] = reply as readonly [number | string, string, ...string[]];
    const entries = new Map<number, string>();
    for (let i = 0; i + 1 < rows.length; i += 2) entries.set(Number(rows[i]), rows[i + 1] as string);
    return { sequence: Number(sequence), pointer: pointer === '' ? undefined : pointer, entries };
  }

  /**
   * Writes a change, and tells the bidders of a new pointer, unless somebody has changed something since
   * `sequence`.
   */
  async commit(sequence: number, change: StoredChange): Promise<'done' | 'conflict' | Away> {
    const reply = await this.#link.script(COMMIT, this.#tag, [
      sequence,
      change.pointer ?? '',
      this.#keys.channel,
      change.entries.length,
      ...change.entries.flat(),
      ...change.removed,
    ]);
    const away = awayOf(reply);
    if (away !== undefined) return away;
    return (reply as readonly number[])[0] === 1 ? 'done' : 'conflict';
  }

  /**
   * Takes or keeps the right to train for a time; gives who has it now. The term is another one whenever the owner is.
   * @param claim for whom, whatever the holder, and the term of what that one has: taken up where Redis has none
   */
  async lease(
    holder: string,
    ms: number,
    claim: { readonly owner: string; readonly term: number },
  ): Promise<{ readonly holder: string; readonly term: number } | Away> {
    await this.#begun;
    const reply = await this.#link.script(LEASE, this.#tag, [holder, ms, claim.owner, claim.term]);
    const away = awayOf(reply);
    if (away !== undefined) return away;
    const [now, term] = reply as readonly (number | string)[];
    return { holder: String(now), term: Number(term) };
  }

  async releaseLease(holder: string): Promise<void> {
    await this.#link.script(RELEASE, this.#tag, [holder]); // it expires by itself where this does not arrive
  }

  close(): void {
    this.#link.close();
  }

  get #tag(): string {
    return `{${this.#namespace}:models}`;
  }
}

/** Where a blob stands until it is whole. */
function unfinishedKey(key: string): string {
  return `${key}:new`;
}

/** What is said on the channel beside pointers: that the bytes of a version are there. */
function storedNews(version: number): string {
  return JSON.stringify({ stored: version });
}

/** The version whose bytes a message says are there; undefined if it says something else. */
export function versionStored(message: string): number | undefined {
  const found = /^\{"stored":(\d{1,10})\}$/.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Waits between two tries of what others may be doing at the same moment. */
export async function stepAside(attempt: number): Promise<void> {
  await sleep(Math.min(5 * 2 ** attempt, 200) * (0.5 + Math.random()));
}

function piecesOf(bytes: number): number[] {
  return Array.from({ length: Math.ceil(bytes / PIECE_BYTES) }, (_, i) => i * PIECE_BYTES);
}

/** Version whose upload is complete, channel, what to say there. Kept and in its place in one step. */
const PLACE = script(
  'models-place',
  `
local blob = tag .. ':blob:' .. ARGV[1]
redis.call('PERSIST', blob .. ':new')
redis.call('RENAME', blob .. ':new', blob)
redis.call('PUBLISH', ARGV[2], ARGV[3])
return { 1 }`,
);

const READ = script(
  'models-read',
  `
local sequence = tonumber(redis.call('HGET', tag .. ':registry', 'sequence') or 0)
local out = { sequence, redis.call('GET', tag .. ':live') or '' }
local all = redis.call('HGETALL', tag .. ':registry')
for i = 1, #all, 2 do
  if all[i] ~= 'sequence' then
    out[#out + 1] = all[i]
    out[#out + 1] = all[i + 1]
  end
end
return out`,
);

/** Sequence that was read, pointer or '', channel, number of entries, version and text of each, versions that go. */
const COMMIT = script(
  'models-commit',
  `
local registry = tag .. ':registry'
local sequence = tonumber(redis.call('HGET', registry, 'sequence') or 0)
if sequence ~= tonumber(ARGV[1]) then return { 0 } end
local entries = tonumber(ARGV[4])
for i = 0, entries - 1 do redis.call('HSET', registry, ARGV[5 + 2 * i], ARGV[6 + 2 * i]) end
for i = 5 + 2 * entries, #ARGV do redis.call('HDEL', registry, ARGV[i]) end
redis.call('HSET', registry, 'sequence', sequence + 1)
if ARGV[2] ~= '' then
  redis.call('SET', tag .. ':live', ARGV[2])
  redis.call('PUBLISH', ARGV[3], ARGV[2])
end
return { 1 }`,
);

/**
 * Holder, milliseconds, owner, the owner's term or 0. A term is the time in milliseconds, or one more than the last: so
 * that a Redis that lost its memory does not give one out twice.
 */
const LEASE = script(
  'trainer-lease',
  `
local key = tag .. ':trainer'
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[1] then return { holder, '0' } end
redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
local terms = tag .. ':trainer-term'
local owner, term = unpack(redis.call('HMGET', terms, 'owner', 'term'))
if owner ~= ARGV[3] then
  local clock = redis.call('TIME')
  local ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
  if term then term = math.max(term + 1, ms)
  elseif tonumber(ARGV[4]) > 0 then term = ARGV[4]
  else term = ms end
  term = string.format('%.0f', term)
  redis.call('HSET', terms, 'owner', ARGV[3], 'term', term)
end
return { ARGV[1], term }`,
);

const RELEASE = script(
  'trainer-release',
  `
if redis.call('GET', tag .. ':trainer') == ARGV[1] then redis.call('DEL', tag .. ':trainer') end
return { 1 }`,
);

function script(name: string, body: string): Script {
  const source = `#!lua\nlocal tag = KEYS[1]\n${body}`;
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}
