// How each exchange tells its clearing prices, by its position in the book: tokens name exchanges by that.

import {
  base64Price,
  googlePrice,
  type PriceReader,
  plainPrice,
  unreadablePrice,
} from '../../bidcore/money/clearing_price.js';
import type { FrontExchange } from '../messages.js';
import { priceKeysName } from '../secret_keys.js';
import type { NoticeSettings } from './messages.js';

export class PriceReaders {
  readonly #keys: NoticeSettings['priceKeys'];
  #readers: readonly PriceReader[] = [];

  constructor(keys: NoticeSettings['priceKeys']) {
    this.#keys = keys;
  }

  /** Takes the exchanges of a book. A position it does not have is read as before: bids of it may be under way. */
  set(exchanges: readonly FrontExchange[]): void {
    const readers = [...this.#readers];
    for (const exchange of exchanges) {
      // While books change, exchanges that move stand for the default one; their readers follow with the new book.
      if (exchange.index > 0 || exchange.id === 'default') readers[exchange.index] = this.#readerOf(exchange);
    }
    this.#readers = readers;
  }

  at(exchange: number): PriceReader {
    return this.#readers[exchange] ?? plainPrice;
  }

  #readerOf({ id, priceEncoding }: FrontExchange): PriceReader {
    if (priceEncoding === 'plain') return plainPrice;
    if (priceEncoding === 'base64') return base64Price;
    const keys = this.#keys[priceKeysName(id)];
    return keys === undefined ? unreadablePrice : googlePrice(keys);
  }
}
