// `npm run loadtest -- cores`: one worker and two, over all cores, in turn. On a machine whose cores the client shares,
// requests a second say little; CPU time per request says what another worker costs, which is what scaling is lost to.

import { median } from '../../bench/measure.js';
import type { Options } from './options.js';
import { loadOnce, say } from './run.js';
import { ownTarget, type Target } from './target.js';

const WORKERS = [1, 2];
/** So little that the machine is not full, and so what is measured is the work and not the waiting. */
const RATE = 8000;

export interface CoresResult {
  readonly workers: number;
  readonly achieved_per_s: number;
  /** CPU microseconds of the whole process per request, at a rate that leaves the machine time. */
  readonly server_cpu_us: number;
}

export async function measureCores(options: Options): Promise<CoresResult[]> {
  const targets: Target[] = [];
  try {
    for (const workers of WORKERS) targets.push(await ownTarget({ ...options, workers, everyCore: true }));
    const figures = WORKERS.map(() => ({ rates: [] as number[], cpu: [] as number[] }));
    for (let round = 1; round <= options.rounds; round++) {
      for (const [n, target] of targets.entries()) {
        const rate = options.rates[0] ?? RATE;
        const { answered, seconds, server_cpu_s = 0 } = await loadOnce(options, target, { rate, anyCore: true });
        figures[n]?.rates.push(answered / seconds);
        figures[n]?.cpu.push((server_cpu_s * 1e6) / answered);
        say(
          `round ${round}: ${WORKERS[n]} workers, ${((server_cpu_s * 1e6) / answered).toFixed(1)} us of CPU a request`,
        );
      }
    }
    return WORKERS.map((workers, n) => ({
      workers,
      achieved_per_s: median(figures[n]?.rates ?? []),
      server_cpu_us: median(figures[n]?.cpu ?? []),
    }));
  } finally {
    for (const target of targets) await target.stop();
  }
}
