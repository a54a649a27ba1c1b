// The policy: its inputs from the state of a campaign, and the network against a straightforward computation.

import t from 'tap';
import * as layout from '../../assembly/model_layout.js';
import { sampleModel } from '../testing/sample_model.js';
import { type PolicyState, policyInputs, policyMultiplier } from './policy.js';

const HOUR_MS = 3_600_000;
/** When the flight begins; 0 would be no begin. */
const START_MS = 1000 * HOUR_MS;

const STATE: PolicyState = {
  budgetMicros: 100_000_000,
  leftMicros: 60_000_000,
  startMs: START_MS,
  endMs: START_MS + 10 * HOUR_MS,
  spendMicros: 40_000_000,
  impressions: 8_000,
  clicks: 40,
  bids: 32_000,
  multiplier: 0.75,
  lastValueMicros: 3_500_000,
};

const inputs = (part: Partial<PolicyState>, elapsedMs = 2.5 * HOUR_MS): number[] => [
  ...policyInputs({ ...STATE, ...part }, START_MS + elapsedMs),
];

t.test('the inputs are those the page lists, in its order', async (t) => {
  const expected = [0.6, 0.75, 0.4 / 0.25, 0.005, 0.25, 5, 0.75, 3.5].map(Math.fround);
  t.same(inputs({}), expected);
});

t.test('an empty campaign has finite inputs', async (t) => {
  const empty = {
    budgetMicros: 0,
    leftMicros: 0,
    spendMicros: 0,
    impressions: 0,
    clicks: 0,
    bids: 0,
    lastValueMicros: 0,
  };
  t.same(inputs(empty, 0), [0, 1, 0, 0, 0, 0, 0.75, 0]);
});

t.test('time left is a share of the flight, whole without a start or an end', async (t) => {
  t.equal(inputs({}, 11 * HOUR_MS)[1], 0);
  t.equal(inputs({ startMs: START_MS + 5 * HOUR_MS }, HOUR_MS)[1], 1);
  t.equal(inputs({ endMs: 0 }, HOUR_MS)[1], 1);
  t.equal(inputs({ startMs: 0 }, HOUR_MS)[1], 1);
});

t.test('the spend rate is limited, also in the first minutes', async (t) => {
  t.equal(inputs({}, 0)[2], 4, '40% in no time');
  t.equal(inputs({ spendMicros: 1_000_000 }, 0)[2], 1, 'at least 1% of the flight counts as elapsed');
  t.equal(inputs({ endMs: 0, spendMicros: 1_000_000 })[2], 1);
});

/** The network in doubles, from the layout's description. */
function network(image: Uint8Array, x: readonly number[]): number {
  const f32 = new Float32Array(image.buffer, layout.MODEL_POLICY, layout.POLICY_BYTES / 4);
  const at = (offset: number, i: number): number => f32[offset / 4 + i] as number;
  const layer = (input: number[], w: number, b: number, n: number): number[] =>
    Array.from({ length: n }, (_, j) => input.reduce((sum, v, i) => sum + v * at(w, i * n + j), at(b, j)));
  const relu = (v: number): number => Math.max(v, 0);
  const normal = x.map((v, i) => (v - at(layout.POLICY_MEAN, i)) * at(layout.POLICY_SCALE, i));
  const first = layer(normal, layout.POLICY_W1, layout.POLICY_B1, 64).map(relu);
  const second = layer(first, layout.POLICY_W2, layout.POLICY_B2, 64).map(relu);
  return layer(second, layout.POLICY_W3, layout.POLICY_B3, 1)[0] as number;
}

t.test('the multiplier is 1 plus the output of the network, within bounds', async (t) => {
  const states = [
    {},
    { spendMicros: 0 },
    { clicks: 4000, multiplier: 2 },
    { leftMicros: 0 },
    { lastValueMicros: 90_000_000 },
  ];
  let free = 0;
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const image = sampleModel(seed);
    for (const state of states) {
      const x = inputs(state);
      const output = network(image, x);
      const multiplier = policyMultiplier(image, x);
      const expected = Math.min(Math.max(1 + output, 0.1), 2);
      if (expected === 1 + output) free++;
      t.ok(Math.abs(multiplier - expected) <= 1e-6, `seed ${seed}: ${multiplier}, ${expected}`);
    }
  }
  t.ok(free >= 5, `${free} of them are not at a bound`);
});

t.test('a network of zeros leaves the price alone', async (t) => {
  t.equal(policyMultiplier(new Uint8Array(layout.MODEL_BYTES), inputs({})), 1);
});
