// Features survive being packed.

import * as fc from 'fast-check';
import t from 'tap';
import { FEATURE_BITS } from '../assembly/model_layout.js';
import { FEATURE_COUNT, FEATURE_LIST_BYTES, packFeatures, unpackFeatures } from './feature_list.js';

const MOST = 2 ** FEATURE_BITS - 1;

t.test('packed and unpacked, features are what they were', async (t) => {
  const list = fc.array(fc.integer({ min: 0, max: MOST }), { minLength: FEATURE_COUNT, maxLength: FEATURE_COUNT });
  fc.assert(
    fc.property(list, (features) => {
      const bytes = packFeatures(features);
      return bytes.length === FEATURE_LIST_BYTES && unpackFeatures(bytes).every((index, i) => index === features[i]);
    }),
  );
  t.pass('for all lists');
});

t.test('the layout is that of docs/learning.md', async (t) => {
  const only = (i: number): Uint8Array => packFeatures(Array.from({ length: FEATURE_COUNT }, (_, j) => +(i === j)));
  t.equal(only(0)[0], 1);
  t.equal(only(1)[2], 1 << 2, 'bit 18');
  t.equal(only(26)[58], 1 << 4, 'bit 468');
  const full = packFeatures(new Array(FEATURE_COUNT).fill(MOST));
  t.equal(full[FEATURE_LIST_BYTES - 1], 0x3f, 'the last two bits are free');
});

t.test('what is no list of features is refused', async (t) => {
  t.throws(() => packFeatures([1, 2]));
  t.throws(() => packFeatures(new Array(FEATURE_COUNT).fill(MOST + 1)));
  t.throws(() => unpackFeatures(new Uint8Array(FEATURE_LIST_BYTES - 1)));
});
