// What the ledger of a node counts of users: impressions under frequency caps, and each event under the audiences it
// makes users join; once, also where a start reads it from the log.

import { cp, rm } from 'node:fs/promises';
import t from 'tap';
import { countedOf } from '../../bidcore/audiences.js';
import { FrequencyReader } from '../../bidcore/frequency_table.js';
import { hashText } from '../../bidcore/hash.js';
import { createMemory } from '../../bidcore/hotpath.js';
import type { NoticeKind } from '../../bidcore/money/event.js';
import { factsOf, noticeOf, T0_S } from '../../bidcore/money/testing.js';
import { sampleAccount, sampleBook, sampleCampaign } from '../../bidcore/testing/sample_book.js';
import { makeLog } from '../log.js';
import { isLedgerProblem, type NodeLedger, openNodeLedger } from './node_ledger.js';

const BOOK = sampleBook({
  accounts: [
    sampleAccount({
      campaigns: [sampleCampaign({ frequency_caps: [{ impressions: 9, minutes: 60 }] }), sampleCampaign({ id: 'c2' })],
      audiences: [
        { id: 'saw', event: 'imp', campaigns: ['c1', 'c2'], days: 7 },
        { id: 'clicked', event: 'click', campaigns: ['c1'], days: 30 },
        { id: 'bought', event: 'conv', campaigns: ['c2'], days: 365 },
      ],
    }),
  ],
});
const COUNTED = countedOf(BOOK);
const USER = '00000000000000aa';
const hex = (text: string): string => hashText(text).toString(16).padStart(16, '0');

async function open(folder: string, buffer: SharedArrayBuffer): Promise<NodeLedger> {
  const ledger = await openNodeLedger({
    ...{
      buffer,
      folder,
      node: 0,
      tokenLifeS: 86_400,
      nowMs: T0_S * 1000,
      redis: undefined,
      summed: false,
      clock: () => T0_S * 1000 + 600,
    },
    ...{ released: () => undefined, note: () => undefined, tell: makeLog('silent') },
    failed: (error) => {
      throw error;
    },
  });
  if (isLedgerProblem(ledger)) throw new Error(ledger.problem);
  return ledger;
}

/** What is counted of the user: under the cap, and in each audience. */
function counts(buffer: SharedArrayBuffer): Record<string, number> {
  const reader = new FrequencyReader(buffer);
  const seen = (path: string): number => {
    const key = hashText(path);
    const one = [...COUNTED.values()].flat().find((counted) => counted.key === key);
    if (one === undefined) throw new Error(`nothing is counted under ${path}`);
    return reader.seen(BigInt(`0x${USER}`), key, one.bucketSeconds, T0_S + 1);
  };
  return {
    cap: seen('c1/cap/60'),
    saw: seen('audience/saw/days/7'),
    clicked: seen('audience/clicked/days/30'),
    bought: seen('audience/bought/days/365'),
  };
}

t.test('events put users into audiences, before and after a start', async (t) => {
  const folder = t.testdir();
  const first = createMemory().buffer;
  const ledger = await open(folder, first);
  ledger.plan([], COUNTED);
  let bids = 0;
  const receive = async (kind: NoticeKind, campaign: string, bid: number, user = USER): Promise<string> =>
    ledger.receive(noticeOf(kind, factsOf({ bid: `00000000000000${bid + 10}`, campaign: hex(campaign), user })));
  t.same(counts(first), { cap: 0, saw: 0, clicked: 0, bought: 0 });

  await receive('imp', 'c1', ++bids);
  t.same(counts(first), { cap: 1, saw: 1, clicked: 0, bought: 0 });
  await receive('imp', 'c2', ++bids);
  t.same(counts(first), { cap: 1, saw: 2, clicked: 0, bought: 0 }, 'of another campaign of the audience');
  await receive('click', 'c1', 1);
  await receive('conv', 'c1', 1);
  t.same(counts(first), { cap: 1, saw: 2, clicked: 1, bought: 0 }, 'a conversion of no audience');
  await receive('conv', 'c2', 2);
  const all = { cap: 1, saw: 2, clicked: 1, bought: 1 };
  t.same(counts(first), all);

  t.equal(await receive('conv', 'c2', 2), 'repeated');
  await receive('win', 'c1', ++bids);
  await receive('bill', 'c1', bids);
  await receive('imp', 'c1', ++bids, '');
  t.same(counts(first), all, 'neither repeats, nor other notices, nor anybody unknown');

  // Its end is not waited for: no snapshot, only the log.
  const second = createMemory().buffer;
  const elsewhere = t.testdirName.concat('-copy');
  await cp(folder, elsewhere, { recursive: true, filter: (path) => !/lock\.\d+$/.test(path) });
  t.teardown(() => rm(elsewhere, { recursive: true }));
  const copy = await open(elsewhere, second);
  t.same(counts(second), { cap: 0, saw: 0, clicked: 0, bought: 0 }, 'until the book says what is counted');
  copy.plan([], COUNTED);
  t.same(counts(second), all, 'from the log');
  await copy.close(T0_S * 1000 + 1000);
  await ledger.close(T0_S * 1000 + 1000);

  const third = createMemory().buffer;
  const restarted = await open(folder, third);
  restarted.plan([], COUNTED);
  t.same(counts(third), all, 'from the snapshot');
  await restarted.close(T0_S * 1000 + 2000);
});
