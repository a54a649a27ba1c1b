// The bid multiplier of a campaign: a multilayer perceptron of 8-64-64-1 with relu over the campaign's state, run once
// a slot. The weights stand in the model image (`assembly/model_layout.ts`, POLICY_*).

import { MULTIPLIER_MAX, MULTIPLIER_MIN } from '../../assembly/limits.js';
import * as layout from '../../assembly/model_layout.js';
import { f32At, type ModelImage, modelNumbers } from './model.js';

const { fround } = Math;

/** What a policy knows of a campaign. Money in micros of the book's currency. */
export interface PolicyState {
  readonly budgetMicros: number;
  /** Of the budget, reserved or not. */
  readonly leftMicros: number;
  /** Milliseconds since the epoch; 0 is no start or no end. */
  readonly startMs: number;
  readonly endMs: number;
  readonly spendMicros: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly bids: number;
  /** What the policy gave until now, without the pace. */
  readonly multiplier: number;
  /** Value of the last bid, CPM micros. */
  readonly lastValueMicros: number;
}

const SPEND_RATE_MAX = 4;
/** Least share of the flight that counts as elapsed: the spend rate of the first minutes says nothing. */
const ELAPSED_SHARE_MIN = 0.01;

/** The inputs in the order of the model: computed as doubles, rounded to 32-bit floats. */
export function policyInputs(state: PolicyState, nowMs: number): Float32Array {
  const { budgetMicros, spendMicros, impressions, startMs, endMs } = state;
  const shown = Math.max(impressions, 1);
  const timeLeft = startMs === 0 || endMs === 0 ? 1 : clamp((endMs - nowMs) / (endMs - startMs), 0, 1);
  const elapsed = Math.max(1 - timeLeft, ELAPSED_SHARE_MIN);
  return Float32Array.of(
    budgetMicros === 0 ? 0 : state.leftMicros / budgetMicros,
    timeLeft,
    budgetMicros === 0 ? 0 : Math.min(SPEND_RATE_MAX, spendMicros / budgetMicros / elapsed),
    state.clicks / shown,
    impressions / Math.max(state.bids, 1),
    spendMicros / shown / 1000, // CPM in units of the currency
    state.multiplier,
    state.lastValueMicros / 1e6,
  );
}

/** Multiplier for the inputs, 1 plus what the network says, within the bounds of `assembly/limits.ts`. */
export function policyMultiplier(model: ModelImage, inputs: ArrayLike<number>): number {
  const { f32 } = modelNumbers(model);
  const at = (offset: number): number => f32At(layout.MODEL_POLICY + offset);
  const normal = new Float32Array(layout.POLICY_INPUTS);
  for (let i = 0; i < normal.length; i++) {
    const mean = f32[at(layout.POLICY_MEAN) + i] as number;
    const scale = f32[at(layout.POLICY_SCALE) + i] as number;
    normal[i] = fround((inputs[i] as number) - mean) * scale;
  }
  const hidden1 = dense(normal, f32, at(layout.POLICY_W1), at(layout.POLICY_B1), layout.POLICY_HIDDEN).map(relu);
  const hidden2 = dense(hidden1, f32, at(layout.POLICY_W2), at(layout.POLICY_B2), layout.POLICY_HIDDEN).map(relu);
  const output = dense(hidden2, f32, at(layout.POLICY_W3), at(layout.POLICY_B3), 1)[0] as number;
  return fround(clamp(1 + output, MULTIPLIER_MIN, MULTIPLIER_MAX));
}

/** One layer; the weight from input i to output j stands at i × outputs + j. */
function dense(x: Float32Array, f32: Float32Array, weights: number, biases: number, outputs: number): Float32Array {
  const y = f32.slice(biases, biases + outputs);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < outputs; j++) {
      y[j] = (y[j] as number) + fround((x[i] as number) * (f32[weights + i * outputs + j] as number));
    }
  }
  return y;
}

function relu(x: number): number {
  return Math.max(x, 0);
}

function clamp(x: number, min: number, max: number): number {
  return Math.min(Math.max(x, min), max);
}
