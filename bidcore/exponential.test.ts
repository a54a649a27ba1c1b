// One source, two compilers: the exponential of price levels has the same bits in both, and is the exponential.

import t from 'tap';
import { exponential } from '../assembly/exponential.js';
import { instantiate } from './module.js';
import { TestBidder } from './testing/bidder.js';

const STEPS = 40_000;

t.test('the exponential is right to 12 digits, and the same in the module', async (t) => {
  const { memory, module } = new TestBidder();
  const inModule = instantiate(memory, module, 1).exponential;
  let worst = 0;
  let apart = 0;
  for (let i = -STEPS; i <= STEPS; i++) {
    const x = (8 * i) / STEPS;
    const y = exponential(x);
    worst = Math.max(worst, Math.abs(y / Math.exp(x) - 1));
    if (inModule(x) !== y) apart++;
  }
  t.ok(worst < 1e-12, `off by ${worst}`);
  t.equal(apart, 0);
  t.equal(exponential(0), 1);
});
