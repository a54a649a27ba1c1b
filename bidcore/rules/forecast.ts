// The probability that a condition will hold for a campaign some time ahead: a rule with a prediction acts on that.
//
// The condition's windows are cut into pieces, and a line (or a level) is fitted to the metric by weighted least
// squares, a piece of a ratio weighing what its divisor is: the variance of a share of n is in proportion to 1/n. The
// metric of the window that will lie behind us then has the line's value at its middle; how sure that is, is Student's
// (Draper and Smith, "Applied Regression Analysis", section 3.1, prediction of a new observation).

import { quotient, ratioOf, type SumName } from '../metrics/metrics.js';
import { studentBelow } from '../statistics/student.js';
import type { ConditionColumns, Window } from './columns.js';
import type { RulePrediction } from './rule_schema.js';
import { branchesOf, type Condition, type ConditionTree, durationMs, isCondition } from './rule_schema.js';

const PIECES = 8;
const PIECES_MIN = 4;

interface Piece {
  /** Middle, in windows from now: the past is negative. */
  readonly time: number;
  readonly value: number;
  readonly weight: number;
}

/**
 * Probability that a tree holds at the horizon; undefined where a condition has too little data. Of an and and an or it
 * is the least that the probabilities of their parts allow (Fréchet's bounds), since the parts are not independent.
 */
export function probabilityOf(
  tree: ConditionTree,
  campaign: number,
  columns: ConditionColumns,
  prediction: RulePrediction,
): number | undefined {
  if (isCondition(tree)) return leafProbability(tree, campaign, columns, prediction);
  const parts = branchesOf(tree).map((branch) => probabilityOf(branch, campaign, columns, prediction));
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  if ('any' in tree) return Math.max(...known);
  return Math.max(0, known.reduce((sum, part) => sum + part, 0) - (known.length - 1));
}

function leafProbability(
  condition: Condition,
  campaign: number,
  columns: ConditionColumns,
  { horizon, method }: RulePrediction,
): number | undefined {
  const windows = columns.windows(condition);
  const enough = windows.every(
    ({ series, from, to }) => series.sum('impressions', campaign, from, to) >= condition.minimum_impressions,
  );
  if (!enough) return undefined;
  const pieces = piecesOf(condition, campaign, columns);
  if (pieces.length < PIECES_MIN) return undefined;
  const ahead = durationMs(horizon) / durationMs(condition.window);
  return probabilityBeyond(pieces, ahead - condition.consecutive / 2, condition, method === 'trend');
}

function piecesOf(condition: Condition, campaign: number, columns: ConditionColumns): Piece[] {
  const windows = columns.windows(condition);
  const last = windows[0] as Window;
  const { series, to } = last;
  const length = to - last.from;
  const first = Math.max(0, to - length * windows.length);
  const step = Math.max(1, Math.ceil((to - first) / PIECES));
  const ratio = ratioOf(condition.metric);
  const pieces: Piece[] = [];
  for (let from = first; from + step <= to; from += step) {
    const sum = (name: SumName): number => series.sum(name, campaign, from, from + step);
    const time = (from + step / 2 - to) / length;
    if (ratio === undefined) {
      // A sum of a piece is that of a window at the same rate.
      pieces.push({ time, value: (sum(condition.metric as SumName) * length) / step, weight: 1 });
      continue;
    }
    const byBudget = ratio.by === 'budget_micros';
    const by = byBudget ? columns.budgetOf(campaign, { series, from, to: from + step }) : sum(ratio.by as SumName);
    if (by === 0) continue;
    const of = sum(ratio.of) - (ratio.less === undefined ? 0 : sum(ratio.less));
    pieces.push({ time, value: quotient(ratio, of, by), weight: byBudget ? 1 : by });
  }
  return pieces;
}

function probabilityBeyond(pieces: readonly Piece[], time: number, { operator, value }: Condition, line: boolean) {
  const sum = (f: (piece: Piece) => number): number => pieces.reduce((total, piece) => total + f(piece), 0);
  const weight = sum((piece) => piece.weight);
  const middle = sum((piece) => piece.weight * piece.time) / weight;
  const level = sum((piece) => piece.weight * piece.value) / weight;
  const spread = sum((piece) => piece.weight * (piece.time - middle) ** 2);
  const slope = line ? sum((piece) => piece.weight * (piece.time - middle) * piece.value) / spread : 0;
  const df = pieces.length - (line ? 2 : 1);
  const noise =
    sum((piece) => piece.weight * (piece.value - level - slope * (piece.time - middle)) ** 2) / Math.max(1, df);
  const expected = level + slope * (time - middle);
  const variance = noise * (2 / weight + (line ? (time - middle) ** 2 / spread : 0));
  const below = operator === '<' || operator === '<=';
  if (!(variance > 0)) {
    const equal = expected === value && operator.endsWith('=');
    return equal || (below ? expected < value : expected > value) ? 1 : 0;
  }
  const t = (value - expected) / Math.sqrt(variance);
  return below ? studentBelow(t, df) : 1 - studentBelow(t, df);
}
