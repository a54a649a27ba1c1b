// Campaign states beside the hot path that reads them: who funds them, what bids hold and where, paces from another
// thread.

import t from 'tap';
import { MAX_CAMPAIGNS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { LEDGER_AWAY, NO_BUDGET } from '../assembly/reasons.js';
import { CampaignStates } from './campaign_states.js';
import { createMemory } from './module.js';
import { bucketAddress, bucketOf, levelOf } from './money/reservations.js';
import { PolicySlots } from './policy/policy_slots.js';
import { POLICY_INPUT_NAMES } from './policy/slot_inputs.js';
import { SAMPLE_SETTINGS, TestBidder } from './testing/bidder.js';
import { SAMPLE_NOW_US, sampleAccount, sampleAdGroup, sampleBook, sampleCampaign } from './testing/sample_book.js';

const REQUEST = { id: '1', imp: [{ id: '1', banner: { w: 300, h: 250 } }] };
const NOW_S = SAMPLE_NOW_US / 1e6;

/** Sum of a bucket of the campaign with index 0. */
function sumAt(bidder: TestBidder, slot: number, expiryS: number): bigint {
  const { level, bucket } = bucketOf(NOW_S, expiryS);
  const at = bucketAddress(0, slot, level, bucket);
  return new DataView(bidder.memory.buffer).getBigInt64(at, true);
}

t.test('a level reaches what its expiry needs, a bucket ends behind it, and no ring comes round before', async (t) => {
  t.same([1, 28, 29, 56, 57, 300, 86_400].map(levelOf), [0, 0, 1, 1, 2, 4, 12]);
  t.ok(levelOf(86_400) < map.RESERVATION_LEVELS);
  for (let expiryS = 1; expiryS <= 86_400; expiryS += 7) {
    const width = 2 ** levelOf(expiryS);
    for (const issuedS of [NOW_S, NOW_S + 1, NOW_S + 4095]) {
      const { bucket } = bucketOf(issuedS, expiryS);
      const ends = bucket * width;
      if (!(ends > issuedS + expiryS && ends <= issuedS + expiryS + width)) t.fail(`${expiryS}: ends ${ends}`);
      const ahead = bucket - Math.floor(issuedS / width);
      if (ahead >= map.RESERVATION_BUCKETS - 1) t.fail(`${expiryS}: ${ahead} buckets ahead of those that have ended`);
    }
  }
});

t.test('what a bid may cost is taken from what is available and held until it expires', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const before = bidder.control.campaignState('c1');
  t.equal(bidder.bid(REQUEST).reason, 0);
  const after = bidder.control.campaignState('c1');
  const micros = before.availableMicros - after.availableMicros;
  t.ok(micros > 0n);
  t.equal(sumAt(bidder, 0, 300), micros);
  t.equal(after.reservedMicros, micros);
  t.equal(after.leftMicros, before.leftMicros, 'what is reserved is not spent');
  bidder.bid(REQUEST);
  t.equal(sumAt(bidder, 0, 300), micros * 2n);
  bidder.bid({ ...REQUEST, test: 1 });
  bidder.hotPath.warmUp(SAMPLE_NOW_US);
  const body = Buffer.from(JSON.stringify(REQUEST));
  bidder.hotPath.input.set(body);
  for (const stage of [1, 2, 3, 4, 6]) bidder.hotPath.bidStage(body.length, SAMPLE_NOW_US, 0, stage);
  t.equal(sumAt(bidder, 0, 300), micros * 2n, 'neither a test nor a measurement holds money');
  t.equal(bidder.control.campaignState('c1').reservedMicros, micros * 2n);
});

t.test('a bid that is not made holds nothing', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(
    sampleBook({ accounts: [sampleAccount({ campaigns: [sampleCampaign({ budget_micros: 9_000 })] })] }),
  );
  t.equal(
    bidder.bid({ ...REQUEST, imp: [{ ...REQUEST.imp[0], bidfloor: 1, qty: { multiplier: 1000 } }] }).reason,
    NO_BUDGET,
  );
  const state = bidder.control.campaignState('c1');
  t.equal(state.availableMicros, 9_000n);
  t.equal(state.reservedMicros, 0n);
});

t.test('a node with a ledger has no funds but what the ledger grants', async (t) => {
  const bidder = new TestBidder();
  bidder.control.configure({ ...SAMPLE_SETTINGS, funds: 'ledger' });
  await bidder.load(sampleBook());
  t.match(bidder.control.campaignState('c1'), { availableMicros: 0n, leftMicros: 0n, budgetMicros: 1_000_000_000n });
  t.equal(bidder.bid(REQUEST).reason, LEDGER_AWAY);
  t.equal(bidder.control.ledgerState()?.untilS, 0);

  const view = new DataView(bidder.memory.buffer);
  const at = map.CAMPAIGNS;
  view.setUint32(map.CONTROL + map.CONTROL_FUNDS_UNTIL_S, NOW_S + 10, true);
  t.equal(bidder.bid(REQUEST).reason, NO_BUDGET);
  view.setBigInt64(at + map.CAMPAIGN_AVAILABLE_MICROS, 10n ** 9n, true);
  view.setBigInt64(at + map.CAMPAIGN_AVAILABLE_MICROS + 8, 1_000_000n, true);
  view.setUint32(at + map.CAMPAIGN_LEASES + 4, 77, true);
  view.setUint32(at + map.CAMPAIGN_SLOT, 1, true);
  t.equal(bidder.bid(REQUEST).reason, LEDGER_AWAY, 'its buckets are not freed yet');
  for (let k = 0; k < map.RESERVATION_LEVELS; k++) {
    view.setUint32(map.CONTROL + map.CONTROL_FREED + k * 4, Math.floor(NOW_S / 2 ** k), true);
  }
  t.equal(bidder.bid(REQUEST).reason, 0);
  const state = bidder.control.campaignState('c1');
  t.match(state, { slot: 1, lease: 77 });
  t.ok(state.availableMicros < 1_000_000n);
  t.equal(view.getBigInt64(at + map.CAMPAIGN_AVAILABLE_MICROS, true), 10n ** 9n, 'the other lease is as it was');
  t.equal(sumAt(bidder, 1, 300), 1_000_000n - state.availableMicros);
  t.equal(sumAt(bidder, 0, 300), 0n);
  t.equal(bidder.control.ledgerState()?.freed[0], NOW_S);
});

t.test('a request that loses the ledger half-way gives back what its bids held', async (t) => {
  const bidder = new TestBidder();
  const short = { id: 'g2', bid_expiry_s: 1, targeting: { deals: ['d'] } };
  const groups = [sampleAdGroup({ bid_expiry_s: 28 }), sampleAdGroup(short)];
  const account = sampleAccount({ campaigns: [sampleCampaign({ ad_groups: groups })] });
  await bidder.load(sampleBook({ accounts: [account] }));
  const view = new DataView(bidder.memory.buffer);
  const request = { id: '1', imp: [{ id: '1', banner: { w: 300, h: 250 }, pmp: { deals: [{ id: 'd' }] } }] };
  const before = bidder.control.campaignState('c1').availableMicros;
  view.setUint32(map.CONTROL + map.CONTROL_FUNDS_UNTIL_S, NOW_S + 10, true);
  view.setUint32(map.CONTROL + map.CONTROL_FREED, NOW_S - 3, true);
  t.equal(bidder.bid(request).reason, LEDGER_AWAY);
  t.equal(bidder.control.campaignState('c1').availableMicros, before);
  t.equal(sumAt(bidder, 0, 1), 0n);
  view.setUint32(map.CONTROL + map.CONTROL_FREED, NOW_S, true);
  t.equal(bidder.bid(request).reason, 0);
  t.ok(sumAt(bidder, 0, 1) > 0n && sumAt(bidder, 0, 28) > 0n, 'each in its bucket');
});

t.test('a pace set by another thread is in force at once, and the policy does not undo it', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const elsewhere = new CampaignStates(bidder.memory.buffer);
  const inForce = (): number => new Float32Array(bidder.memory.buffer, map.MULTIPLIERS, 1)[0] as number;
  elsewhere.multipliers.setPace(0, 0.25);
  t.equal(bidder.control.campaignState('c1').pace, 0.25);
  t.equal(inForce(), 0.25);
  const slots = new PolicySlots({ buffer: bidder.memory.buffer, campaigns: map.CAMPAIGNS, count: 1 });
  slots.publish(0, 7, new Float32Array(POLICY_INPUT_NAMES.length).fill(0.5));
  bidder.control.tick(SAMPLE_NOW_US / 1000);
  const { policyMultiplier } = bidder.control.campaignState('c1');
  t.not(policyMultiplier, 1);
  t.equal(inForce(), Math.fround(policyMultiplier * 0.25));
  elsewhere.multipliers.setPace(0, 0);
  t.not(bidder.bid(REQUEST).reason, 0, 'nothing is left of a bid');
});

t.test('what a campaign held is not held by the next one in its place', async (t) => {
  const memory = createMemory();
  const states = new CampaignStates(memory.buffer);
  const others = Array.from({ length: MAX_CAMPAIGNS - 1 }, (_, n) => `other-${n}`);
  states.take(['c1', ...others]);
  const at = bucketAddress(states.indexOf('c1'), 1, 3, 17);
  const view = new DataView(memory.buffer);
  view.setBigInt64(at, 5n, true);
  const index = states.indexOf('c1');
  states.release(['c1']);
  states.take(['c2']);
  t.equal(states.indexOf('c2'), index);
  t.equal(view.getBigInt64(at, true), 0n);
  t.match(states.state('c2'), { policyMultiplier: 1, pace: 1, slot: 0, availableMicros: 0n });
});

t.test('a campaign that the ledger lets go of while a book brings it back keeps its state', async (t) => {
  const bidder = new TestBidder();
  bidder.control.configure({ ...SAMPLE_SETTINGS, funds: 'ledger' });
  const bookOf = (version: number, ...ids: string[]) =>
    sampleBook({ accounts: [sampleAccount({ campaigns: ids.map((id) => sampleCampaign({ id })) })] }, version);
  await bidder.load(bookOf(1, 'a', 'b'));
  const index = bidder.control.campaignIndex('a');
  await bidder.load(bookOf(2, 'b'));
  let released: Promise<void> | undefined;
  // The ledger has not heard of the third book when it lets go.
  await bidder.control.loadBook(bookOf(3, 'a', 'b'), async () => {
    released = bidder.control.releaseCampaigns(['a']);
  });
  await released;
  t.equal(bidder.control.campaignIndex('a'), index);
  bidder.control.campaignState('a');
  await bidder.load(bookOf(4, 'b'));
  await bidder.control.releaseCampaigns(['a', 'a campaign that nobody knows']);
  t.throws(() => bidder.control.campaignIndex('a'), /has no state/);
  await bidder.control.releaseCampaigns(['a']);
});

t.test('what only a ledger that died has held is held by nobody', async (t) => {
  const bidder = new TestBidder();
  bidder.control.configure({ ...SAMPLE_SETTINGS, funds: 'ledger' });
  const bookOf = (version: number, ...ids: string[]) =>
    sampleBook({ accounts: [sampleAccount({ campaigns: ids.map((id) => sampleCampaign({ id })) })] }, version);
  await bidder.load(bookOf(1, 'a', 'b', 'c'));
  await bidder.load(bookOf(2, 'b'));
  const kept = bidder.control.campaignIndex('c');
  await bidder.control.keepCampaigns(new Set(['b', 'c']));
  t.throws(() => bidder.control.campaignIndex('a'), /has no state/);
  t.equal(bidder.control.campaignIndex('c'), kept, 'the new one holds it');
  bidder.control.campaignState('b');
});
