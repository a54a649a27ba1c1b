// The event log with durability on: records a second that are acknowledged, and how long one waits for it, with one
// appender and with many. Each appends one notice at a time and waits until it is on the disk, as the answer to a
// notice does; so with more of them more records share an fsync. The figures are the disk's as much as Gavel's.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FEATURE_COUNT, packFeatures } from '../bidcore/feature_list.js';
import type { NoticeRecord } from '../bidcore/money/event.js';
import { isEventLogError } from '../server/event_log/errors.js';
import { type EventLog, openEventLog } from '../server/event_log/event_log.js';
import type { Benchmark, Context } from './benchmark.js';
import { sortedQuantile, WorkHash } from './measure.js';
import { Random } from './random.js';

const APPENDERS = [1, 16, 256, 4096];
const NOTICES = 1000;

export const eventLog: Benchmark = {
  name: 'event_log',
  help: 'records a second that are made durable, and the p99 of an append',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const notices = generatedNotices(seed);
  const work = new WorkHash();
  for (const appenders of APPENDERS) {
    const folder = mkdtempSync(join(tmpdir(), 'gavel-bench-'));
    try {
      // One alone waits for the disk each time: few records, the others so many that there are some groups.
      const records = Math.max(size.eventsEach, appenders * size.eventGroups);
      const log = await openEventLog(join(folder, 'events'));
      if (isEventLogError(log)) throw new Error(log.problem);
      const { seconds, latencies } = await appendAll(log, notices, appenders, records);
      const { groups, bytes, fsyncs } = log.stats();
      await log.close();
      const name = `event_log_${appenders}`;
      const each = `${(bytes / records).toFixed(0)} bytes each, ${(records / groups).toFixed(1)} a group`;
      report.figure(`${name}_records_per_s`, records / seconds, 'records/s', `${appenders} at once, ${each}`);
      report.figure(`${name}_p99_ms`, sortedQuantile(latencies, 0.99), 'ms', 'from append to acknowledged');
      report.figure(`${name}_fsyncs_per_s`, fsyncs / seconds, '1/s');
      work.number(await hashOf(join(folder, 'events'), records));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  report.work('event_log', work.text(), 'sum of what was charged, read from a log that was opened again');
}

async function appendAll(
  log: EventLog,
  notices: readonly NoticeRecord[],
  appenders: number,
  records: number,
): Promise<{ seconds: number; latencies: Float64Array }> {
  const latencies = new Float64Array(records);
  let at = 0;
  const append = async (): Promise<void> => {
    while (at < records) {
      const mine = at++;
      const start = performance.now();
      const result = await log.append([notices[mine % notices.length] as NoticeRecord]);
      if (isEventLogError(result)) throw new Error(result.problem);
      latencies[mine] = performance.now() - start;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: appenders }, append));
  return { seconds: (performance.now() - start) / 1000, latencies: latencies.sort() };
}

/** Sum of the charges that a start finds. */
async function hashOf(folder: string, records: number): Promise<number> {
  const log = await openEventLog(folder);
  if (isEventLogError(log)) throw new Error(log.problem);
  let count = 0;
  let charged = 0;
  for await (const { record } of log.read(1)) {
    count++;
    charged += record.type === 'notice' ? record.chargeMicros : 0;
  }
  await log.close();
  if (count !== records) throw new Error(`${records} records were acknowledged, ${count} are there`);
  return charged;
}

function generatedNotices(seed: number): NoticeRecord[] {
  const random = new Random(seed);
  const id = (): string => random.u64().toString(16).padStart(16, '0');
  return Array.from({ length: NOTICES }, (_, n): NoticeRecord => {
    const priceMicros = random.int(100_000, 9_000_000);
    const facts = {
      ...{ bid: id(), campaign: id(), adGroup: id(), ad: id(), user: random.chance(0.7) ? id() : '' },
      ...{ node: 1, lease: random.int(1, 1000), slot: 0 as const, issuedS: 1_767_792_600 + n, expiryS: 300 },
      ...{ reservedMicros: Math.ceil(priceMicros / 1000), priceMicros, currency: 'USD', quantity: 1, exchange: 0 },
      ...{ auction: 1, deal: false, test: false, billedByImpression: false },
      ...{ ctr: random.float() / 50, cvr: random.float() / 500, multiplier: 1 + random.float(), model: 1 },
      ...{
        arm: 0 as const,
        features: packFeatures(Array.from({ length: FEATURE_COUNT }, () => random.int(0, 262_143))),
      },
    };
    const clearingMicros = Math.floor(priceMicros * random.float());
    const given = { clearingMicros, chargeMicros: Math.ceil(clearingMicros / 1000) };
    const absent = { quantity: undefined, lossReason: undefined, toWinMicros: undefined };
    const rest = { ...absent, name: undefined, errorCode: undefined, by: 1, late: false };
    return { type: 'notice', kind: 'bill', facts, atMs: 1_767_792_600_000 + n, ...given, ...rest };
  });
}
