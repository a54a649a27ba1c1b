// The steps between two updates of PPO, and what they are worth: generalised advantage estimation (Schulman et al.
// 2016). Row t × environments + i is step t of environment i.

export class Rollout {
  readonly steps: number;
  readonly environments: number;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly logProbabilities: Float32Array;
  readonly values: Float32Array;
  readonly rewards: Float32Array;
  /** 1 where an episode ended with the step: what follows is another's. */
  readonly ended: Uint8Array;
  readonly advantages: Float32Array;
  /** What values are to become: advantage + value. */
  readonly returns: Float32Array;

  constructor(steps: number, environments: number, observationSize: number, actionSize: number) {
    this.steps = steps;
    this.environments = environments;
    const rows = steps * environments;
    this.observations = new Float32Array(rows * observationSize);
    this.actions = new Float32Array(rows * actionSize);
    this.logProbabilities = new Float32Array(rows);
    this.values = new Float32Array(rows);
    this.rewards = new Float32Array(rows);
    this.ended = new Uint8Array(rows);
    this.advantages = new Float32Array(rows);
    this.returns = new Float32Array(rows);
  }

  get rows(): number {
    return this.steps * this.environments;
  }

  /**
   * Fills advantages and returns. Where an episode was cut off, its reward must already hold γ × the value of its final
   * observation; where it terminated, nothing follows.
   *
   * @param nextValues of the observation after the last step, of each environment
   */
  estimate(nextValues: Float32Array, discount: number, lambda: number): void {
    const n = this.environments;
    for (let i = 0; i < n; i++) {
      let advantage = 0;
      let next = nextValues[i] as number;
      for (let at = this.rows - n + i; at >= 0; at -= n) {
        const goesOn = 1 - (this.ended[at] as number);
        const value = this.values[at] as number;
        const error = (this.rewards[at] as number) + discount * next * goesOn - value;
        advantage = error + discount * lambda * goesOn * advantage;
        this.advantages[at] = advantage;
        this.returns[at] = advantage + value;
        next = value;
      }
    }
  }
}
