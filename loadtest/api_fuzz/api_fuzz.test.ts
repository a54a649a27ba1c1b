// A short fuzz of the admin API: `npm run fuzz -- --api` is the long one.

import t from 'tap';
import { fuzzApi } from './fuzz.js';

t.setTimeout(240_000);

t.test('no call of a seeded run makes a 5xx, hangs, or loses the envelope of errors', async (t) => {
  const calls = 400;
  const tally = await fuzzApi(t, { seed: 1, calls, seconds: 200 }, () => undefined);
  t.same(tally.failures, []);
  t.equal(tally.calls, calls);
  for (const status of [200, 201, 400, 401, 404, 405, 415]) t.ok(tally.statuses[status], `some are answered ${status}`);
});
