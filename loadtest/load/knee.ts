// The knee: the highest rate at which a server still keeps what is asked of it. Doubled until it does not, then halved
// in between.

/** Knee and the next rate known to be too much lie within this of each other. */
const CLOSE = 1.06;
const DOUBLINGS_MAX = 12;

/**
 * @param keeps measures a rate, in requests a second
 * @param from a rate to begin with
 * @returns the highest rate that was kept; 0 if not even a thousandth of `from` was
 */
export async function findKnee(keeps: (rate: number) => Promise<boolean>, from: number): Promise<number> {
  let kept = 0;
  let tooMuch = Number.POSITIVE_INFINITY;
  for (let rate = from, n = 0; n < DOUBLINGS_MAX && rate >= from / 1000; n++) {
    if (await keeps(rate)) {
      kept = rate;
      if (tooMuch < Number.POSITIVE_INFINITY) break;
      rate *= 2;
    } else {
      tooMuch = rate;
      if (kept > 0) break;
      rate /= 2;
    }
  }
  while (kept > 0 && tooMuch < Number.POSITIVE_INFINITY && tooMuch / kept > CLOSE) {
    const rate = Math.round((kept + tooMuch) / 2);
    if (await keeps(rate)) kept = rate;
    else tooMuch = rate;
  }
  return kept;
}
