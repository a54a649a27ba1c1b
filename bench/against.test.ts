// `against`, with this checkout in the place of the other one: the answers of both are the same, and all ratios come.
// No timing is asserted.

import { fileURLToPath } from 'node:url';
import t from 'tap';
import { against } from './against.js';
import { SIZES, type Size } from './benchmark.js';
import { Report } from './report.js';

t.setTimeout(180_000);

const SMALL: Size = { ...SIZES.small, ads: [1000] };
const THIS_CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

t.test('a checkout against itself gives the same answers, and ratios of both servers to the canned one', async (t) => {
  const report = new Report(false, true);
  await against.run({ size: SMALL, seed: 1, report, before: THIS_CHECKOUT });
  const [before, after] = report.works;
  t.match(before?.what, /^bids [1-9]/, 'and they bid');
  t.same(after, { ...before, benchmark: 'against after' });
  const names = report.figures.filter(({ value }) => Number.isFinite(value)).map(({ name }) => name);
  for (const kind of ['throughput_ratio', 'throughput_cpu_ratio']) {
    for (const which of ['before', 'after', 'change']) t.ok(names.includes(`${kind}_${which}`), `${kind}_${which}`);
  }
});

t.test('without another checkout there is nothing to compare with', async (t) => {
  await t.rejects(against.run({ size: SMALL, seed: 1, report: new Report(false, true) }), /--before/);
});
