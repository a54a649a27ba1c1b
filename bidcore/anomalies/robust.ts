// Middle and spread that a few wild values do not move.

/** A MAD of normal values times this is their standard deviation. */
const MAD_TO_DEVIATION = 1.4826;

/** 0 of no values. */
export function medianOf(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Standard deviation by the median distance from a middle (Hampel, JASA 69, 1974). */
export function robustDeviation(values: ArrayLike<number>, middle: number): number {
  return MAD_TO_DEVIATION * medianOf(Float64Array.from(values, (value) => Math.abs(value - middle)));
}
