// The policy: a small network that turns a campaign's state into its bid multiplier. It acts once a slot and campaign,
// on the main thread's tick, so the path that answers requests only loads the result.
// Inputs, in order of the model: docs in model_layout.ts; the network is POLICY_INPUTS-64-64-1 with relu.

import { MULTIPLIER_MAX, MULTIPLIER_MIN } from './limits';
import * as m from './memory_map';
import * as l from './model_layout';

// Activations of the main thread's instance; behind the context of the arena it was given.
let hidden: usize = 0;

/** Takes 512 bytes of scratch for activations. */
export function setPolicyScratch(address: usize): void {
  hidden = address;
}

/** Multiplier for the inputs (8 × f32) at an address, under the model at an address. */
export function policyMultiplier(model: usize, inputs: usize): f32 {
  const policy = model + l.MODEL_POLICY;
  const first = hidden;
  const second = hidden + (l.POLICY_HIDDEN << 2);
  memory.copy(first, policy + l.POLICY_B1, l.POLICY_HIDDEN << 2);
  for (let i: usize = 0; i < l.POLICY_INPUTS; i++) {
    const at = i << 2;
    const x = (load<f32>(inputs + at) - load<f32>(policy + at, l.POLICY_MEAN)) * load<f32>(policy + at, l.POLICY_SCALE);
    addRow(first, policy + l.POLICY_W1 + i * (l.POLICY_HIDDEN << 2), x);
  }
  memory.copy(second, policy + l.POLICY_B2, l.POLICY_HIDDEN << 2);
  for (let i: usize = 0; i < l.POLICY_HIDDEN; i++) {
    const x = load<f32>(first + (i << 2));
    if (x > 0) addRow(second, policy + l.POLICY_W2 + i * (l.POLICY_HIDDEN << 2), x);
  }
  let sum = load<f32>(policy, l.POLICY_B3);
  for (let i: usize = 0; i < l.POLICY_HIDDEN; i++) {
    const x = load<f32>(second + (i << 2));
    if (x > 0) sum += x * load<f32>(policy + (i << 2), l.POLICY_W3);
  }
  return min<f32>(max<f32>(sum + <f32>1, <f32>MULTIPLIER_MIN), <f32>MULTIPLIER_MAX);
}

/** Adds x times a row of weights to the sums of a layer. */
// @ts-ignore: decorator
@inline
function addRow(sums: usize, row: usize, x: f32): void {
  const factor = f32x4.splat(x);
  for (let o: usize = 0; o < l.POLICY_HIDDEN << 2; o += 16) {
    v128.store(sums + o, f32x4.add(v128.load(sums + o), f32x4.mul(factor, v128.load(row + o))));
  }
}

// @ts-ignore: decorator
@inline
function counter(campaign: usize, offset: usize): f64 {
  return <f64>atomic.load<i64>(campaign + offset);
}

/** Writes the policy inputs of a campaign from its live state. */
export function writePolicyInputs(campaign: usize, nowMs: f64): void {
  const budget = counter(campaign, m.CAMPAIGN_BUDGET_MICROS);
  const spend = counter(campaign, m.CAMPAIGN_SPEND_MICROS);
  const impressions = counter(campaign, m.CAMPAIGN_IMPRESSIONS);
  const start = load<f64>(campaign, m.CAMPAIGN_START_MS);
  const end = load<f64>(campaign, m.CAMPAIGN_END_MS);
  const timeLeft = end > 0 && start > 0 ? min(max((end - nowMs) / (end - start), 0), 1) : 1;
  const to = campaign + m.CAMPAIGN_POLICY_INPUTS;
  store<f32>(to, budget > 0 ? <f32>(counter(campaign, m.CAMPAIGN_LEFT_MICROS) / budget) : 0);
  store<f32>(to, <f32>timeLeft, 4);
  store<f32>(to, budget > 0 ? <f32>min(spend / budget / max(1 - timeLeft, 0.01), 4) : 0, 8);
  store<f32>(to, <f32>(counter(campaign, m.CAMPAIGN_CLICKS) / max(impressions, 1)), 12);
  store<f32>(to, <f32>(impressions / max(counter(campaign, m.CAMPAIGN_BIDS), 1)), 16);
  store<f32>(to, <f32>(spend / max(impressions, 1) / 1000), 20);
  store<f32>(to, load<f32>(campaign, m.CAMPAIGN_POLICY_MULTIPLIER), 24);
  store<f32>(to, <f32>(load<f64>(campaign, m.CAMPAIGN_LAST_VALUE) / 1e6), 28);
}
