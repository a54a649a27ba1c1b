// A policy in the shared memory: what the ledger says it sees, what the module makes of it, and that the twin agrees.

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { MAX_CAMPAIGNS } from '../../assembly/limits.js';
import * as map from '../../assembly/memory_map.js';
import { writeModelFile } from '../model_file.js';
import { policyAnswer } from '../reference/policy.js';
import { TestBidder } from '../testing/bidder.js';
import { SAMPLE_NOW_US, sampleAccount, sampleAdGroup, sampleBook, sampleCampaign } from '../testing/sample_book.js';
import { sampleModel } from '../testing/sample_model.js';
import { SAMPLE_RANGE, samplePolicy } from '../testing/sample_policy.js';
import { normalDensity, slotDraw } from './exploration.js';
import { PolicySlots } from './policy_slots.js';
import { type PolicyWeights, writePolicy } from './policy_weights.js';
import { POLICY_INPUT_NAMES } from './slot_inputs.js';

const REQUEST = { id: '1', at: 2, imp: [{ id: '1', banner: { w: 300, h: 250 } }] };
const NOW_MS = SAMPLE_NOW_US / 1000;
const image = sampleModel(1);

function withPolicy(policy: PolicyWeights): Uint8Array {
  const model = image.slice();
  writePolicy(model, policy);
  return model;
}

interface Steered {
  readonly bidder: TestBidder;
  readonly slots: PolicySlots;
  /** The multiplier in force. */
  inForce(): number;
}

/** A bidder with one campaign, `c1`, of index 0. */
async function steered(model: Uint8Array): Promise<Steered> {
  const bidder = new TestBidder();
  const group = sampleAdGroup({ goal: { type: 'cpm', bid_micros: 3_000_000 }, max_bid_cpm_micros: 4_000_000 });
  await bidder.load(
    sampleBook({ accounts: [sampleAccount({ campaigns: [sampleCampaign({ ad_groups: [group] })] })] }),
    model,
  );
  const { buffer } = bidder.memory;
  const slots = new PolicySlots({ buffer, campaigns: map.CAMPAIGNS, count: MAX_CAMPAIGNS });
  return { bidder, slots, inForce: () => new Float32Array(buffer, map.MULTIPLIERS, 1)[0] as number };
}

const inputsOf = (x: number): Float32Array => new Float32Array(POLICY_INPUT_NAMES.length).fill(x);

t.test('module and twin agree to 1e-6, also at the ends of ranges and where it explores', async (t) => {
  const { bidder, slots, inForce } = await steered(image);
  const edge = Math.fround(SAMPLE_RANGE);
  const input = fc.oneof(
    { weight: 8, arbitrary: fc.float({ min: -1.5, max: 1.5, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(-edge, edge, 0, -0) },
    { weight: 1, arbitrary: fc.float({ min: -8, max: 8, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(Math.fround(4.0000005), Number.NaN, Infinity, -Infinity) },
  );
  const seen = { spoke: 0, outside: 0, moved: new Set<number>() };
  let slot = 0;
  for (const [version, sigma] of [0, 0.2].entries()) {
    const model = withPolicy(samplePolicy(version + 5, sigma));
    await bidder.control.loadModel(writeModelFile(model, version + 2, 0));
    fc.assert(
      fc.property(fc.array(input, { minLength: 12, maxLength: 12 }), (numbers) => {
        slot += 1;
        slots.publish(0, slot, Float32Array.from(numbers));
        bidder.control.tick(NOW_MS + slot);
        const answer = policyAnswer(model, numbers, slotDraw(0, 0, slot));
        const decision = slots.decision(0);
        seen[answer.outside.length > 0 ? 'outside' : 'spoke'] += 1;
        seen.moved.add(Math.round(answer.multiplier * 1000));
        const isNear = (a: number | undefined, b: number): boolean => Math.abs((a as number) - b) <= 1e-6;
        return (
          decision?.slot === slot &&
          decision.model === version + 2 &&
          decision.atMs === NOW_MS + slot &&
          decision.outside.join() === answer.outside.join() &&
          isNear(decision.mean, answer.mean) &&
          isNear(decision.sigma, answer.sigma) &&
          isNear(decision.output, answer.output) &&
          isNear(decision.multiplier, answer.multiplier) &&
          isNear(inForce(), answer.multiplier)
        );
      }),
      { seed: 1, numRuns: 1000 },
    );
  }
  t.ok(seen.spoke > 300 && seen.outside > 300, `${seen.spoke} and ${seen.outside}`);
  t.ok(seen.moved.size > 200, `${seen.moved.size} multipliers`);
});

t.test('it acts once a slot, and when the model changes, with the same draw', async (t) => {
  const { bidder, slots, inForce } = await steered(withPolicy(samplePolicy(1, 0.1)));
  t.equal(inForce(), 1, 'nobody has said what it sees');
  slots.publish(0, 10, inputsOf(0.1));
  t.equal(inForce(), 1, 'before the tick');
  bidder.control.tick(NOW_MS);
  const first = slots.decision(0);
  t.not(first?.multiplier, 1);
  bidder.control.tick(NOW_MS + 5000);
  t.equal(slots.decision(0)?.atMs, NOW_MS, 'not twice in a slot');
  const rolled = { ...samplePolicy(2, 0.1), b3: Float32Array.of(0.2) };
  await bidder.control.loadModel(writeModelFile(withPolicy(rolled), 2, 0));
  const second = slots.decision(0);
  t.match(second, { model: 2, slot: 10 });
  const draw = (one = first): number => ((one?.output ?? 0) - (one?.mean ?? 0)) / (one?.sigma ?? 0);
  t.ok(Math.abs(draw(first) - draw(second)) < 1e-5);
  slots.publish(0, 11, inputsOf(0.1));
  bidder.control.tick(NOW_MS + 900_000);
  t.ok(Math.abs(draw(slots.decision(0)) - draw(second)) > 1e-5, 'the next slot draws anew');
});

t.test('a policy that is rolled back is in force with its model', async (t) => {
  const { bidder, slots, inForce } = await steered(withPolicy(samplePolicy(1)));
  slots.publish(0, 10, inputsOf(0.2));
  bidder.control.tick(NOW_MS);
  const ofA = inForce();
  await bidder.control.loadModel(writeModelFile(withPolicy(samplePolicy(2)), 2, 0));
  t.not(inForce(), ofA, 'the other policy speaks as soon as its model bids');
  await bidder.control.loadModel(writeModelFile(withPolicy(samplePolicy(1)), 3, 0));
  t.equal(inForce(), ofA);
  // A candidate's policy has no say: multipliers are the control's.
  await bidder.control.loadModel(writeModelFile(withPolicy(samplePolicy(2)), 4, 0), 'candidate');
  t.equal(inForce(), ofA);
});

t.test('a campaign that has lost its policy has the multiplier 1', async (t) => {
  const { bidder, slots, inForce } = await steered(image);
  slots.publish(0, 10, inputsOf(0.3));
  bidder.control.tick(NOW_MS);
  t.not(inForce(), 1);
  t.same(bidder.control.campaignState('c1').policyInputs, [...inputsOf(0.3)]);
  slots.clear(0);
  bidder.control.tick(NOW_MS + 1000);
  t.equal(inForce(), 1);
  t.match(bidder.control.campaignState('c1'), { policyInputs: undefined, policyDecision: undefined });
});

t.test('while inputs are written, or a decision is, nobody takes them for whole', async (t) => {
  const { bidder, slots, inForce } = await steered(image);
  const word = (offset: number): number => (map.CAMPAIGNS + offset) / 4;
  const words = new Int32Array(bidder.memory.buffer);
  slots.publish(0, 10, inputsOf(0.3));
  Atomics.store(words, word(map.CAMPAIGN_POLICY_SLOT), -10);
  bidder.control.tick(NOW_MS);
  t.equal(inForce(), 1, 'it waits');
  Atomics.store(words, word(map.CAMPAIGN_POLICY_SLOT), 10);
  bidder.control.tick(NOW_MS);
  t.equal(slots.decision(0)?.slot, 10);
  Atomics.add(words, word(map.CAMPAIGN_POLICY_DECISIONS), 1);
  t.equal(slots.decision(0), undefined);
});

t.test('the highest multiplier pays no more than the cap, nor takes more than there is', async (t) => {
  const dear = { ...samplePolicy(1), w3: new Float32Array(64), b3: Float32Array.of(5) };
  const { bidder, slots, inForce } = await steered(withPolicy(dear));
  const price = (): number => JSON.parse(bidder.bid(REQUEST).text).seatbid[0].bid[0].price;
  t.equal(price(), 3);
  slots.publish(0, 10, inputsOf(0));
  bidder.control.tick(NOW_MS);
  t.equal(inForce(), 2);
  t.equal(price(), 4, 'twice 3 is 6, and the cap is 4');
  holdsWithinBudget(t, bidder);
});

/** Bids until the money is gone: what was reserved is what there was, at most. */
function holdsWithinBudget(t: Test, bidder: TestBidder): void {
  const view = new DataView(bidder.memory.buffer, map.CAMPAIGNS);
  view.setBigInt64(map.CAMPAIGN_AVAILABLE_MICROS, 10_000n, true);
  let bids = 0;
  while (bids < 10 && bidder.bid(REQUEST).reason === 0) bids++;
  t.equal(bids, 2, 'two bids of 4,000 micros');
  t.equal(bidder.control.campaignState('c1').availableMicros, 2_000n);
}

t.test('draws are those of a standard normal, and their density is its density', async (t) => {
  const draws = Array.from({ length: 20_000 }, (_, n) => slotDraw(7, n % 100, 2_000_000 + Math.floor(n / 100)));
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + x * x, 0) / draws.length;
  const within = draws.filter((x) => Math.abs(x) < 1).length / draws.length;
  t.ok(Math.abs(mean) < 0.03 && Math.abs(variance - 1) < 0.05, `${mean}, ${variance}`);
  t.ok(Math.abs(within - 0.6827) < 0.012, `${within} within a deviation`);
  t.not(slotDraw(7, 1, 1), slotDraw(8, 1, 1), 'another seed draws others');
  t.ok(Math.abs(normalDensity(0.5, 0.5, 0.2) - 1.9947) < 1e-4);
  t.ok(Math.abs(normalDensity(0.7, 0.5, 0.2) - 1.2099) < 1e-4);
  t.equal(normalDensity(0.5, 0.5, 0), 0, 'nothing is drawn');
});
