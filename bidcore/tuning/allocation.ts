// The best way to give whole units to parts, each with a curve of what so many units bring: dynamic programming over
// the parts (the multiple-choice knapsack: Kellerer, Pferschy and Pisinger, "Knapsack Problems", chapter 11). Exact
// for any curves; work of parts × units².

/**
 * @param curves value of 0, 1, … units of each part; no part gets more than its curve is long
 * @param units to give in all; where the curves together are shorter, as many as they take
 * @returns units of each part
 */
export function bestUnits(curves: readonly Float64Array[], units: number): number[] {
  const room = curves.reduce((sum, curve) => sum + curve.length - 1, 0);
  const total = Math.min(units, room);
  const choices: Int32Array[] = [];
  let best = new Float64Array(total + 1).fill(Number.NEGATIVE_INFINITY);
  best[0] = 0;
  for (const curve of curves) {
    const next = new Float64Array(total + 1).fill(Number.NEGATIVE_INFINITY);
    const chosen = new Int32Array(total + 1);
    for (let given = 0; given <= total; given++) {
      for (let own = 0; own < curve.length && own <= given; own++) {
        const value = (best[given - own] as number) + (curve[own] as number);
        if (value > (next[given] as number)) [next[given], chosen[given]] = [value, own];
      }
    }
    choices.push(chosen);
    best = next;
  }
  let left = total;
  return choices
    .reverse()
    .map((chosen) => {
      const own = chosen[left] as number;
      left -= own;
      return own;
    })
    .reverse();
}
