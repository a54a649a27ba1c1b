// Several tests at once: p-values adjusted so that they may be compared with the level wanted of all together.

/** Adjusted so that the chance of any false positive is kept (Holm, Scandinavian Journal of Statistics 6, 1979). */
export function holm(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length);
  let largest = 0;
  for (const [rank, { p, at }] of ascending(ps).entries()) {
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * p));
    adjusted[at] = largest;
  }
  return adjusted;
}

/**
 * Adjusted so that the expected share of false positives among the positives is kept, of tests that are independent or
 * depend positively (Benjamini and Hochberg, JRSS B 57, 1995).
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length);
  let smallest = 1;
  for (const [back, { p, at }] of ascending(ps).reverse().entries()) {
    smallest = Math.min(smallest, (ps.length / (ps.length - back)) * p);
    adjusted[at] = smallest;
  }
  return adjusted;
}

function ascending(ps: readonly number[]): { readonly p: number; readonly at: number }[] {
  return ps.map((p, at) => ({ p, at })).sort((a, b) => a.p - b.p);
}
