// Notices counted by kind and outcome, in the counters of the shared memory: they outlive the worker that counts.

import * as map from '../../assembly/memory_map.js';
import { NOTICE_KINDS, type NoticeKind } from './event.js';
import { NOTICE_OUTCOMES, type NoticeOutcome, outcomeNumber } from './notice_outcomes.js';

if (NOTICE_OUTCOMES.length > map.NOTICE_OUTCOMES_MAX) throw new Error('the counters have no room for all outcomes');
if (map.COUNT_NOTICES + NOTICE_KINDS.length * map.NOTICE_OUTCOMES_MAX * 8 > map.COUNTERS_BYTES)
  throw new Error('the counters have no room for all kinds of notices');

export class NoticeCounts {
  readonly #counts: Float64Array;

  /** @param worker whose counters they are: no other thread counts there */
  constructor(memory: WebAssembly.Memory, worker: number) {
    const at = map.COUNTERS + worker * map.COUNTERS_BYTES + map.COUNT_NOTICES;
    this.#counts = new Float64Array(memory.buffer, at, NOTICE_KINDS.length * map.NOTICE_OUTCOMES_MAX);
  }

  count(kind: NoticeKind, outcome: NoticeOutcome): void {
    const i = NOTICE_KINDS.indexOf(kind) * map.NOTICE_OUTCOMES_MAX + outcomeNumber(outcome);
    this.#counts[i] = (this.#counts[i] as number) + 1;
  }
}

/** Notices of a kind by outcome, in the order of the table. */
export interface NoticeTotals {
  readonly kind: NoticeKind;
  readonly outcomes: readonly number[];
}

/** @param row sums over all workers of `count` counters from an offset on */
export function noticeTotals(row: (offset: number, count: number) => readonly number[]): NoticeTotals[] {
  return NOTICE_KINDS.map((kind, k) => {
    const offset = map.COUNT_NOTICES + k * map.NOTICE_OUTCOMES_MAX * 8;
    return { kind, outcomes: row(offset, NOTICE_OUTCOMES.length) };
  });
}
