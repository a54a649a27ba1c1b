// CartPole-v1: a pole balanced on a cart by pushing it left or right. Here only to check agents against returns that
// are known: 500 is the most, 475 counts as solved.
//
// Barto, Sutton and Anderson (1983), "Neuronlike adaptive elements that can solve difficult learning control problems";
// constants, Euler's step and limits as in Gymnasium's classic_control/cartpole.py.

import { Random } from '../random.js';
import type { Environment, Start, Step } from './environment.js';
import { Box, Discrete } from './spaces.js';

const GRAVITY = 9.8;
const MASS_POLE = 0.1;
const MASS_TOTAL = 1 + MASS_POLE;
/** Half the pole's length, in metres. */
const LENGTH = 0.5;
const FORCE = 10;
const STEP_S = 0.02;
const POSITION_MAX = 2.4;
const ANGLE_MAX = (12 * 2 * Math.PI) / 360;
const STEPS_MAX = 500;
const START_SPREAD = 0.05;

export class CartPole implements Environment<number> {
  readonly observationSpace = new Box(
    [-2 * POSITION_MAX, -Infinity, -2 * ANGLE_MAX, -Infinity],
    [2 * POSITION_MAX, Infinity, 2 * ANGLE_MAX, Infinity],
  );
  /** 0 pushes to the left, 1 to the right. */
  readonly actionSpace = new Discrete(2);
  readonly #random = new Random(0);
  /** Position (m), velocity, angle (radians from upright), angular velocity. */
  readonly #state = new Float64Array(4);
  readonly #observation = new Float32Array(4);
  #steps = STEPS_MAX;

  reset(seed?: number): Start {
    if (seed !== undefined) this.#random.seed(seed);
    for (let i = 0; i < 4; i++) this.#state[i] = this.#random.uniform(-START_SPREAD, START_SPREAD);
    this.#steps = 0;
    this.#observation.set(this.#state);
    return { observation: this.#observation, info: {} };
  }

  step(action: number): Step {
    if (!this.actionSpace.contains(action)) throw new RangeError(`${action} is no action`);
    if (this.#steps >= STEPS_MAX) throw new Error('the episode has ended: reset');
    const [x, speed, angle, spin] = this.#state as unknown as [number, number, number, number];
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const pushed = ((action === 1 ? FORCE : -FORCE) + MASS_POLE * LENGTH * spin * spin * sin) / MASS_TOTAL;
    const spinUp = (GRAVITY * sin - cos * pushed) / (LENGTH * (4 / 3 - (MASS_POLE * cos * cos) / MASS_TOTAL));
    const speedUp = pushed - (MASS_POLE * LENGTH * spinUp * cos) / MASS_TOTAL;
    this.#state.set([x + STEP_S * speed, speed + STEP_S * speedUp, angle + STEP_S * spin, spin + STEP_S * spinUp]);
    this.#observation.set(this.#state);
    const fallen = Math.abs(this.#state[0] as number) > POSITION_MAX || Math.abs(this.#state[2] as number) > ANGLE_MAX;
    this.#steps = fallen ? STEPS_MAX : this.#steps + 1;
    const truncated = !fallen && this.#steps === STEPS_MAX;
    return { observation: this.#observation, reward: 1, terminated: fallen, truncated, info: {} };
  }
}
