// The bounds and the memory map agree, and the check that says so runs before any memory is made.

import t from 'tap';
import { assertLimits, MAX_ADS, MAX_BODY_BYTES, MULTIPLIER_MAX, MULTIPLIER_MIN } from './limits.js';

t.test('every bound fits its region', async (t) => {
  t.doesNotThrow(assertLimits);
});

t.test('bounds are what the design asks for', async (t) => {
  t.ok(MAX_ADS >= 100_000, 'a book of 100,000 ads');
  t.ok(MAX_BODY_BYTES >= 65_536, 'bodies of 64 KB');
  t.same([MULTIPLIER_MIN, MULTIPLIER_MAX], [0.1, 2]);
});
