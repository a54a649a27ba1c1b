// Reads an event log for the policy: the market it shows, and the decisions with what came of them.

import { EventLogCorrupt } from '../../server/event_log/errors.js';
import { readEntries } from '../../server/event_log/reader.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import { folderSpans } from '../../server/event_log/span.js';
import { LoggedMarket } from './market_from_log.js';
import type { Decision } from './off_policy.js';
import { type LoggedDecision, type TransitionCounts, Transitions } from './transitions.js';

/** Decisions kept: the newest. */
const DECISIONS_MAX = 200_000;
/** Records between two rests. */
const RESTED = 2000;

export interface ReadLog {
  readonly market: LoggedMarket;
  readonly decisions: readonly LoggedDecision[];
  readonly counts: TransitionCounts;
  readonly records: number;
}

/** The log cannot be read to its end. */
export interface LogProblem {
  readonly code: 'log';
  readonly problem: string;
}

/**
 * @param sinceMs records of before are left out, milliseconds since the epoch
 * @param rest called now and then; may wait, as to spare the CPU
 */
export async function readLog(
  folder: string,
  sinceMs: number,
  seed: number,
  rest?: () => Promise<void>,
): Promise<ReadLog | LogProblem> {
  const market = new LoggedMarket(seed);
  const decisions: LoggedDecision[] = [];
  const transitions = new Transitions((decision) => {
    decisions.push(decision);
    if (decisions.length >= 2 * DECISIONS_MAX) decisions.splice(0, DECISIONS_MAX);
  });
  let records = 0;
  try {
    for await (const { record } of readEntries(folderSpans(realDisk, folder), 1)) {
      records += 1;
      if (records % RESTED === 0) await rest?.();
      if (record.atMs < sinceMs) continue;
      if (record.type === 'notice') market.take(record);
      transitions.take(record);
    }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing && !(error instanceof EventLogCorrupt)) throw error;
    return { code: 'log', problem: missing ? `${folder}: there is no event log` : (error as Error).message };
  }
  transitions.end();
  return { market, decisions: decisions.slice(-DECISIONS_MAX), counts: transitions.counts, records };
}

/**
 * Logged decisions with a reward that does not ask for the rest of the day: the predicted clicks a slot has won, less
 * what its money would have bought elsewhere in the day, in units of what a slot of the day wins on average. The price
 * of a click is that at the margin: predicted clicks for each micro bid, of all that was billed in the day.
 */
export function decisionsOf(logged: readonly LoggedDecision[]): Decision[] {
  const episodes = new Map<string, LoggedDecision[]>();
  for (const decision of logged) {
    const known = episodes.get(decision.episode);
    if (known === undefined) episodes.set(decision.episode, [decision]);
    else known.push(decision);
  }
  return [...episodes].flatMap(([episode, all]) => {
    const sum = (of: (decision: LoggedDecision) => number): number => all.reduce((total, each) => total + of(each), 0);
    const [value, bid] = [sum((each) => each.value), sum((each) => each.bidMicros)];
    // A day without a win says nothing of what money buys.
    if (!(value > 0) || !(bid > 0)) return [];
    all.sort((a, b) => a.record.by - b.record.by || a.record.atMs - b.record.atMs);
    return all.map(({ record: { inputs, output, density, slot }, value: won, spentMicros }) => ({
      ...{ inputs, output, density, episode, slot },
      reward: ((won - (value / bid) * spentMicros) * all.length) / value,
    }));
  });
}

/** What a policy draws its output from, for the estimates: with the deviation of the log where it has none itself. */
export function sigmaOf(logged: readonly LoggedDecision[]): number {
  return logged.findLast(({ record }) => record.sigma > 0)?.record.sigma ?? 0;
}
