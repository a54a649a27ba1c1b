// What became of a set of requests, in one line for the log: a figure means little without the work behind it.

import { reasonOf } from '../bidcore/reasons.js';
import type { Answers } from './rig.js';

export function describeAnswers(answers: Answers, requests: number): string {
  const share = (count: number): string => `${((100 * count) / requests).toFixed(1)}%`;
  const reasons = [...answers.reasons]
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${reasonOf(code).label} ${share(count)}`);
  return [`bids ${share(answers.bids)}`, ...reasons].join(', ');
}
