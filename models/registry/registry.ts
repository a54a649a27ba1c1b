// The registry's rules: what each step of a version's life changes, as functions of what is on the bus. They do no I/O,
// so that the bus may run them again when somebody was faster.
//
//   candidate ──▶ trial ──▶ active ──▶ retired
//       │           │          └─────▶ rolled_back      what was active is taken back, its parent is active again
//       └───────────┴─▶ refused                         the gate let it not through
//
// The pointer is what bidders follow, so it is right where an entry contradicts it: a crash between the two files of a
// folder leaves that.

import type { ModelPointer } from '../../bidcore/model_pointer.js';
import type { Shelf, ShelfChange } from '../bus/shelf.js';
import type { ModelEntry } from './entry.js';

/** Why a step cannot be taken. */
export interface RegistryProblem {
  readonly code: 'registry';
  readonly problem: string;
}

export function isRegistryProblem(value: object): value is RegistryProblem {
  return 'code' in value && value.code === 'registry';
}

const cannot = (problem: string): RegistryProblem => ({ code: 'registry', problem });

/** Entries that are kept at most; the oldest that are not live go. */
const ENTRIES_MAX = 1000;

/** The highest a version can be: a model file has 32 bits for it. */
const VERSION_MAX = 2 ** 32 - 1;
/** A file that comes with a version up to this keeps it; above, there might soon be no numbers left. */
const WISHED_MAX = 2 ** 31;
/** What is younger than this is somebody's work under way, milliseconds. */
export const UNDER_WAY_MS = 3_600_000;

/**
 * A version above all there are, also above those whose entries cannot be read.
 * @param above a version it would like to be above of, if that leaves numbers for those to come
 */
export function nextVersion({ pointer, entries, broken }: Shelf, above = 0): number | RegistryProblem {
  const foreign = [...broken.keys()].filter((version) => version <= VERSION_MAX); // 99999999999.json is no version
  const last = Math.max(0, ...entries.keys(), ...foreign, pointer?.control ?? 0, pointer?.candidate?.version ?? 0);
  if (last >= VERSION_MAX) return cannot(`no version can follow ${last}`);
  return Math.max(last, above < WISHED_MAX ? above : 0) + 1;
}

/** The entries as the pointer says they are, oldest first. */
export function entriesOf({ pointer, entries }: Shelf): ModelEntry[] {
  const sorted = [...entries.values()].sort((a, b) => a.version - b.version);
  return sorted.map((entry) => {
    if (entry.version === pointer?.control) {
      return entry.state === 'active' ? entry : { ...entry, state: 'active', reason: 'the pointer names it' };
    }
    if (entry.state === 'active') return { ...entry, state: 'retired', reason: `version ${pointer?.control} followed` };
    const inTrial = entry.version === pointer?.candidate?.version;
    if (entry.state === 'trial' && !inTrial)
      return { ...entry, state: 'candidate', reason: 'its trial was broken off' };
    return inTrial && entry.state !== 'trial' ? { ...entry, state: 'trial', reason: 'the pointer names it' } : entry;
  });
}

export function entryOf(shelf: Shelf, version: number): ModelEntry | undefined {
  return entriesOf(shelf).find((entry) => entry.version === version);
}

/** Makes a version the one that bids; a trial ends with it. */
export function promote(shelf: Shelf, version: number, reason: string, nowMs: number): ShelfChange | RegistryProblem {
  const entry = entryOf(shelf, version);
  if (entry === undefined) return cannot(`no version ${version} in the registry`);
  if (entry.state === 'active') return cannot(`version ${version} is active already`);
  if (entry.bytes !== undefined) return withoutBytes(entry);
  const active = activeOf(shelf);
  const tried = trialOf(shelf);
  return {
    pointer: pointerTo(shelf, version, nowMs),
    entries: [
      { ...entry, state: 'active', reason },
      ...(active ? [{ ...active, state: 'retired' as const, reason: `version ${version} followed` }] : []),
      ...(tried && tried.version !== version
        ? [{ ...tried, state: 'candidate' as const, reason: `its trial ended when version ${version} was promoted` }]
        : []),
    ],
  };
}

/** Gives a version a share of traffic. */
export function startTrial(
  shelf: Shelf,
  version: number,
  { share, salt, sinceMs }: { readonly share: number; readonly salt: number; readonly sinceMs: number },
  reason: string,
  nowMs: number,
): ShelfChange | RegistryProblem {
  const entry = entryOf(shelf, version);
  const { pointer } = shelf;
  if (entry === undefined) return cannot(`no version ${version} in the registry`);
  if (entry.bytes !== undefined) return withoutBytes(entry);
  if (pointer === undefined) return cannot('nothing is live that it could be tried beside');
  if (pointer.candidate !== undefined) return cannot(`version ${pointer.candidate.version} is in its trial`);
  const trial = { share, salt, since: new Date(sinceMs).toISOString() };
  return {
    pointer: { ...pointerTo(shelf, pointer.control, nowMs), candidate: { version, share, salt } },
    entries: [{ ...entry, state: 'trial', reason, trial }],
  };
}

/** Lets a version not through, and ends its trial if it is in one. */
export function refuse(shelf: Shelf, version: number, reason: string, nowMs: number): ShelfChange | RegistryProblem {
  const entry = entryOf(shelf, version);
  if (entry === undefined) return cannot(`no version ${version} in the registry`);
  if (entry.state === 'active') return cannot(`version ${version} is active: roll back`);
  const { pointer } = shelf;
  const inTrial = pointer?.candidate?.version === version;
  return {
    entries: [{ ...entry, state: 'refused', reason }],
    ...(inTrial ? { pointer: pointerTo(shelf, pointer.control, nowMs) } : {}),
  };
}

/** Takes a version that the registry does not know out of the pointer. */
export function dropUnknown(shelf: Shelf, version: number, nowMs: number): ShelfChange | RegistryProblem {
  const { pointer } = shelf;
  if (pointer?.candidate?.version !== version) return cannot(`version ${version} is in no trial`);
  return { pointer: pointerTo(shelf, pointer.control, nowMs) };
}

/**
 * Takes the active version back.
 * @param kept versions whose bytes are on the bus
 * @param to a version to go back to; without it, the nearest forebear that was active once and whose bytes are kept
 */
export function rollback(
  shelf: Shelf,
  kept: ReadonlySet<number>,
  reason: string,
  nowMs: number,
  to?: number,
): ShelfChange | RegistryProblem {
  const live = shelf.pointer?.control;
  if (live === undefined) return cannot('no version is active');
  const active = activeOf(shelf);
  if (active === undefined && to === undefined) {
    return cannot(`the parent of version ${live} is not known, its entry cannot be read: name a version to go back to`);
  }
  const target = to === undefined ? active && forebear(shelf, active, kept) : entryOf(shelf, to);
  if (target === undefined) {
    return cannot(
      to === undefined ? `no forebear of version ${live} has its bytes kept` : `no version ${to} in the registry`,
    );
  }
  if (target.version === live) return cannot(`version ${live} is active already`);
  if (target.bytes !== undefined) return withoutBytes(target);
  if (!kept.has(target.version)) return cannot(`the bytes of version ${target.version} are not kept any more`);
  const tried = trialOf(shelf);
  return {
    pointer: pointerTo(shelf, target.version, nowMs),
    entries: [
      ...(active ? [{ ...active, state: 'rolled_back' as const, reason }] : []),
      { ...target, state: 'active', reason: `version ${live} was rolled back: ${reason}` },
      ...(tried && tried.version !== target.version
        ? [{ ...tried, state: 'candidate' as const, reason: `its trial ended when ${live} was rolled back` }]
        : []),
    ],
  };
}

/**
 * Marks the versions whose bytes may go, and takes out the entries that may: all but what is live, its parent, the
 * newest, and what somebody may be about to make live. Who deletes the bytes does it after this change: no later one
 * makes such a version live.
 * @param keep how many to keep besides
 */
export function prune(shelf: Shelf, keep: number, nowMs: number): ShelfChange {
  const spared = new Set([shelf.pointer?.control, shelf.pointer?.candidate?.version, activeOf(shelf)?.parent]);
  const others = entriesOf(shelf).filter((entry) => !spared.has(entry.version) && !isUnderWay(entry, nowMs));
  // One whose bytes are still coming was left by a writer that died.
  const removed = new Set([
    ...others.slice(0, Math.max(0, others.length - ENTRIES_MAX)),
    ...others.filter(({ bytes }) => bytes === 'coming'),
  ]);
  const stored = others.filter((entry) => entry.bytes === undefined && !removed.has(entry));
  const worth = stored.filter(({ state }) => state !== 'refused');
  const going = new Set([
    ...stored.filter(({ state }) => state === 'refused'),
    ...worth.slice(0, Math.max(0, worth.length - keep)),
  ]);
  return {
    entries: [...going].map((entry) => ({ ...entry, bytes: 'gone' as const })),
    removed: [...removed].map(({ version }) => version),
  };
}

function isUnderWay({ state, created, bytes }: ModelEntry, nowMs: number): boolean {
  const awaited = state === 'candidate' || state === 'trial' || bytes === 'coming';
  return awaited && nowMs - Date.parse(created) < UNDER_WAY_MS;
}

function withoutBytes({ version, bytes }: ModelEntry): RegistryProblem {
  return cannot(`the bytes of version ${version} are ${bytes === 'coming' ? 'still being written' : 'not kept'}`);
}

function activeOf(shelf: Shelf): ModelEntry | undefined {
  return entriesOf(shelf).find(({ state }) => state === 'active');
}

function trialOf(shelf: Shelf): ModelEntry | undefined {
  return entriesOf(shelf).find(({ state }) => state === 'trial');
}

function forebear(shelf: Shelf, entry: ModelEntry, kept: ReadonlySet<number>): ModelEntry | undefined {
  const seen = new Set<number>();
  for (
    let at = entryOf(shelf, entry.parent);
    at !== undefined && !seen.has(at.version);
    at = entryOf(shelf, at.parent)
  ) {
    seen.add(at.version);
    if (kept.has(at.version) && at.bytes === undefined && at.state !== 'rolled_back') return at;
  }
  return undefined;
}

/** Above all before it, and above those of a bus that has lost its memory: so it counts the time, in milliseconds. */
function pointerTo({ pointer }: Shelf, control: number, nowMs: number): ModelPointer {
  return { sequence: Math.max((pointer?.sequence ?? 0) + 1, Math.floor(nowMs)), control };
}
