// The table of frequency counts: against a plain list of times, where sets are full, and while another thread writes.

import fc from 'fast-check';
import t from 'tap';
import { FREQUENCY_BUCKETS, FREQUENCY_WAYS } from '../assembly/memory_map.js';
import { bucketSecondsOf } from './frequency_caps.js';
import { FrequencyReader, FrequencyTable } from './frequency_table.js';
import { createMemory } from './hotpath.js';
import { startCounting, usersOfOneSet } from './testing/frequency_writer.js';

const CAP = 77n;
const NOW_S = 1_800_000_000;

function emptyTable(): FrequencyTable {
  return new FrequencyTable(createMemory().buffer);
}

t.test('an impression counts until its bucket is the 25th', async (t) => {
  const table = emptyTable();
  const seconds = bucketSecondsOf(60);
  t.equal(seconds, 157, '23 buckets are an hour');
  const first = Math.ceil(NOW_S / seconds) * seconds;
  table.count(5n, CAP, seconds, first);
  table.count(5n, CAP, seconds, first + seconds - 1);
  table.count(5n, CAP, seconds, first + seconds);
  const seenAt = (nowS: number): number => table.seen(5n, CAP, seconds, nowS);
  t.equal(seenAt(first + seconds), 3);
  t.equal(seenAt(first + 24 * seconds - 1), 3, 'an hour later, and a little');
  t.equal(seenAt(first + 24 * seconds), 1);
  t.equal(seenAt(first + 25 * seconds), 0);
  t.equal(seenAt(first), 3, 'a clock that is behind misses nothing');
  t.equal(table.seen(5n, 78n, seconds, first), 0, 'another cap');
  t.equal(table.seen(6n, CAP, seconds, first), 0, 'another user');
});

t.test('buckets that passed without an impression are empty', async (t) => {
  const table = emptyTable();
  for (const at of [0, 23, 24, 40, 100]) table.count(5n, CAP, 1, NOW_S + at);
  t.equal(table.seen(5n, CAP, 1, NOW_S + 100), 1);
  t.equal(table.seen(5n, CAP, 1, NOW_S + 123), 1);
  t.equal(table.seen(5n, CAP, 1, NOW_S + 124), 0);
});

t.test('no window has fewer than it had, nor more than its 24 buckets had', async (t) => {
  const table = emptyTable();
  let user = 1n;
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 43_200 })),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 200 })), { maxLength: 80 }),
      fc.nat({ max: 1000 }),
      (minutes, steps, later) => {
        user += 1n;
        const bucket = bucketSecondsOf(minutes);
        const times: number[] = [];
        let clock = NOW_S + Number(user);
        // In hundredths of the window; some impressions are told late.
        for (const [step, late] of steps) {
          clock += Math.floor((step * minutes * 60) / 1000);
          const at = clock - (late < 150 ? 0 : Math.floor(((late - 150) * minutes * 60) / 20));
          times.push(at);
          table.count(user, CAP, bucket, at);
          check(clock);
        }
        check(clock + Math.floor((later * minutes * 60) / 500));

        function check(nowS: number): void {
          const seen = table.seen(user, CAP, bucket, nowS);
          const inWindow = times.filter((at) => at > nowS - minutes * 60).length;
          const inBuckets = times.filter((at) => at > nowS - FREQUENCY_BUCKETS * bucket).length;
          if (seen < inWindow || seen > inBuckets) throw new Error(`${seen}, not ${inWindow} to ${inBuckets}`);
        }
      },
    ),
    { numRuns: 1500, seed: 1 },
  );
  t.ok(user > 1000n);
});

t.test('counts stop at 65,535', async (t) => {
  const table = emptyTable();
  for (let n = 0; n < 65_540; n++) table.count(5n, CAP, 60, NOW_S);
  t.equal(table.seen(5n, CAP, 60, NOW_S), 65_535);
  t.equal(table.seen(5n, CAP, 60, NOW_S + 60), 65_535, 'the next bucket is untouched');
});

t.test('in a full set the count that was touched longest ago goes, and that is counted', async (t) => {
  const table = emptyTable();
  const users = [1n, ...usersOfOneSet(1n, CAP, FREQUENCY_WAYS + 1)];
  const [oldest, second, ...others] = users as [bigint, bigint, ...bigint[]];
  const inSet = [oldest, second, ...others.slice(0, FREQUENCY_WAYS - 2)];
  const [ninth, tenth] = others.slice(-2) as [bigint, bigint];
  inSet.forEach((user, n) => {
    table.count(user, CAP, 60, NOW_S + n);
  });
  const seen = (user: bigint): number => table.seen(user, CAP, 60, NOW_S + 30);
  t.same(inSet.map(seen), Array(FREQUENCY_WAYS).fill(1));
  t.same([table.entries, table.evictions], [8, 0]);
  table.count(oldest, CAP, 60, NOW_S + 20); // touched, so the second is next
  table.count(ninth, CAP, 60, NOW_S + 21);
  t.same([oldest, second, ninth].map(seen), [2, 0, 1]);
  t.same([table.entries, table.evictions], [8, 1]);
  table.count(tenth, CAP, 60, NOW_S + 22);
  t.equal(seen(others[0] as bigint), 0);
  t.equal(seen(oldest), 2);
  t.equal(table.evictions, 2);
});

t.test('nobody is not counted', async (t) => {
  t.throws(() => emptyTable().count(0n, CAP, 60, NOW_S), /nobody/);
});

t.test('another thread that reads takes no count for that of somebody else', async (t) => {
  const { buffer } = createMemory();
  const rare = 1n;
  const writer = startCounting(buffer, rare, CAP, NOW_S);
  const reader = new FrequencyReader(buffer);
  await writer.started;
  let highest = 0;
  let found = 0;
  for (const end = Date.now() + 1500; Date.now() < end; ) {
    for (let n = 0; n < 1000; n++) {
      const seen = reader.seen(rare, CAP, 43_200, NOW_S);
      highest = Math.max(highest, seen);
      if (seen > 0) found++;
    }
  }
  await writer.stop();
  t.ok(found > 0, 'it was seen');
  t.ok(highest <= 2, `at most 2 were ever counted, and ${highest} were read`);
  t.ok(reader.evictions > 1000, `${reader.evictions} evictions under way`);
});

t.test('a ledger that starts again in the same process counts nothing twice', async (t) => {
  const table = emptyTable();
  table.count(5n, CAP, 60, NOW_S);
  const dump = table.dump();
  table.count(5n, CAP, 60, NOW_S); // behind the dump: the log has it
  table.clear();
  t.equal(table.seen(5n, CAP, 60, NOW_S), 0);
  t.equal(table.entries, 0);
  table.restore(dump);
  table.count(5n, CAP, 60, NOW_S);
  t.equal(table.seen(5n, CAP, 60, NOW_S), 2);
  t.equal(table.entries, 1);
});
