// Keys that the environment holds as text: those notices were signed with before, and those of exchanges that encrypt
// prices. What is wrong with one is said without saying it.

import type { ExchangeProfile } from '../bidcore/exchange_file.js';
import { PRICE_KEY_BYTES, type PriceKeys } from '../bidcore/money/clearing_price.js';
import type { NoticeKey } from '../bidcore/money/key_ring.js';

export const PRICE_KEYS_PREFIX = 'GAVEL_PRICE_KEYS_';

/** For `--help` and docs/operations.md: a family of keys, one for each exchange that encrypts prices. */
export const PRICE_KEYS_HELP = {
  name: `${PRICE_KEYS_PREFIX}EXCHANGE`,
  fallback: 'none',
  help:
    'Keys of an exchange that encrypts prices, as ENCRYPTION:INTEGRITY in base64. EXCHANGE is its id in capitals, ' +
    'with _ for all but letters and digits.',
};

/** `ID:HEX,ID:HEX`, or what is wrong with it. */
export function readOldKeys(text: string, currentId: number): readonly NoticeKey[] | string {
  const keys: NoticeKey[] = [];
  const ids = new Set([currentId]);
  for (const part of text.split(',')) {
    const [, number = '', digits = ''] = /^\s*(\d{1,3}):([0-9a-fA-F]{32})\s*$/.exec(part) ?? [];
    const id = Number(number);
    if (digits === '' || id > 255) return 'ID:KEY,ID:KEY with numbers from 0 to 255 and keys of 32 hexadecimal digits';
    if (ids.has(id)) return `two keys have the number ${id}, perhaps that of GAVEL_NOTICE_KEY_ID`;
    ids.add(id);
    keys.push({ id, bytes: Buffer.from(digits, 'hex') });
  }
  return keys;
}

/** `ENCRYPTION:INTEGRITY` in base64, of either alphabet; undefined if it is something else. */
export function readPriceKeys(text: string): PriceKeys | undefined {
  const parts = text.split(':').map((part) => Buffer.from(part, 'base64'));
  const [encryption, integrity] = parts;
  if (encryption === undefined || integrity === undefined) return undefined;
  const fits = parts.length === 2 && parts.every(({ length }) => length === PRICE_KEY_BYTES);
  return fits && /^[\w+/=-]+:[\w+/=-]+$/.test(text) ? { encryption, integrity } : undefined;
}

/** End of the name that the keys of an exchange have in the environment: `my-exchange` is `MY_EXCHANGE`. */
export function priceKeysName(exchange: string): string {
  return exchange.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/**
 * Which exchange encrypts prices that nobody here can read, as a problem of the campaign file; undefined: none does.
 * @param there ends of the names of the keys in the environment
 */
export function missingPriceKeys(
  exchanges: readonly Pick<ExchangeProfile, 'id' | 'price_encoding'>[],
  there: ReadonlySet<string>,
): string | undefined {
  const at = exchanges.findIndex(
    ({ id, price_encoding }) => price_encoding === 'google' && !there.has(priceKeysName(id)),
  );
  const exchange = exchanges[at];
  if (exchange === undefined) return undefined;
  const name = `${PRICE_KEYS_PREFIX}${priceKeysName(exchange.id)}`;
  return `exchanges.${at}.price_encoding: google needs ${name} in the environment`;
}
