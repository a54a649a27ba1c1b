// The pieces of an encoded bid while they are put together: text, the places where the token or the native assets go,
// and the conditions under which each part is written (assembly/pieces.ts). Neighbours are joined where that changes
// nothing: the hot path copies piece by piece.

import { BEFORE_ASSETS, BEFORE_NOTHING, BEFORE_TOKEN, WHEN_BILLED_BY_IMPRESSION } from '../assembly/pieces.js';
import { NOT_A_CHARACTER } from './campaign_file.js';

/**
 * Stands where the token goes while a bid is rendered: a code point that is no character and that JSON leaves as it
 * is.
 */
export const TOKEN = NOT_A_CHARACTER;

/** The same in an impression's address: with the price behind it for exchanges that bill by impressions. */
export const TOKEN_AND_PRICE = TOKEN.repeat(3);
/** Not in base64, whatever the exchange prefers: it is not told here for whom the markup is. */
const PRICE_QUERY = '?p=${AUCTION_PRICE}';

/** A part of an encoded bid: what stands before its text, and under which conditions it is written. */
export interface Piece {
  readonly text: string;
  /** BEFORE_NOTHING, BEFORE_TOKEN or BEFORE_ASSETS. */
  readonly before: number;
  /** WHEN_* bits; all must hold. */
  readonly when: number;
}

export class PieceList {
  readonly #pieces: Piece[] = [];

  /** What was added, in order. */
  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** Adds text of the response, with TOKEN where the token goes. */
  add(text: string, when = 0): void {
    text.split(TOKEN_AND_PRICE).forEach((stretch, i) => {
      if (i > 0) {
        this.#pieces.push({ text: '', before: BEFORE_TOKEN, when });
        this.#join(PRICE_QUERY, when | WHEN_BILLED_BY_IMPRESSION);
      }
      const [start = '', ...behindTokens] = stretch.split(TOKEN);
      if (start !== '') this.#join(start, when);
      for (const part of behindTokens) this.#pieces.push({ text: part, before: BEFORE_TOKEN, when });
    });
  }

  /** Adds a member of the bid, or none if it has no value. Every member but the last ends with its comma. */
  member(name: string, value: unknown, when = 0): void {
    if (value !== undefined) this.add(`"${name}":${JSON.stringify(value)},`, when);
  }

  /** Adds the place where the native assets go. */
  assets(): void {
    this.#pieces.push({ text: '', before: BEFORE_ASSETS, when: 0 });
  }

  #join(text: string, when: number): void {
    const last = this.#pieces.at(-1);
    if (last?.when === when) this.#pieces[this.#pieces.length - 1] = { ...last, text: last.text + text };
    else this.#pieces.push({ text, before: BEFORE_NOTHING, when });
  }
}

/** A text as it stands between the quotes of a JSON string. */
export function insideString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
