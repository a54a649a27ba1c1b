// The workers' counters, added up when somebody asks: each worker writes its own, so counting costs it one addition.

import { MAX_WORKERS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { REASON_CODES } from '../assembly/reasons.js';
import { FORMATS } from './creative_file.js';
import { DECISION_BUCKETS_S, REQUEST_BUCKETS_S } from './hotpath.js';
import { type NoticeTotals, noticeTotals } from './money/notice_counts.js';
import { ARMS } from './snapshot.js';

/** A duration histogram: counts by bucket, not cumulative; the last is above all edges. */
export interface Durations {
  readonly sum: number;
  readonly buckets: number[];
}

/** Counters summed over all workers since the start. */
export interface Totals {
  readonly requests: number;
  readonly responses: number;
  readonly bids: number;
  /** By format, in the order of OpenRTB's markup types: banner, video, audio, native. */
  readonly bidsByFormat: number[];
  /** By arm, in the order of `ARMS`. */
  readonly bidsByArm: number[];
  readonly bidMicros: number;
  readonly tests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** By reason code; the index is the code. */
  readonly reasons: number[];
  /** Requests by exchange index. */
  readonly exchanges: number[];
  readonly requestSeconds: Durations;
  readonly decisionSeconds: Durations;
  readonly notices: readonly NoticeTotals[];
}

/** @param counters those of all workers, one row of `COUNTERS_BYTES` behind the other */
export function addUp(counters: Float64Array): Totals {
  const sum = (offset: number): number => {
    let total = 0;
    for (let w = 0; w < MAX_WORKERS; w++) total += counters[(w * map.COUNTERS_BYTES + offset) / 8] as number;
    return total;
  };
  const row = (offset: number, count: number): number[] => Array.from({ length: count }, (_, i) => sum(offset + i * 8));
  const durations = (offset: number, edges: readonly number[]): Durations => ({
    sum: sum(offset),
    buckets: row(offset + 8, edges.length + 1),
  });
  return {
    requests: sum(map.COUNT_REQUESTS),
    responses: sum(map.COUNT_RESPONSES),
    bids: sum(map.COUNT_BIDS),
    bidsByFormat: row(map.COUNT_BIDS_BY_FORMAT, FORMATS.length),
    bidsByArm: row(map.COUNT_BIDS_BY_ARM, ARMS.length),
    bidMicros: sum(map.COUNT_BID_MICROS),
    tests: sum(map.COUNT_TESTS),
    bytesIn: sum(map.COUNT_BYTES_IN),
    bytesOut: sum(map.COUNT_BYTES_OUT),
    reasons: row(map.COUNT_REASONS, REASON_CODES),
    exchanges: row(map.COUNT_EXCHANGES, (map.COUNT_REQUEST_SECONDS - map.COUNT_EXCHANGES) / 8),
    requestSeconds: durations(map.COUNT_REQUEST_SECONDS, REQUEST_BUCKETS_S),
    decisionSeconds: durations(map.COUNT_DECISION_SECONDS, DECISION_BUCKETS_S),
    notices: noticeTotals(row),
  };
}
