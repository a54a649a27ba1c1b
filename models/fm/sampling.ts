// Down-sampling of negatives. Clicks are rare: of a thousand impressions without one, most say what the others said. A
// share of them is learnt from, drawn by a hash of what names the example, so that the same one is always in or out.
//
// Correction: each negative that stays stands for 1 / share of them, and is learnt with that weight, so that sums of
// gradients are on average what they would be over all. The other way is to learn the sample as it is and to correct
// its odds afterwards, q = p / (p + (1 − p) / share) (He et al., "Practical Lessons from Predicting Clicks on Ads at
// Facebook", ADKDD 2014), which is exact only where the model is. Measured (docs/prediction.md section 2), weights
// were as good at shares of 0.1 and above and better calibrated below, and no state has to know what share it is of.

/** A uniform number in [0, 1) of a 64-bit name given in two halves, and of what it is drawn for. */
export function drawOf(high: number, low: number, use: number): number {
  return scrambled(scrambled(scrambled(use) ^ high) ^ low) / 2 ** 32;
}

/** lowbias32, by Chris Wellons, public domain. */
function scrambled(n: number): number {
  let x = n ^ (n >>> 16);
  x = Math.imul(x, 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

const NEGATIVES = 0x6e656761;

/**
 * The weight an example is learnt with: 1 for a positive; for a negative 1 / share, or 0 if it is left out.
 * @param high with `low` what names the example: halves of a bid id, or 0 and a line number
 * @param share of the negatives that is learnt from, above 0, at most 1
 */
export function sampledWeight(label: 0 | 1, high: number, low: number, share: number): number {
  if (label === 1 || share >= 1) return 1;
  return drawOf(high, low, NEGATIVES) < share ? 1 / share : 0;
}
