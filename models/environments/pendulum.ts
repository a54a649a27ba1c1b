// Pendulum-v1: a pendulum swung up and held upright by a motor too weak to lift it at once. Here only to check agents
// with continuous actions against returns that are known: about −150 is the best mean, at most −200 is asked for.
//
// Equations, constants and limits as in Gymnasium's classic_control/pendulum.py.

import { Random } from '../random.js';
import type { Environment, Start, Step } from './environment.js';
import { Box } from './spaces.js';

const GRAVITY = 10;
const STEP_S = 0.05;
const SPIN_MAX = 8;
const TORQUE_MAX = 2;
const STEPS_MAX = 200;

export class Pendulum implements Environment<Float32Array> {
  /** Cosine and sine of the angle from upright, and the angular velocity. */
  readonly observationSpace = new Box([-1, -1, -SPIN_MAX], [1, 1, SPIN_MAX]);
  /** The torque. */
  readonly actionSpace = new Box([-TORQUE_MAX], [TORQUE_MAX]);
  readonly #random = new Random(0);
  readonly #observation = new Float32Array(3);
  #angle = 0;
  #spin = 0;
  #steps = STEPS_MAX;

  reset(seed?: number): Start {
    if (seed !== undefined) this.#random.seed(seed);
    this.#angle = this.#random.uniform(-Math.PI, Math.PI);
    this.#spin = this.#random.uniform(-1, 1);
    this.#steps = 0;
    return { observation: this.#observe(), info: {} };
  }

  step(action: Float32Array): Step {
    if (!this.actionSpace.contains(action)) throw new RangeError(`${action} is no action`);
    if (this.#steps >= STEPS_MAX) throw new Error('the episode has ended: reset');
    const torque = action[0] as number;
    const tilt = wrapped(this.#angle);
    const cost = tilt ** 2 + 0.1 * this.#spin ** 2 + 0.001 * torque ** 2;
    const spin = this.#spin + (((3 * GRAVITY) / 2) * Math.sin(this.#angle) + 3 * torque) * STEP_S;
    this.#spin = Math.min(SPIN_MAX, Math.max(-SPIN_MAX, spin));
    this.#angle += this.#spin * STEP_S;
    this.#steps++;
    const truncated = this.#steps === STEPS_MAX;
    return { observation: this.#observe(), reward: -cost, terminated: false, truncated, info: {} };
  }

  #observe(): Float32Array {
    this.#observation.set([Math.cos(this.#angle), Math.sin(this.#angle), this.#spin]);
    return this.#observation;
  }
}

/** An angle as the same between −π and π. */
function wrapped(angle: number): number {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}
