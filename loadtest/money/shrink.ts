// Makes a broken history shorter: leaves out faults and bids, halves of them first, as long as it breaks in the same
// way.

import { runHistory } from './history.js';
import type { Scenario } from './scenario.js';

/** Histories that are tried at most. */
const TRIES_MAX = 300;

/** What is wrong, without the numbers. */
export function signature(problem: string): string {
  return problem.replace(/\b[0-9a-f]{16}\b|\d+/g, '#');
}

/** @returns the shortest history found that breaks as the given one does */
export async function shrink(scenario: Scenario, problem: string): Promise<Scenario> {
  let tries = 0;
  const breaks = async (shorter: Scenario): Promise<boolean> => {
    if (tries++ >= TRIES_MAX) return false;
    const outcome = await runHistory(shorter);
    return outcome.problem !== undefined && signature(outcome.problem) === signature(problem);
  };
  let shortest = scenario;
  const faults = await fewest(shortest.faults, (faults) => breaks({ ...shortest, faults }));
  shortest = { ...shortest, faults };
  const bids = await fewest(shortest.bids, (bids) => breaks({ ...shortest, bids }));
  shortest = { ...shortest, bids };
  const campaigns = shortest.campaigns.filter(({ campaign }) => bids.some((bid) => bid.campaign === campaign));
  const fewer = { ...shortest, campaigns };
  return campaigns.length > 0 && (await breaks(fewer)) ? fewer : shortest;
}

async function fewest<T>(
  items: readonly T[],
  breaks: (fewer: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (fewer.length < kept.length && (await breaks(fewer))) kept = fewer;
      else from += size;
    }
  }
  return kept;
}
