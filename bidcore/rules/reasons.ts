// Why a rule acted, in words: `CTR 0.61% < 1% after 1,204 impressions in 24h`; and the same in numbers.

import { grouped, type MetricName, metricLabel, metricOf, metricText } from '../metrics/metrics.js';
import type { ConditionColumns } from './columns.js';
import { branchesOf, type Condition, type ConditionTree, isCondition, type RulePrediction } from './rule_schema.js';

/** What holds for a campaign and made a tree hold; of an or, only the branches that hold. */
export function reasonOf(tree: ConditionTree, campaign: number, columns: ConditionColumns): string {
  if (isCondition(tree)) return leafReason(tree, campaign, columns);
  const holding = branchesOf(tree).filter((branch) => columns.holds(branch)[campaign] === 1);
  return holding.map((branch) => reasonOf(branch, campaign, columns)).join(' and ');
}

function leafReason(condition: Condition, campaign: number, columns: ConditionColumns): string {
  const { metric, operator, value, window, consecutive, minimum_impressions } = condition;
  const windows = columns.windows(condition);
  const values = windows.map((one) => {
    const sums = one.series.sums(campaign, one.from, one.to);
    const found = metricOf(metric, sums, columns.budgetOf(campaign, one));
    return found === undefined ? 'unknown' : metricText(metric, found);
  });
  const said = `${metricLabel(metric)} ${values.reverse().join(', ')} ${operator} ${metricText(metric, value)}`;
  const impressions = windows.reduce((sum, one) => sum + one.series.sum('impressions', campaign, one.from, one.to), 0);
  const after = minimum_impressions > 0 && metric !== 'impressions' ? ` after ${grouped(impressions)} impressions` : '';
  return `${said}${after} in ${consecutive > 1 ? `each of ${consecutive} × ` : ''}${window}`;
}

/** What is expected, for a rule that acted ahead. */
export function predictedReason(
  tree: ConditionTree,
  { horizon, confidence }: RulePrediction,
  probability: number,
): string {
  const percent = (share: number): string => `${Number((share * 100).toFixed(1))}%`;
  const [found, wanted] = [percent(probability), percent(confidence)];
  return `${described(tree)} expected in ${horizon} with ${found}, at least ${wanted} wanted`;
}

/** A tree in words. */
export function described(tree: ConditionTree): string {
  if (!isCondition(tree)) {
    const parts = branchesOf(tree).map((branch) =>
      isCondition(branch) ? described(branch) : `(${described(branch)})`,
    );
    return parts.join('all' in tree ? ' and ' : ' or ');
  }
  const { metric, operator, value, window, consecutive } = tree;
  const times = consecutive > 1 ? `${consecutive} × ` : '';
  return `${metricLabel(metric)} ${operator} ${metricText(metric, value)} in ${times}${window}`;
}

/** What a condition saw of a campaign. */
export interface Observed {
  readonly metric: MetricName;
  readonly window: string;
  /** Of each of its windows, the latest first; null where it is undefined. */
  readonly values: readonly (number | null)[];
  /** In all of its windows. */
  readonly impressions: number;
}

/** What each condition of a tree saw of a campaign, those that did not hold included. */
export function observedOf(tree: ConditionTree, campaign: number, columns: ConditionColumns): Observed[] {
  if (!isCondition(tree)) return branchesOf(tree).flatMap((branch) => observedOf(branch, campaign, columns));
  const { metric, window } = tree;
  const windows = columns.windows(tree);
  const values = windows.map((one) => {
    const sums = one.series.sums(campaign, one.from, one.to);
    return metricOf(metric, sums, columns.budgetOf(campaign, one)) ?? null;
  });
  const impressions = windows.reduce((sum, one) => sum + one.series.sum('impressions', campaign, one.from, one.to), 0);
  return [{ metric, window, values, impressions }];
}
