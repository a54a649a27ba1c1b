// The policy of SAC: a normal number through tanh, so that actions stay between −1 and 1, with mean and deviation from
// the network (Haarnoja et al. 2018, appendix C).
//
//   output ─▶ mean m, raw r        log σ = middle + half × tanh r, between its two limits
//   u = m + σ ε,  a = tanh u,      log π = Σ log N(ε) − log σ − log(1 − a²)
//
// Drawn through ε (reparameterisation), so that a loss of the actions can be followed back to the outputs.

import type { Random } from '../random.js';

const LOG_DEVIATION_MIN = -5;
const LOG_DEVIATION_MAX = 2;
const HALF = (LOG_DEVIATION_MAX - LOG_DEVIATION_MIN) / 2;
const MIDDLE = (LOG_DEVIATION_MAX + LOG_DEVIATION_MIN) / 2;
const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

export class SquashedGaussian {
  readonly actionSize: number;
  /** Outputs it wants: the means of an action's numbers, then their raw deviations. */
  readonly outputs: number;
  readonly #noise: Float32Array;

  constructor(actionSize: number, rowsMax: number) {
    this.actionSize = actionSize;
    this.outputs = 2 * actionSize;
    this.#noise = new Float32Array(rowsMax * actionSize);
  }

  /** The actions without noise. */
  mode(outputs: Float32Array, rows: number, actions: Float32Array): void {
    const size = this.actionSize;
    for (let row = 0; row < rows; row++) {
      for (let d = 0; d < size; d++) actions[row * size + d] = Math.tanh(outputs[row * 2 * size + d] as number);
    }
  }

  /** Draws actions, and the logarithm of the density of each. */
  sample(
    outputs: Float32Array,
    rows: number,
    random: Random,
    actions: Float32Array,
    logProbabilities: Float32Array,
  ): void {
    const size = this.actionSize;
    for (let row = 0; row < rows; row++) {
      let log = 0;
      for (let d = 0; d < size; d++) {
        const i = row * size + d;
        const noise = Math.fround(random.normal());
        const logDeviation = MIDDLE + HALF * Math.tanh(outputs[row * 2 * size + size + d] as number);
        const u = (outputs[row * 2 * size + d] as number) + Math.exp(logDeviation) * noise;
        this.#noise[i] = noise;
        actions[i] = Math.tanh(u);
        // log(1 − tanh² u) = 2 (log 2 − |u| − log(1 + exp(−2 |u|))), which does not cancel.
        const steep = Math.abs(u);
        const logSlope = 2 * (Math.LN2 - steep - Math.log1p(Math.exp(-2 * steep)));
        log -= 0.5 * noise * noise + logDeviation + HALF_LOG_TAU + logSlope;
      }
      logProbabilities[row] = log;
    }
  }

  /**
   * From the derivatives of the loss by the last drawn actions and by their log probabilities to those by the outputs
   * (`gradient`, overwritten).
   */
  backward(
    outputs: Float32Array,
    actions: Float32Array,
    rows: number,
    byAction: Float32Array,
    byLogProbability: Float32Array,
    gradient: Float32Array,
  ): void {
    const size = this.actionSize;
    for (let row = 0; row < rows; row++) {
      const byLog = byLogProbability[row] as number;
      for (let d = 0; d < size; d++) {
        const i = row * size + d;
        const action = actions[i] as number;
        const squash = Math.tanh(outputs[row * 2 * size + size + d] as number);
        const deviation = Math.exp(MIDDLE + HALF * squash);
        const byU = (byAction[i] as number) * (1 - action * action) + byLog * 2 * action;
        gradient[row * 2 * size + d] = byU;
        gradient[row * 2 * size + size + d] =
          (byU * deviation * (this.#noise[i] as number) - byLog) * HALF * (1 - squash * squash);
      }
    }
  }
}
