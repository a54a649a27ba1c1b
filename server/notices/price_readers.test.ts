// Which exchange's prices are read how, also while books change.

import t from 'tap';
import { exchangeProfile } from '../../bidcore/exchange_file.js';
import { frontExchanges } from '../book_source.js';
import { PriceReaders } from './price_readers.js';

const keys = {
  encryption: Buffer.from('skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5o=', 'base64url'),
  integrity: Buffer.from('arO23ykdNqUQ5LEoQ0FVmPkBd7xB5CO89PDZlSjpFxo=', 'base64url'),
};
const ENCRYPTED = 'YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCAWJRxOgA';
const IN_BASE64 = 'MS4yNQ==';

const exchanges = (profiles: Record<string, string>) =>
  frontExchanges(Object.entries(profiles).map(([id, price_encoding]) => exchangeProfile.parse({ id, price_encoding })));

/** What the exchange at a position makes of a plain price, one in base64 and an encrypted one. */
const reads = (readers: PriceReaders, at: number) => ['1.25', IN_BASE64, ENCRYPTED].map((text) => readers.at(at)(text));
const PLAIN = [1_250_000, undefined, undefined];
const BASE64 = [1_250_000, 1_250_000, undefined];
const GOOGLE = [undefined, undefined, 1900];

t.test('each exchange has its way, and its keys by its name', async (t) => {
  const readers = new PriceReaders({ OPEN_BIDDING_2: keys });
  readers.set(exchanges({ default: 'plain', b: 'base64', 'open.bidding-2': 'google', other: 'google' }));
  t.same(
    [0, 1, 2, 3, 4].map((at) => reads(readers, at)),
    [PLAIN, BASE64, GOOGLE, [undefined, undefined, undefined], PLAIN],
  );
});

t.test('a position that a new book does not have is read as before; the default one keeps its way', async (t) => {
  const readers = new PriceReaders({ G: keys });
  readers.set(exchanges({ default: 'base64', a: 'plain', g: 'google' }));
  const moving = exchanges({ default: 'base64', a: 'plain', g: 'google' }).map((one) => ({ ...one, index: 0 }));
  readers.set(moving);
  t.same(
    [0, 1, 2].map((at) => reads(readers, at)),
    [BASE64, PLAIN, GOOGLE],
  );
  readers.set(exchanges({ default: 'plain' }));
  t.same(
    [0, 1, 2].map((at) => reads(readers, at)),
    [PLAIN, PLAIN, GOOGLE],
  );
});
