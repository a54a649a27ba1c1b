// The main thread's side: loading, flipping, campaign states, counters.

import t from 'tap';
import * as map from '../assembly/memory_map.js';
import { NO_FORMAT, NOT_READY } from '../assembly/reasons.js';
import { hashBytes } from './hash.js';
import { HotPath } from './hotpath.js';
import { writeModelFile } from './model_file.js';
import { instantiate } from './module.js';
import { sipHash24 } from './siphash.js';
import { SAMPLE_SETTINGS, TestBidder } from './testing/bidder.js';
import {
  SAMPLE_NOW_US,
  sampleAccount,
  sampleAdGroup,
  sampleBook,
  sampleCampaign,
  sampleCreative,
} from './testing/sample_book.js';
import { sampleModel } from './testing/sample_model.js';

const REQUEST = { id: '1', imp: [{ id: '1', banner: { w: 300, h: 250 } }] };

t.test('nothing bids before a book and a model are live', async (t) => {
  const bidder = new TestBidder();
  t.equal(bidder.bid(REQUEST).reason, NOT_READY);
  await bidder.control.loadBook(sampleBook());
  t.equal(bidder.bid(REQUEST).reason, NOT_READY);
  t.notOk(bidder.control.ready);
  await bidder.control.loadModel(writeModelFile(sampleModel(1), 1, 0));
  t.ok(bidder.control.ready);
  t.equal(bidder.bid(REQUEST).reason, 0);
});

t.test('a new book answers from the next request on', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  t.match(bidder.bid(REQUEST).text, '"cid":"c1"');
  await bidder.load(sampleBook({ accounts: [sampleAccount({ campaigns: [sampleCampaign({ id: 'other' })] })] }, 2));
  t.match(bidder.bid(REQUEST).text, '"cid":"other"');
  await bidder.load(sampleBook({ accounts: [sampleAccount({ campaigns: [] })] }, 3));
  t.equal(bidder.bid(REQUEST).reason, NO_FORMAT);
});

t.test('a book over a limit is refused and the live one stays', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const before = bidder.bid(REQUEST).text.length;
  const markup = `<b>${'"'.repeat(11_000)}</b>`; // every quote takes two bytes in JSON
  const creatives = [sampleCreative({ image_url: undefined, markup })];
  const campaigns = [sampleCampaign({ budget_micros: 1 })];
  const refused = await bidder.control.loadBook(sampleBook({ accounts: [sampleAccount({ creatives, campaigns })] }, 2));
  t.match(refused, { code: 'book_over_limit', problem: /c1\/g1\/cr1/ });
  t.equal(bidder.control.bookVersion, 1);
  t.equal(bidder.control.campaignState('c1').budgetMicros, 1_000_000_000n, 'nor are its plans touched');
  t.equal(bidder.bid(REQUEST).text.length, before);
});

t.test('a refused model leaves the live one in place', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const file = writeModelFile(sampleModel(2), 2, 0);
  file[5000] = (file[5000] as number) ^ 1;
  t.match(await bidder.control.loadModel(file), { code: 'invalid_model_file' });
  t.equal(bidder.control.modelVersion, 1);
  t.equal(bidder.bid(REQUEST).reason, 0);
});

t.test('a new model changes predictions from the next request on', async (t) => {
  const bidder = new TestBidder();
  const group = sampleAdGroup({ goal: { type: 'cpc', bid_micros: 2_000_000 }, max_bid_cpm_micros: 10 ** 12 });
  const campaign = sampleCampaign({ ad_groups: [group], budget_micros: 10 ** 15 });
  await bidder.load(sampleBook({ accounts: [sampleAccount({ campaigns: [campaign] })] }));
  const price = (): number => JSON.parse(bidder.bid(REQUEST).text).seatbid[0].bid[0].price;
  const first = price();
  t.equal(price(), first);
  await bidder.control.loadModel(writeModelFile(sampleModel(9), 2, 0));
  bidder.control.tick(SAMPLE_NOW_US / 1000);
  t.not(price(), first);
});

t.test('a load waits for a worker that is still reading the half it would write', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const words = new Int32Array(bidder.memory.buffer);
  const snapshot = Atomics.load(words, (map.CONTROL + map.CONTROL_SNAPSHOT) / 4);
  const hazard = (map.CONTROL + map.CONTROL_HAZARDS + 4 * map.HAZARD_STRIDE) / 4;
  Atomics.store(words, hazard, snapshot ^ map.SNAPSHOT_BOOK); // worker 4 reads the other half
  let loaded = false;
  const loading = bidder.control.loadBook(sampleBook({}, 2)).then(() => {
    loaded = true;
  });
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  t.notOk(loaded);
  bidder.control.clearHazard(4);
  await loading;
  t.equal(bidder.control.bookVersion, 2);
});

t.test(
  'a campaign keeps its counters when the book is compiled anew, and takes the change of its budget',
  async (t) => {
    const bidder = new TestBidder();
    await bidder.load(sampleBook());
    bidder.bid(REQUEST);
    bidder.bid({ ...REQUEST, test: 1 });
    const before = bidder.control.campaignState('c1');
    t.equal(before.bids, 1n, 'a test request is not counted');
    const campaigns = [sampleCampaign({ budget_micros: 1_500_000_000 })];
    await bidder.load(sampleBook({ accounts: [sampleAccount({ campaigns })] }, 2));
    const after = bidder.control.campaignState('c1');
    t.equal(after.bids, 1n);
    t.equal(after.availableMicros - before.availableMicros, 500_000_000n);
  },
);

t.test('counters of all workers add up', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const second = new HotPath(bidder.memory, bidder.module, 1);
  const body = Buffer.from(JSON.stringify(REQUEST));
  second.input.set(body);
  t.ok(second.bid(body.length, SAMPLE_NOW_US, 0) > 0);
  bidder.bid(REQUEST);
  bidder.bid('{');
  second.observe(0.004, 0.000_004);
  const totals = bidder.control.totals();
  t.equal(totals.requests, 3);
  t.equal(totals.responses, 2);
  t.equal(totals.bids, 2);
  t.equal(totals.reasons[1], 1);
  t.equal(
    totals.requestSeconds.buckets.reduce((a, b) => a + b),
    1,
  );
  t.equal(totals.decisionSeconds.sum, 0.000_004);
});

t.test('the module and the reference agree on hashes and MACs', async (t) => {
  const bidder = new TestBidder();
  const exports = instantiate(bidder.memory, bidder.module, 0);
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
    bidder.hotPath.input.set(bytes);
    bidder.hotPath.input.fill(0xaa, length, length + 8); // what stands behind must not matter
    t.equal(BigInt.asUintN(64, exports.hashInput(length)), hashBytes(bytes));
    t.equal(BigInt.asUintN(64, exports.macInput(length)), sipHash24(SAMPLE_SETTINGS.noticeKey, bytes));
  }
});
