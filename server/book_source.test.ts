// Which exchanges can be named while a book is being replaced.

import t from 'tap';
import { commonIndices } from './book_source.js';

t.test('exchanges that keep their index keep their name', async (t) => {
  t.same(commonIndices(['default', 'a', 'b'], ['default', 'a', 'c', 'b']), ['default', 'a', '', '']);
  t.same(commonIndices(['default', 'a', 'b'], ['default', 'b']), ['default', '']);
  t.same(commonIndices(['default'], ['default', 'a']), ['default', '']);
});
