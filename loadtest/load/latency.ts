// `npm run loadtest`: latency at given rates, or at shares of the knee, which is searched for first.

import { findKnee } from './knee.js';
import { broken } from './objective.js';
import type { Options } from './options.js';
import type { Run } from './report.js';
import { type Address, measure, say } from './run.js';

/** Rates that are measured once the knee is known, as shares of it. */
const OF_KNEE = [0.1, 0.25, 0.5, 0.8, 0.9, 1, 1.1];
const SEARCH_FROM = 2000;
/** Each rate of the search is loaded only so long. */
const SEARCH_SECONDS_MAX = 4;

export interface LatencyResult {
  readonly runs: readonly Run[];
  /** Requests a second; undefined without a search. */
  readonly knee: number | undefined;
}

export async function measureLatency(options: Options, target: Address): Promise<LatencyResult> {
  const { rates, shape } = options;
  const knee = rates.length > 0 ? undefined : await search(options, target);
  const named: [string, number][] =
    knee === undefined
      ? rates.map((rate) => [`${shape} ${Math.round(rate)}/s`, rate])
      : OF_KNEE.map((share) => [`${Math.round(share * 100)}% of the knee`, share * knee]);
  const runs: Run[] = [];
  for (const [name, rate] of named.filter(([, rate]) => rate > 0)) {
    runs.push(await measure(options, target, name, { rate }));
  }
  return { runs, knee };
}

async function search(options: Options, target: Address): Promise<number> {
  const seconds = Math.min(options.seconds, SEARCH_SECONDS_MAX);
  const keeps = async (rate: number): Promise<boolean> => {
    const { figures } = await measure(options, target, `search, ${Math.round(rate)}/s`, { rate, seconds });
    return broken(options.knee, figures).length === 0;
  };
  const knee = await findKnee(keeps, SEARCH_FROM);
  say(knee === 0 ? 'no rate keeps the objective of the knee' : `the knee is at ${Math.round(knee)} a second`);
  return knee;
}
