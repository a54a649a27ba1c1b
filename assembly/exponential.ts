// The exponential function, compiled by both compilers to the same bits: plain 64-bit arithmetic in one order. Math.exp
// is not that: engines may differ in its last bits.
//
// exp(x) = exp(x / 16)^16. Of a number up to 0.5, 13 terms of the power series leave 10^-15 of it; four squarings make
// that sixteen times as much.

/** e to the power of a number from -8 to 8, within 2 × 10^-14 of it; exactly 1 at 0. */
export function exponential(x: f64): f64 {
  const r = x * 0.0625;
  let p = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0);
  p = 1.0 / 362880.0 + r * (1.0 / 3628800.0 + r * (1.0 / 39916800.0 + r * p));
  p = 1.0 / 720.0 + r * (1.0 / 5040.0 + r * (1.0 / 40320.0 + r * p));
  p = 1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * p));
  p = 1.0 + r * (1.0 + r * (0.5 + r * p));
  const p2 = p * p;
  const p4 = p2 * p2;
  const p8 = p4 * p4;
  return p8 * p8;
}
