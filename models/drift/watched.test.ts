// The names under which features are watched are those of the places they are read from.

import t from 'tap';
import * as map from '../../assembly/memory_map.js';
import { CONTEXT_FEATURE_COUNT } from '../../bidcore/feature_list.js';
import { WATCHED } from './watched.js';

t.test('each feature of request and impression is watched at its place, but hour and weekday', async (t) => {
  const fields = Object.entries(map)
    .filter(([name, value]) => name.startsWith('FIELD_') && Number(value) < CONTEXT_FEATURE_COUNT)
    .map(([name, value]) => ({ name: name.slice('FIELD_'.length).toLowerCase(), at: Number(value) }))
    .sort((a, b) => a.at - b.at);
  t.equal(fields.length, CONTEXT_FEATURE_COUNT);
  t.same(
    WATCHED,
    fields.filter(({ name }) => name !== 'hour' && name !== 'weekday'),
  );
});
