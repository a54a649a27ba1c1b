// What workers are told of exchanges while a book is being replaced.

import t from 'tap';
import { exchangeProfile } from '../bidcore/exchange_file.js';
import { commonIndices, frontExchanges } from './book_source.js';

const exchanges = (...ids: string[]) => frontExchanges(ids.map((id) => exchangeProfile.parse({ id })));
const indices = (before: string[], after: string[]) =>
  commonIndices(exchanges(...before), exchanges(...after)).map(({ id, index }) => [id, index]);

t.test('exchanges that keep their index keep it, the others bid as the default one', async (t) => {
  t.same(indices(['default', 'a', 'b'], ['default', 'a', 'c', 'b']), [
    ['default', 0],
    ['a', 1],
    ['b', 0],
  ]);
  t.same(indices(['default', 'a', 'b'], ['default', 'b']), [
    ['default', 0],
    ['a', 0],
    ['b', 0],
  ]);
  t.same(indices(['default'], ['default', 'a']), [['default', 0]]);
});

t.test('until the new book is in force, the old profiles are', async (t) => {
  const tokenSha256 = 'ab'.repeat(32);
  const before = frontExchanges([exchangeProfile.parse({ id: 'default', auth_token_sha256: tokenSha256, qps: 5 })]);
  t.same(commonIndices(before, exchanges('default')), [
    { id: 'default', index: 0, tokenSha256, qps: 5, tellsReason: false, priceEncoding: 'plain' },
  ]);
});
