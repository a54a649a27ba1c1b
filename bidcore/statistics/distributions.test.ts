// The distributions against published tables, and against what they are by definition.

import t from 'tap';
import { betaDensity, incompleteBeta, logBeta, logGamma } from './beta.js';
import { normalBelow, normalDensity, normalQuantile, twoSided, Z_95, Z_999 } from './normal.js';
import { integrate, quadrature, root } from './quadrature.js';
import { noncentralBelow, studentBelow, studentQuantile, studentTwoSided } from './student.js';

const near = (value: number, wanted: number, tolerance = 1e-12): boolean =>
  Math.abs(value - wanted) <= tolerance * Math.max(1e-300, Math.abs(wanted));

t.test('the normal distribution: Abramowitz and Stegun, table 26.1 and 26.2', async (t) => {
  for (const [z, below] of [
    [0, 0.5],
    [0.5, 0.691462461274013],
    [1, 0.841344746068543],
    [1.5, 0.933192798731142],
    [2, 0.977249868051821],
    [3, 0.99865010196837],
    [4, 0.999968328758167],
  ] as const) {
    t.ok(near(normalBelow(z), below, 1e-14), `below ${z}`);
    t.ok(near(normalBelow(-z), 1 - below, 1e-10), `below −${z}`);
  }
  // −log10 of what is above x.
  for (const [x, digits] of [
    [5, 6.54265],
    [10, 23.11805],
    [20, 88.5601],
    [37, 299.24218],
  ] as const) {
    t.ok(Math.abs(-Math.log10(normalBelow(-x)) - digits) < 2e-5, `tail of ${x}`);
  }
  t.ok(near(twoSided(Z_95), 0.05, 1e-13));
  t.ok(near(twoSided(-Z_999), 0.001, 1e-13));
  t.equal(normalBelow(-50), 0);
});

t.test('normal quantiles: the inverse, to the ends', async (t) => {
  t.ok(near(normalQuantile(0.975), 1.959963984540054, 1e-14));
  t.ok(near(normalQuantile(0.9995), 3.290526731491926, 1e-13));
  t.ok(near(normalQuantile(1e-9), -5.997807015007773, 1e-13));
  for (const p of [1e-300, 1e-20, 0.01, 0.3, 0.7, 0.9]) t.ok(near(normalBelow(normalQuantile(p)), p, 1e-12), String(p));
  t.same([0, 1].map(normalQuantile), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

t.test('Student’s t: the table of quantiles (Fisher and Yates, table III)', async (t) => {
  for (const [df, at95, at99, at999] of [
    [1, 12.706, 63.657, 636.619],
    [2, 4.303, 9.925, 31.599],
    [3, 3.182, 5.841, 12.924],
    [4, 2.776, 4.604, 8.61],
    [5, 2.571, 4.032, 6.869],
    [10, 2.228, 3.169, 4.587],
    [20, 2.086, 2.845, 3.85],
    [30, 2.042, 2.75, 3.646],
    [60, 2, 2.66, 3.46],
    [120, 1.98, 2.617, 3.373],
  ] as const) {
    for (const [level, wanted] of [
      [0.975, at95],
      [0.995, at99],
      [0.9995, at999],
    ] as const) {
      t.ok(Math.abs(studentQuantile(level, df) - wanted) <= 5.1e-4, `df ${df}, ${level}`);
    }
  }
});

t.test('Student’s t: closed forms of 1 and 2 degrees of freedom, the normal distribution for many', async (t) => {
  for (const x of [-40, -1.3, -1e-3, 0, 0.2, 2, 1e6]) {
    t.ok(near(studentBelow(x, 1), 0.5 + Math.atan(x) / Math.PI, 1e-9), `df 1, ${x}`);
    t.ok(Math.abs(studentBelow(x, 2) - 0.5 - x / (2 * Math.sqrt(2 + x * x))) < 1e-14, `df 2, ${x}`);
    t.ok(Math.abs(studentBelow(x, 1e9) - normalBelow(x)) < 1e-8, `df 1e9, ${x}`);
  }
  for (const p of [1e-9, 0.01, 0.4, 0.6, 0.9999]) t.ok(near(studentBelow(studentQuantile(p, 3.7), 3.7), p), `p ${p}`);
  t.same(
    [0, 0.5, 1].map((p) => studentQuantile(p, 4)),
    [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY],
  );
  t.equal(studentTwoSided(Number.POSITIVE_INFINITY, 3), 0);
});

t.test('noncentral t: its central case, its mean of many trials, and few degrees of freedom', async (t) => {
  for (const [x, df] of [
    [-1.5, 3],
    [0.7, 12],
    [2.2, 1000],
  ] as const) {
    t.ok(near(noncentralBelow(x, df, 0), studentBelow(x, df), 1e-11), `t ${x}, df ${df}`);
  }
  // P(T < 0) is P(Z < −δ), whatever the degrees of freedom.
  t.ok(near(noncentralBelow(0, 7, 1.5), normalBelow(-1.5), 1e-12));
  // By quadrature of 30 digits (mpmath).
  t.ok(near(noncentralBelow(1.98, 126, 2.83), 0.198392403101024, 1e-12));
  t.ok(near(noncentralBelow(2.1, 2, 1), 0.7239362333424013, 1e-12));
});

t.test('gamma and beta: factorials, halves, and large arguments that would cancel', async (t) => {
  t.ok(near(logGamma(11), Math.log(3628800), 1e-14));
  t.ok(near(logGamma(0.5), Math.log(Math.PI) / 2, 1e-14));
  t.ok(near(logBeta(3, 4), Math.log(1 / 60), 1e-14));
  // B(a, b + 1) = B(a, b) b / (a + b).
  for (const [a, b] of [
    [0.5, 5e8],
    [30, 4e6],
    [3e5, 2e5],
  ] as const) {
    t.ok(Math.abs(logBeta(a, b + 1) - logBeta(a, b) - Math.log(b / (a + b))) < 1e-10, `${a}, ${b}`);
  }
});

t.test('incomplete beta: binomial sums, symmetry, its density', async (t) => {
  // I_x(a, n − a + 1) is the chance of at least a successes of n: 3 of 10 at 0.3, any table of the binomial.
  t.ok(Math.abs(incompleteBeta(0.3, 3, 8) - 0.6172172136) < 1e-12);
  for (const [x, a, b] of [
    [0.2, 0.4, 7],
    [0.7, 30, 12],
    [0.999, 5, 0.1],
  ] as const) {
    t.ok(near(incompleteBeta(x, a, b), 1 - incompleteBeta(1 - x, b, a), 1e-12), `${x}, ${a}, ${b}`);
  }
  const area = integrate((x) => betaDensity(x, 30, 12), [0.5, 0.6, 0.7]);
  t.ok(near(area, incompleteBeta(0.7, 30, 12) - incompleteBeta(0.5, 30, 12), 1e-12));
  t.same(
    [-1, 0, 1, 2].map((x) => incompleteBeta(x, 2, 3)),
    [0, 0, 1, 1],
  );
  t.same(
    [0, 1].map((x) => betaDensity(x, 2, 3)),
    [0, 0],
  );
});

t.test('panels and roots', async (t) => {
  t.ok(
    near(
      integrate((x) => x ** 31, [0, 1]),
      1 / 32,
      1e-13,
    ),
  );
  t.ok(
    near(
      quadrature(-8, 8, 8).reduce((sum, { x, weight }) => sum + weight * normalDensity(x), 0),
      1,
      1e-13,
    ),
  );
  t.ok(near(root(Math.cos, 0, 3), Math.PI / 2, 1e-15));
  t.equal(
    root((x) => x + 1, 0, 5),
    0,
    'no root between: the nearer end',
  );
});
