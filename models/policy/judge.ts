// The gate for policies: whether a candidate may follow the policy that bids.
//
//   not better   predicted clicks won in replay at the same budgets, the candidate's less the incumbent's, in per cent
//                of the incumbent's: the 95% interval, from drawing worlds again, must be above 0
//   misspends    over a tenth of the budget in one slot, or under 95% of it in a day, where the pacer alone does not
//   contradicted the log's decisions say the opposite: the upper end of the doubly robust gain is below 0
//   too little   fewer worlds or days than say anything

import { short, type Verdict } from '../gate/gate.js';
import type { DayResult } from '../race/day.js';
import type { NoOverlap, OffPolicy } from './off_policy.js';
import type { Replay } from './replay.js';
import { bootstrapped, type Estimate, sumsOf } from './weighted.js';

const WORLDS_MIN = 12;
const DAYS_MIN = 40;
const SLOT_SHARE_MAX = 0.1;
const SPENT_SHARE_MIN = 0.95;

/** Numbers are finite. */
export type Figures = Readonly<Record<string, number>>;

export interface Judgement {
  readonly verdict: Verdict;
  /** Per cent of the incumbent's value, by day. */
  readonly difference: Estimate;
  /** Of the incumbent against the pacer alone, and of the candidate. */
  readonly figures: { readonly candidate: Figures; readonly incumbent: Figures };
}

/** @param logged what the log's decisions say of the candidate, if there are any */
export function judgePolicy(replays: readonly Replay[], logged?: OffPolicy | NoOverlap): Judgement {
  const difference = compared(replays, (each) => each.incumbent);
  const figures = {
    candidate: figuresOf(replays, (each) => each.candidate),
    incumbent: figuresOf(replays, (each) => each.incumbent),
  };
  const said = told(difference);
  const problem = littleProblem(replays) ?? spendProblem(replays) ?? betterProblem(difference) ?? loggedProblem(logged);
  const beside = logged === undefined ? '' : `; logged decisions: ${loggedText(logged)}`;
  const verdict =
    problem === undefined
      ? { passes: true, reason: `${said} of value at equal budget on ${replays.length} replayed days${beside}` }
      : { passes: false, reason: `${problem}${beside}` };
  return { verdict, difference, figures };
}

/** What logged decisions say, in words. */
function loggedText(logged: OffPolicy | NoOverlap): string {
  if ('code' in logged) return logged.problem;
  const { gain, decisions, effective } = logged;
  const bounds = `95%: ${short(gain.lower)} to ${short(gain.upper)}`;
  const worth = short(Math.round(effective));
  return `net gain a slot ${short(gain.value)} (${bounds}), of ${decisions} that are worth ${worth}`;
}

function compared(replays: readonly Replay[], to: (each: Replay) => DayResult): Estimate {
  const worlds = Math.max(0, ...replays.map(({ world }) => world + 1));
  const of = replays.map(({ world }) => world);
  const gains = replays.map(
    (each) => (100 * (each.candidate.value - to(each).value)) / Math.max(to(each).value, 1e-12),
  );
  const ones = replays.map(() => 1);
  return bootstrapped([sumsOf(gains, of, worlds), sumsOf(ones, of, worlds)], ([sum, count]) =>
    count === 0 ? 0 : (sum as number) / (count as number),
  );
}

function figuresOf(replays: readonly Replay[], of: (each: Replay) => DayResult): Figures {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length);
  return {
    days: replays.length,
    value_to_pacer: mean(replays.map((each) => of(each).value / Math.max(each.alone.value, 1e-12))),
    spent_share_min: Math.min(1, ...replays.map((each) => of(each).spent / each.budget)),
    slot_share_max: Math.max(0, ...replays.map((each) => slotShare(of(each), each.budget))),
  };
}

function littleProblem(replays: readonly Replay[]): string | undefined {
  const worlds = new Set(replays.map(({ world }) => world)).size;
  if (replays.length >= DAYS_MIN && worlds >= WORLDS_MIN) return undefined;
  const least = `${DAYS_MIN} of ${WORLDS_MIN} are the least`;
  return `too little to judge by: ${replays.length} days of ${worlds} worlds; ${least}`;
}

function spendProblem(replays: readonly Replay[]): string | undefined {
  for (const { candidate, alone, budget } of replays) {
    const [most, usual] = [slotShare(candidate, budget), slotShare(alone, budget)];
    if (most > SLOT_SHARE_MAX && usual <= SLOT_SHARE_MAX) {
      return `misspends: ${short(100 * most)}% of a budget in one slot, the pacer alone ${short(100 * usual)}%`;
    }
    const [spent, before] = [candidate.spent / budget, alone.spent / budget];
    if (spent < SPENT_SHARE_MIN && before >= SPENT_SHARE_MIN) {
      const usual = `the pacer alone ${short(100 * before)}%`;
      return `misspends: ${short(100 * spent)}% of a budget by the end of the day, ${usual}`;
    }
  }
  return undefined;
}

function betterProblem(difference: Estimate): string | undefined {
  if (difference.lower > 0) return undefined;
  return `${difference.upper < 0 ? 'worse' : 'not shown to be better'} in replay: ${told(difference)} of value`;
}

function loggedProblem(logged: OffPolicy | NoOverlap | undefined): string | undefined {
  if (logged === undefined || 'code' in logged || logged.gain.upper >= 0) return undefined;
  return 'logged decisions contradict the replay';
}

function slotShare({ spentBySlot }: DayResult, budget: number): number {
  return spentBySlot.reduce((most, spent) => Math.max(most, spent), 0) / budget;
}

function told({ value, lower, upper }: Estimate): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}% (95%: ${lower.toFixed(3)} to ${upper.toFixed(3)})`;
}
