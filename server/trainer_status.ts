// What the trainer says of itself (models/sidecar/status.ts): read from its file in the data folder when somebody asks
// for metrics, at most once a second.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DRIFT_TESTS } from '../bidcore/drift_tests.js';
import { EXAMPLES, type TrainerFigures } from '../bidcore/trainer_metrics.js';

/** Written every second; older than this, its writer is dead or stuck. */
const STALE_MS = 10_000;
const READ_AGAIN_MS = 500;

export type TrainerStatus = TrainerFigures;

const NO_TRAINER: TrainerStatus = {
  up: false,
  notices: 0,
  lagS: 0,
  problem: '',
  examples: { impression: 0, click: 0, conversion: 0, price: 0 },
  drift: { feature: 0, price: 0, prediction: 0, reward: 0, calibration: 0 },
};

export class TrainerStatusFile {
  readonly #path: string;
  #status = NO_TRAINER;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'models', 'status.json');
  }

  /** As it was read last. */
  get status(): TrainerStatus {
    return this.#status;
  }

  /** Reads it again, unless that was just done. */
  async refresh(nowMs: number): Promise<void> {
    if (performance.now() - this.#readMs < READ_AGAIN_MS) return;
    this.#readMs = performance.now();
    const text = await readFile(this.#path, 'utf8').catch(() => undefined); // none: no trainer has run here
    const said = text === undefined ? undefined : parse(text);
    if (said === undefined) this.#status = { ...this.#status, up: false };
    else this.#status = { ...said, up: Math.abs(nowMs - said.atMs) < STALE_MS };
  }
}

function parse(text: string): (TrainerStatus & { readonly atMs: number }) | undefined {
  try {
    const { atMs, notices, lagS, problem, examples, drift } = JSON.parse(text);
    const counts = <T extends string>(names: readonly T[], from: Record<string, unknown>): Record<T, number> =>
      Object.fromEntries(names.map((name) => [name, Number(from[name] ?? 0)])) as Record<T, number>;
    return {
      up: true,
      atMs: Number(atMs),
      notices: Number(notices),
      lagS: Number(lagS),
      problem: String(problem ?? ''),
      examples: counts(EXAMPLES, examples),
      drift: counts(DRIFT_TESTS, drift),
    };
  } catch {
    return undefined; // of another version of the trainer
  }
}
