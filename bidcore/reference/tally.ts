// Counts what the limits are about while a request is read: docs/decisions.md section 1, "Limits".

import * as limits from '../../assembly/limits.js';
import { integersOf, textsOf } from './fields.js';
import type { Json } from './json.js';

const MOST = {
  deals: limits.MAX_DEALS,
  'banner formats': limits.MAX_FORMATS,
  'native assets': limits.MAX_ASSETS,
  'floors by duration': limits.MAX_DURATION_FLOORS,
} as const;

export type Counted = keyof typeof MOST;

export class Tally {
  readonly #counts: Record<Counted, number> = {
    deals: 0,
    'banner formats': 0,
    'native assets': 0,
    'floors by duration': 0,
  };
  #listValues = 0;
  #longestIdBytes = 0;

  constructor(private readonly imps: number) {}

  id(raw: string): string {
    this.#longestIdBytes = Math.max(this.#longestIdBytes, Buffer.byteLength(raw));
    return raw;
  }

  texts(value: Json | undefined, counts: (text: string) => boolean = () => true): string[] {
    const texts = textsOf(value).filter(counts);
    this.#listValues += texts.length;
    return texts;
  }

  integers(value: Json | undefined): number[] {
    const integers = integersOf(value);
    this.#listValues += integers.length;
    return integers;
  }

  /** Objects that count as values of a list. */
  listed<T>(items: T[]): T[] {
    this.#listValues += items.length;
    return items;
  }

  count<T>(what: Counted, items: T[]): T[] {
    this.#counts[what] += items.length;
    return items;
  }

  /** What is over a limit, in words. */
  overLimit(): string | undefined {
    const over = (count: number, max: number, what: string): string[] =>
      count > max ? [`${count} ${what}, at most ${max}`] : [];
    return [
      ...over(this.imps, limits.MAX_IMPS, 'impressions'),
      ...Object.entries(this.#counts).flatMap(([what, count]) => over(count, MOST[what as Counted], what)),
      ...over(this.#longestIdBytes, limits.MAX_ID_BYTES, 'bytes in an id'),
      ...over(this.#listValues, limits.MAX_LIST_VALUES, 'list values'),
    ][0];
  }
}
