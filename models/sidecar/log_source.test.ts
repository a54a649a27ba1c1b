// Notices from the event log of a node, whatever else stands between them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Reader } from '../../server/event_log/reader.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import { folderSpans } from '../../server/event_log/span.js';
import { appended, billRecord, openedLog, shortRecord } from '../../server/testing/events.js';
import { LogSource } from './log_source.js';

const RENEWALS = 60_000;
const PIECE = 5000;

t.test('batches that hold no notice are not the end of the log', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-log-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const log = await openedLog(folder);
  const renewals = Array.from({ length: PIECE }, (_, i) => shortRecord(i));
  for (let at = 0; at < RENEWALS; at += PIECE) await appended(log, renewals);
  await appended(log, [billRecord(1), billRecord(2)]);
  await log.close();

  const reader = new Reader(folderSpans(realDisk, folder), 1);
  const first = await reader.more();
  await reader.close();
  t.ok(first.length < RENEWALS, 'a batch is less than what is before the notices');

  const source = new LogSource(folder);
  await source.open({});
  t.same(
    (await source.next()).map(({ facts }) => facts.bid),
    [1, 2].map((n) => billRecord(n).facts.bid),
  );
  t.same(await source.next(), []);
  t.same(source.positions(), { log: RENEWALS + 3 });
  await source.close();
});
