// From the agent that was trained to the policy that bids: the normalisation of its inputs and the bounds of its action
// are folded into the network, and the ranges its inputs had in episodes are kept with it.

import { type PolicyWeights, policyProblem } from '../../bidcore/policy/policy_weights.js';
import { POLICY_INPUT_NAMES } from '../../bidcore/policy/slot_inputs.js';
import type { ExportedActor } from '../agents/ppo.js';
import type { Environment } from '../environments/environment.js';
import { Random } from '../random.js';

/** An actor that no model file can hold. */
export interface ExportProblem {
  readonly code: 'not_a_policy';
  readonly problem: string;
}

export const HIDDEN = 64;
const INPUTS = POLICY_INPUT_NAMES.length;
/** Share of the slots at each end of an input that its range leaves out. */
const LEFT_OUT = 0.001;

/** Lowest and highest value of each input. */
export interface Ranges {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

type Layer = ExportedActor['layers'][number];

/**
 * The weights of the policy that bids as the agent acts.
 * @param sigma standard deviation of the live policy's output; 0: it does not explore
 */
export function policyOf(actor: ExportedActor, ranges: Ranges, sigma: number): PolicyWeights | ExportProblem {
  const shape = actor.layers.map(({ inputs, outputs, activation }) => `${inputs}-${outputs} ${activation}`).join(', ');
  if (shape !== `${INPUTS}-${HIDDEN} relu, ${HIDDEN}-${HIDDEN} relu, ${HIDDEN}-1 identity`) {
    return { code: 'not_a_policy', problem: `its layers are ${shape}` };
  }
  const [first, second, third] = actor.layers as [Layer, Layer, Layer];
  const [centre, half] = [actor.centre[0] as number, actor.half[0] as number];
  // Where the agent would bound a normalised input, the file does not: such inputs are outside.
  const bound = (i: number, side: number): number =>
    (actor.mean[i] as number) + (side * actor.inputMax) / (actor.scale[i] as number);
  const weights = {
    mean: actor.mean.slice(),
    scale: actor.scale.slice(),
    low: ranges.low.map((x, i) => Math.max(x, bound(i, -1))),
    high: ranges.high.map((x, i) => Math.min(x, bound(i, 1))),
    w1: first.weights.slice(),
    b1: first.biases.slice(),
    w2: second.weights.slice(),
    b2: second.biases.slice(),
    w3: third.weights.map((w) => half * w),
    b3: third.biases.map((b) => half * b + centre),
    sigma,
  };
  const problem = policyProblem(weights);
  return problem === undefined ? weights : { code: 'not_a_policy', problem };
}

/** The policy that goes only so far from 1 as a share of what this one does. @param strength above 0, at most 1 */
export function softened(weights: PolicyWeights, strength: number): PolicyWeights {
  const soft = (values: Float32Array): Float32Array => values.map((value) => strength * value);
  return { ...weights, w3: soft(weights.w3), b3: soft(weights.b3) };
}

export function isExportProblem(value: PolicyWeights | ExportProblem): value is ExportProblem {
  return 'problem' in value;
}

/**
 * The ranges of the inputs in so many episodes, half of them by the agent's best actions and half by drawn ones: all
 * but a thousandth of the slots at either end.
 * @param act deterministic or not
 */
export function rangesSeen(
  act: (inputs: Float32Array, deterministic: boolean) => Float32Array,
  environment: Environment<Float32Array>,
  episodes: number,
  seed: number,
): Ranges {
  const seeds = new Random(seed);
  const seen: number[][] = Array.from({ length: INPUTS }, () => []);
  for (let n = 0; n < episodes; n++) {
    let { observation } = environment.reset(seeds.u32());
    for (let ended = false; !ended; ) {
      for (let i = 0; i < INPUTS; i++) (seen[i] as number[]).push(observation[i] as number);
      const step = environment.step(act(observation, n % 2 === 0));
      observation = step.observation;
      ended = step.terminated || step.truncated;
    }
  }
  const sorted = seen.map((values) => Float32Array.from(values).sort());
  const at = (values: Float32Array, share: number): number => values[Math.floor(share * (values.length - 1))] as number;
  return {
    low: Float32Array.from(sorted, (values) => at(values, LEFT_OUT)),
    high: Float32Array.from(sorted, (values) => at(values, 1 - LEFT_OUT)),
  };
}
