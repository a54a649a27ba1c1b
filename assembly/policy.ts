// The policy: a small network that turns what it sees of a campaign into its bid multiplier. It acts once a slot and
// campaign, on the main thread's tick, so the path that answers requests only loads the result.
//
//   inputs ─▶ all inside the ranges of training? ─yes─▶ network ─▶ mean ─▶ + sigma × a normal draw ─▶ output
//                           └─no─▶ multiplier 1                              multiplier = 1 + output, 0.1 to 2
//
// The inputs are written by the ledger (bidcore/policy/policy_slots.ts). The network is POLICY_INPUTS-64-64-1 with
// relu; its twin is bidcore/reference/policy.ts, the rules are in docs/policy.md.

import { MULTIPLIER_MAX, MULTIPLIER_MIN } from './limits';
import * as m from './memory_map';
import * as l from './model_layout';

// Activations of the main thread's instance; behind the context of the arena it was given.
let hidden: usize = 0;

/** Takes 512 bytes of scratch for activations. */
export function setPolicyScratch(address: usize): void {
  hidden = address;
}

/**
 * Acts for a campaign at an address, by the policy of the model at another: writes its decision and its multiplier,
 * which is not yet in force. Without a policy the multiplier is 1. While the ledger writes inputs nothing changes.
 * @param version of the model
 * @param normal a draw from the standard normal, for a policy that explores
 */
export function act(campaign: usize, model: usize, version: u32, nowMs: f64, normal: f32): void {
  const slot = atomic.load<i32>(campaign, m.CAMPAIGN_POLICY_SLOT);
  if (slot < 0) return;
  if (slot == 0) {
    setMultiplier(campaign, 1);
    store<i32>(campaign, 0, m.CAMPAIGN_POLICY_ACTED);
    return;
  }
  const policy = model + l.MODEL_POLICY;
  const inputs = campaign + m.CAMPAIGN_POLICY_INPUTS;
  const outside = outsideOf(policy, inputs);
  const mean: f32 = outside == 0 ? outputOf(policy, inputs) : 0;
  const sigma: f32 = outside == 0 ? load<f32>(policy, l.POLICY_SIGMA) : 0;
  // Written meanwhile: then what was seen is half of the one and half of the other, and the next tick sees it whole.
  if (atomic.load<i32>(campaign, m.CAMPAIGN_POLICY_SLOT) != slot) return;

  const output: f32 = mean + sigma * normal;
  const decisions = atomic.load<u32>(campaign, m.CAMPAIGN_POLICY_DECISIONS);
  atomic.store<u32>(campaign, decisions + 1, m.CAMPAIGN_POLICY_DECISIONS);
  store<i32>(campaign, slot, m.CAMPAIGN_POLICY_ACTED);
  store<u32>(campaign, version, m.CAMPAIGN_POLICY_MODEL);
  store<f32>(campaign, mean, m.CAMPAIGN_POLICY_MEAN);
  store<f32>(campaign, sigma, m.CAMPAIGN_POLICY_SIGMA);
  store<f32>(campaign, output, m.CAMPAIGN_POLICY_OUTPUT);
  store<u32>(campaign, outside, m.CAMPAIGN_POLICY_OUTSIDE);
  store<f64>(campaign, nowMs, m.CAMPAIGN_POLICY_DECIDED_MS);
  setMultiplier(campaign, min<f32>(max<f32>(<f32>1 + output, <f32>MULTIPLIER_MIN), <f32>MULTIPLIER_MAX));
  atomic.store<u32>(campaign, decisions + 2, m.CAMPAIGN_POLICY_DECISIONS);
}

function setMultiplier(campaign: usize, multiplier: f32): void {
  atomic.store<u32>(campaign, reinterpret<u32>(multiplier), m.CAMPAIGN_POLICY_MULTIPLIER);
}

/** A bit for each of the inputs that is not in the range the policy has seen; what is no number is in none. */
function outsideOf(policy: usize, inputs: usize): u32 {
  let outside: u32 = 0;
  for (let i: usize = 0; i < l.POLICY_INPUTS; i++) {
    const at = i << 2;
    const x = load<f32>(inputs + at);
    const inside = x >= load<f32>(policy + at, l.POLICY_LOW) && x <= load<f32>(policy + at, l.POLICY_HIGH);
    if (!inside) outside |= 1 << <u32>i;
  }
  return outside;
}

/** Output of the network for the inputs (12 × f32) at an address. */
function outputOf(policy: usize, inputs: usize): f32 {
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
  return sum;
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
