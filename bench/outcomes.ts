// What became of a set of requests, in one line for the log: a figure means little without the work behind it.

import { FORMATS, type Format } from '../bidcore/creative_file.js';
import { reasonOf } from '../bidcore/reasons.js';
import type { Answers } from './rig.js';

export function describeAnswers(answers: Answers, requests: number): string {
  const share = (count: number): string => `${((100 * count) / requests).toFixed(1)}%`;
  const reasons = [...answers.reasons]
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${reasonOf(code).label} ${share(count)}`);
  return [`bids ${share(answers.bids)}`, ...reasons].join(', ');
}

export interface FormatBids {
  /** Bodies with an impression that takes the format. */
  readonly asked: number;
  /** Of these, those that get a bid of it. */
  readonly bid: number;
}

/** Bodies and bids by format, `mtype` of the bids being one more than its place among the formats. */
export function bidsByFormat(bodies: readonly Buffer[], answers: Answers): Map<Format, FormatBids> {
  const offered = bodies.map((body) => (jsonOf(body.toString()) as { imp?: unknown } | null | undefined)?.imp);
  return new Map(
    FORMATS.map((format, n) => {
      const bidOfIt = new RegExp(`"mtype":${n + 1}[,}]`);
      const takes = (imp: unknown): boolean => typeof (imp as Record<string, unknown> | null)?.[format] === 'object';
      const asked = offered.map((imps) => Array.isArray(imps) && imps.some(takes));
      const bid = answers.texts.filter((text, i) => asked[i] && bidOfIt.test(text)).length;
      return [format, { asked: asked.filter(Boolean).length, bid }];
    }),
  );
}

/** The value of a text, undefined for what is not JSON: a few of the collected bodies are not, on purpose. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
