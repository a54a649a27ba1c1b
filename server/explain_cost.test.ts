// How many slots a request can have.

import t from 'tap';
import { MAX_ADS, MAX_DEALS, MAX_IMPS, MAX_POD_BIDS } from '../assembly/limits.js';
import { JUDGED_ADS_MAX, slotsAtMost } from './explain_cost.js';

const slots = (request: unknown): number => slotsAtMost(Buffer.from(JSON.stringify(request)));

t.test('a slot for each impression and each deal, more for a dynamic pod', async (t) => {
  const deals = (count: number) => ({ deals: Array.from({ length: count }, (_, n) => ({ id: n })) });
  t.equal(slots({ id: '1', imp: [{ id: 1 }] }), 1);
  t.equal(slots({ id: '1', imp: [{ id: 1, pmp: deals(2) }, { id: 2 }] }), 4);
  t.equal(
    slots({
      id: '1',
      imp: [
        { id: 1, video: { poddur: 60 } },
        { id: 2, audio: { poddur: '30' } },
      ],
    }),
    2 * MAX_POD_BIDS,
  );
  t.equal(slots({ id: '1', imp: [{ id: 1, video: { maxseq: 3 } }] }), 1);
  t.equal(slots({ id: '1', imp: Array(MAX_IMPS).fill({ id: 1 }) }), MAX_IMPS);
});

t.test('none where a request ends before its slots', async (t) => {
  t.equal(slotsAtMost(Buffer.from('{')), 0);
  for (const request of [null, 7, [], {}, { imp: {} }, { imp: [] }]) t.equal(slots(request), 0);
  t.equal(slots({ imp: Array(MAX_IMPS + 1).fill({ id: 1 }) }), 0);
  t.equal(slots({ imp: [{ id: 1, pmp: { deals: Array(MAX_DEALS + 1).fill({ id: 1 }) } }] }), 0);
  t.equal(slots({ imp: [null, 'x', { pmp: [] }, { pmp: { deals: {} }, video: 3 }] }), 4, 'whatever the types are');
});

t.test('the largest book can be explained', async (t) => {
  t.ok(MAX_ADS * 2 <= JUDGED_ADS_MAX);
});
