// Records and logs for tests of the event log.

import { FEATURE_COUNT, packFeatures } from '../../bidcore/feature_list.js';
import type { EventRecord, NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';
import { isEventLogError } from '../event_log/errors.js';
import { type EventLog, openEventLog } from '../event_log/event_log.js';
import type { FolderLock } from '../event_log/lock.js';
import type { EventLogOptions } from '../event_log/options.js';
import type { Entry } from '../event_log/reader.js';
import { hashOf } from './money.js';

export const EVENTS_FROM_MS = Date.parse('2026-01-07T13:30:00Z');

/** A billed bid; `n` is in its id, its time and its charge. */
export function billRecord(n: number, changes: Partial<NoticeRecord> = {}): NoticeRecord {
  return {
    type: 'notice',
    kind: 'bill',
    facts: {
      bid: n.toString(16).padStart(16, '0'),
      campaign: 'c'.repeat(16),
      adGroup: 'd'.repeat(16),
      ad: 'e'.repeat(16),
      user: '',
      node: 1,
      lease: 3,
      slot: 0,
      issuedS: EVENTS_FROM_MS / 1000,
      expiryS: 300,
      reservedMicros: 5000,
      priceMicros: 2_500_000,
      currency: 'USD',
      quantity: 1,
      exchange: 0,
      auction: 1,
      deal: false,
      test: false,
      billedByImpression: false,
      ctr: 0.0125,
      cvr: 0.001,
      multiplier: 1.25,
      model: 41,
      arm: 0,
      features: packFeatures(new Uint32Array(FEATURE_COUNT).map((_, i) => (n * 31 + i) & 0x3ffff)),
    },
    atMs: EVENTS_FROM_MS + n,
    clearingMicros: 2_000_000,
    quantity: undefined,
    lossReason: undefined,
    toWinMicros: undefined,
    name: undefined,
    errorCode: undefined,
    by: 1,
    chargeMicros: n,
    late: false,
    ...changes,
  };
}

/** A decision of a policy that explores, for a campaign by name. */
export function decision(name: string, slot: number, changes: Partial<PolicyRecord> = {}): PolicyRecord {
  return {
    type: 'policy',
    by: 1,
    campaign: hashOf(name),
    slot,
    atMs: EVENTS_FROM_MS + slot * 900_000,
    model: 41,
    inputs: Array.from({ length: 12 }, (_, i) => Math.fround((i - 6) / 7)),
    mean: 0.25,
    sigma: 0.125,
    output: 0.375,
    multiplier: 1.375,
    density: 1.9357658,
    fellBack: false,
    ...changes,
  };
}

/** The number a record was made with. */
export function numberOf(record: EventRecord): number {
  return record.atMs - EVENTS_FROM_MS;
}

/** A short record, where many offsets are tried. */
export function shortRecord(n: number): EventRecord {
  return { type: 'renewal', run: 1, untilMs: 0, atMs: EVENTS_FROM_MS + n };
}

/** Opens a log that must open. */
export async function openedLog(folder: string, options: EventLogOptions = {}): Promise<EventLog> {
  const log = await openEventLog(folder, options);
  if (isEventLogError(log)) throw new Error(`${log.code}: ${log.problem}`);
  return log;
}

/** For disks in memory, which no other process sees. */
export const noLock: FolderLock = async () => ({ release: async () => undefined });

/** Appends what must be taken; gives the position of the first. */
export async function appended(log: EventLog, records: readonly EventRecord[]): Promise<number> {
  const result = await log.append(records);
  if (isEventLogError(result)) throw new Error(`${result.code}: ${result.problem}`);
  return result.first;
}

export async function entriesOf(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

export async function numbersOf(entries: AsyncIterable<Entry>): Promise<number[]> {
  return (await entriesOf(entries)).map(({ record }) => numberOf(record));
}
