// The distribution of the errors from censored counts, and the grid it is published on.

import t from 'tap';
import { distributionOf, fitHazards, gridOf, logisticHazards, probabilityBelow } from './baseline_fit.js';
import { BIN_WIDTH, BINS, type Counts, FIRST_BIN_AT } from './residual_counts.js';

/** What is known of an error: its value, that it is at most, or above. */
type Known = readonly [keyof Counts, number];

function countsOf(known: readonly Known[]): Counts {
  const counts = { exact: new Float64Array(BINS), below: new Float64Array(BINS), above: new Float64Array(BINS) };
  for (const [kind, error] of known) {
    const bin = Math.floor((error - FIRST_BIN_AT) / BIN_WIDTH);
    counts[kind][bin] = (counts[kind][bin] as number) + 1;
  }
  return counts;
}

const fitted = (known: readonly Known[], strength = 1e-9) =>
  distributionOf(fitHazards(countsOf(known), logisticHazards(0.5), strength));

t.test('without observations the distribution is the one it leans on', async (t) => {
  const distribution = fitted([], 1);
  for (const x of [-2, -0.3, 0, 0.7, 3]) {
    t.ok(Math.abs(probabilityBelow(distribution, x) - 1 / (1 + Math.exp(-x / 0.5))) < 0.001, `at ${x}`);
  }
});

t.test('with losses it is the product-limit estimate', async (t) => {
  // Kaplan and Meier by hand: of 5, one event at 0.11; 4 left, one lost at 0.31; 3 left, one event at 0.51.
  const distribution = fitted([
    ['exact', 0.11],
    ['above', 0.31],
    ['exact', 0.51],
    ['above', 0.71],
    ['above', 0.91],
  ]);
  t.ok(Math.abs(probabilityBelow(distribution, 0.2) - 1 / 5) < 1e-6);
  t.ok(Math.abs(probabilityBelow(distribution, 0.6) - (1 - (4 / 5) * (2 / 3))) < 1e-6);
});

t.test('from won and lost alone it is the share won at each bid', async (t) => {
  // Bids at three errors only; what is consistent with itself has the share won as the distribution there.
  const shares = [
    [-0.5, 0.2],
    [0.1, 0.5],
    [0.6, 0.8],
  ] as const;
  const known = shares.flatMap(([error, share]) =>
    Array.from({ length: 1000 }, (_, i): Known => [i < share * 1000 ? 'below' : 'above', error + 0.01]),
  );
  const distribution = fitted(known, 1);
  for (const [error, share] of shares) {
    const said = probabilityBelow(distribution, error + BIN_WIDTH / 2);
    t.ok(Math.abs(said - share) < 0.02, `${said} at ${error}`);
  }
});

t.test('grid points ascend strictly, and are dense where the distribution rises', async (t) => {
  const atoms = fitted(Array.from({ length: 500 }, (_, i): Known => ['exact', i % 2 === 0 ? 0.01 : 1.01]));
  for (const distribution of [fitted([], 1), atoms]) {
    const grid = gridOf([distribution], 64);
    t.equal(grid.length, 64);
    t.ok(grid.every((x, i) => i === 0 || x > (grid[i - 1] as number)));
  }
  const near = gridOf([atoms], 64).filter((x) => Math.abs(x - 0.01) < 0.03 || Math.abs(x - 1.01) < 0.03);
  t.ok(near.length > 20, `${near.length} points at the two atoms`);
});
