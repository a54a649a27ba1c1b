// What PPO can be told. The figures in docs/agents.md are of the options in ../environments/registry.ts.

import type { Activation } from '../nn/network.js';

export interface PpoOptions {
  /** Environments stepped together. */
  readonly environments: number;
  /** Steps of each between two updates. */
  readonly rolloutSteps: number;
  /** Rows of a step of the optimiser, and how often an update goes through all rows. */
  readonly minibatch: number;
  readonly epochs: number;
  /** γ and λ of generalised advantage estimation. */
  readonly discount: number;
  readonly lambda: number;
  readonly learningRate: number;
  readonly clip: number;
  /** Falling in a straight line to 0 over all steps. */
  readonly annealLearningRate: boolean;
  readonly annealClip: boolean;
  readonly entropyWeight: number;
  readonly valueWeight: number;
  /** How far a value may move from the one of the rollout, in units of (scaled) return; undefined: freely. */
  readonly valueClip: number | undefined;
  /** Longest norm of all gradients together. */
  readonly gradientNormMax: number;
  readonly normaliseAdvantages: boolean;
  readonly normaliseObservations: boolean;
  /** Divides rewards by the deviation of the discounted return. */
  readonly scaleRewards: boolean;
  /** An update ends where the policy has moved further from the rollout's, in nats; undefined: never. */
  readonly divergenceMax: number | undefined;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** Logarithm of the first deviation of continuous actions, where the bounds of an action stand for ± 1. */
  readonly logDeviation: number;
}

export const PPO_DEFAULTS: PpoOptions = {
  environments: 8,
  rolloutSteps: 256,
  minibatch: 256,
  epochs: 10,
  discount: 0.99,
  lambda: 0.95,
  learningRate: 3e-4,
  clip: 0.2,
  annealLearningRate: true,
  annealClip: false,
  entropyWeight: 0,
  valueWeight: 0.5,
  valueClip: undefined,
  gradientNormMax: 0.5,
  normaliseAdvantages: true,
  normaliseObservations: true,
  scaleRewards: true,
  divergenceMax: undefined,
  hidden: [64, 64],
  activation: 'tanh',
  logDeviation: 0,
};
