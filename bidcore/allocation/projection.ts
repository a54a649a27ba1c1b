// Amounts in proportion to weights, within bounds, in whole micros that sum to the total exactly.

export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/**
 * The amounts level × weight, each kept within its bounds, at the level where they sum to the total. Whole bounds and a
 * whole total give whole amounts: what rounding leaves goes to the largest remainders (Hamilton's method).
 * @returns undefined where the bounds do not allow the total
 */
export function withinBounds(
  weights: readonly number[],
  bounds: readonly Bounds[],
  total: number,
): number[] | undefined {
  const least = bounds.reduce((sum, { lower }) => sum + lower, 0);
  const most = bounds.reduce((sum, { upper }) => sum + upper, 0);
  if (least > total || most < total) return undefined;
  const largest = Math.max(...weights);
  // Nothing weighs nothing: where all others are at their most, what is left still goes somewhere.
  const positive = weights.map((weight) => (largest > 0 ? Math.max(weight / largest, 1e-9) : 1));
  const at = (level: number): number[] =>
    bounds.map(({ lower, upper }, i) => Math.min(upper, Math.max(lower, level * (positive[i] as number))));
  const sumAt = (level: number): number => at(level).reduce((sum, amount) => sum + amount, 0);
  let [low, high] = [0, total];
  while (sumAt(high) < total) high *= 2;
  for (let step = 0; step < 200 && low < high; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (sumAt(middle) < total) low = middle;
    else high = middle;
  }
  return rounded(at(high), bounds, total);
}

function rounded(amounts: readonly number[], bounds: readonly Bounds[], total: number): number[] {
  const whole = amounts.map((amount, i) => Math.max(Math.floor(amount), (bounds[i] as Bounds).lower));
  let left = total - whole.reduce((sum, amount) => sum + amount, 0);
  const order = amounts
    .map((amount, i) => ({ i, rest: amount - (whole[i] as number) }))
    .sort((a, b) => b.rest - a.rest || a.i - b.i);
  // One pass gives a micro each; doubles of large amounts may leave more than one.
  while (left !== 0) {
    const sign = Math.sign(left);
    for (const { i } of sign > 0 ? order : [...order].reverse()) {
      if (left === 0) break;
      const { lower, upper } = bounds[i] as Bounds;
      const next = (whole[i] as number) + sign;
      if (next < lower || next > upper) continue;
      whole[i] = next;
      left -= sign;
    }
  }
  return whole;
}
