// The main thread's side: loading, flipping, campaign states, counters, and the policy against its reference.

import t from 'tap';
import * as map from '../assembly/memory_map.js';
import * as layout from '../assembly/model_layout.js';
import { NO_FORMAT, NOT_READY } from '../assembly/reasons.js';
import { hashBytes } from './hash.js';
import { HotPath } from './hotpath.js';
import { writeModelFile } from './model_file.js';
import { instantiate } from './module.js';
import { policyInputs, policyMultiplier } from './reference/policy.js';
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

t.test('the policy in the module agrees with the reference to 1e-6, for states of all kinds', async (t) => {
  const bidder = new TestBidder();
  const model = sampleModel(3);
  // Weights that make the network move its whole range.
  const floats = new Float32Array(model.buffer, layout.MODEL_POLICY, layout.POLICY_BYTES / 4);
  for (let i = layout.POLICY_W1 / 4; i < layout.POLICY_B3 / 4; i++) floats[i] = Math.sin(i * 12.9898) * 0.08;
  await bidder.load(sampleBook(), model);
  const view = new DataView(bidder.memory.buffer, map.CAMPAIGNS, map.CAMPAIGN_STRIDE);
  const multipliers = new Float32Array(bidder.memory.buffer, map.MULTIPLIERS, 1);
  const seen = new Set<number>();
  for (let n = 0; n < 200; n++) {
    const nowMs = Date.UTC(2026, 0, 8) + n * map.POLICY_SLOT_MS;
    const state = {
      budgetMicros: n % 7 === 0 ? 0 : 1_000_000_000 + n,
      leftMicros: 5_000_000 * n,
      spendMicros: 3_000_000 * n,
      impressions: n * 10,
      clicks: n % 5,
      bids: n * 30,
      startMs: Date.UTC(2026, 0, 1),
      endMs: n % 3 === 0 ? 0 : Date.UTC(2026, 1, 1),
      multiplier: 0.5 + n / 200,
      lastValueMicros: n * 40_000,
    };
    view.setBigInt64(map.CAMPAIGN_BUDGET_MICROS, BigInt(state.budgetMicros), true);
    view.setBigInt64(map.CAMPAIGN_LEFT_MICROS, BigInt(state.leftMicros), true);
    view.setBigInt64(map.CAMPAIGN_SPEND_MICROS, BigInt(state.spendMicros), true);
    view.setBigInt64(map.CAMPAIGN_IMPRESSIONS, BigInt(state.impressions), true);
    view.setBigInt64(map.CAMPAIGN_CLICKS, BigInt(state.clicks), true);
    view.setBigInt64(map.CAMPAIGN_BIDS, BigInt(state.bids), true);
    view.setFloat64(map.CAMPAIGN_START_MS, state.startMs, true);
    view.setFloat64(map.CAMPAIGN_END_MS, state.endMs, true);
    view.setFloat32(map.CAMPAIGN_POLICY_MULTIPLIER, state.multiplier, true);
    view.setFloat64(map.CAMPAIGN_LAST_VALUE, state.lastValueMicros, true);
    bidder.control.tick(nowMs);
    const expected = policyMultiplier(
      model,
      policyInputs({ ...state, multiplier: Math.fround(state.multiplier) }, nowMs),
    );
    const multiplier = multipliers[0] as number;
    seen.add(Math.round(multiplier * 10_000));
    t.ok(Math.abs(multiplier - expected) <= 1e-6, `${multiplier} and ${expected}`);
    t.ok(multiplier >= Math.fround(0.1) && multiplier <= 2);
  }
  t.ok(seen.size > 20, 'the multiplier moves');
});

t.test('the policy acts once a slot, and when the model changes', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const multipliers = new Float32Array(bidder.memory.buffer, map.MULTIPLIERS, 1);
  const nowMs = SAMPLE_NOW_US / 1000;
  multipliers[0] = 0.123;
  bidder.control.tick(nowMs + 1000);
  t.equal(multipliers[0], Math.fround(0.123), 'not within the slot');
  bidder.control.tick(nowMs + map.POLICY_SLOT_MS);
  t.not(multipliers[0], Math.fround(0.123));
});
