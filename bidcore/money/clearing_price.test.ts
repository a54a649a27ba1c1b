// Clearing prices, form by form. Google's examples are those published with its price confirmations.

import t from 'tap';
import {
  base64Price,
  clearingPrice,
  googlePrice,
  optionalNumber,
  plainPrice,
  unreadablePrice,
} from './clearing_price.js';

const GOOGLE_KEYS = {
  encryption: Buffer.from('skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5o=', 'base64url'),
  integrity: Buffer.from('arO23ykdNqUQ5LEoQ0FVmPkBd7xB5CO89PDZlSjpFxo=', 'base64url'),
};
const google = googlePrice(GOOGLE_KEYS);
const BID = 2_500_000;

const CASES = [
  ['plain', plainPrice, '1.25', 1_250_000],
  ['an integer', plainPrice, '2', 2_000_000],
  ['the bid itself', plainPrice, '2.5', BID],
  ['free', plainPrice, '0', 0],
  ['many digits', plainPrice, '1.2345678901', 1_234_568],
  ['a point at the end', plainPrice, '1.', 1_000_000],
  ['an exponent', plainPrice, '1.5e-3', 1500],
  ['rounded up to cents by the exchange', plainPrice, '2.505', BID],
  ['above the bid', plainPrice, '2.51', 'price_above_bid'],
  ['far above', plainPrice, '1e9', 'price_above_bid'],
  ['too large for a number', plainPrice, '999999999999999', 'price_malformed'],
  ['nothing', plainPrice, '', 'price_missing'],
  ['not there', plainPrice, undefined, 'price_missing'],
  ['blanks', plainPrice, '  ', 'price_missing'],
  ['an audit', plainPrice, 'AUDIT', 'price_audit'],
  ['an audit in base64', base64Price, 'QVVESVQ=', 'price_audit'],
  ['the macro', plainPrice, '${AUCTION_PRICE}', 'price_unreplaced'],
  ['the macro of base64', base64Price, '${AUCTION_PRICE:B64}', 'price_unreplaced'],
  ['the macro, encoded twice', plainPrice, '%24%7BAUCTION_PRICE%7D', 'price_unreplaced'],
  ['the macro, for Google', google, '${AUCTION_PRICE}', 'price_unreplaced'],
  ['negative', plainPrice, '-1', 'price_malformed'],
  ['words', plainPrice, 'free', 'price_malformed'],
  ['no number', plainPrice, 'NaN', 'price_malformed'],
  ['infinite', plainPrice, 'Infinity', 'price_malformed'],
  ['hexadecimal', plainPrice, '0x10', 'price_malformed'],
  ['two points', plainPrice, '1.2.3', 'price_malformed'],
  ['a comma', plainPrice, '1,25', 'price_malformed'],
  ['too long', plainPrice, `1.${'0'.repeat(200)}`, 'price_malformed'],
  ['base64', base64Price, 'MS4yNQ==', 1_250_000],
  ['base64 without padding', base64Price, 'MS4yNQ', 1_250_000],
  ['plain where base64 is usual', base64Price, '1.25', 1_250_000],
  ['base64 of a negative price', base64Price, 'LTE=', 'price_malformed'],
  ['base64 where plain is usual', plainPrice, 'MS4yNQ==', 'price_malformed'],
  ['Google, 100 micros', google, 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msaw', 100],
  ['Google, 1900 micros', google, 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCAWJRxOgA', 1900],
  ['Google, 2700 micros', google, 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemC32prpWWw', 2700],
  ['Google, padded', google, 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msaw==', 100],
  ['Google, another signature', google, 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msbw', 'price_malformed'],
  ['Google, another price', google, 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCbe_6msaw', 'price_malformed'],
  ['Google, cut', google, 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6ms', 'price_malformed'],
  ['Google, a plain price', google, '1.25', 'price_malformed'],
  ['encrypted, without keys', unreadablePrice, 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msaw', 'price_malformed'],
] as const;

for (const [name, reader, text, expected] of CASES) {
  t.test(`a price: ${name}`, async (t) => {
    t.equal(clearingPrice(text, reader, BID), expected);
  });
}

t.test('keys of another exchange read no price', async (t) => {
  const swapped = googlePrice({ encryption: GOOGLE_KEYS.integrity, integrity: GOOGLE_KEYS.encryption });
  t.equal(swapped('YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msaw'), undefined);
});

t.test('a number that may as well not be there is one inside its bounds, or none', async (t) => {
  const cases = {
    '2': 2,
    '1.5': 1.5,
    '0': undefined,
    '': undefined,
    '-1': undefined,
    '${Q}': undefined,
    '1e3': undefined,
  };
  for (const [text, expected] of Object.entries(cases)) t.equal(optionalNumber(text, 1, 10), expected, text);
  t.equal(optionalNumber('11', 1, 10), undefined);
  t.equal(optionalNumber(undefined, 1, 10), undefined);
});
