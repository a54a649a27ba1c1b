// Down-sampling of negatives. Clicks are rare: of a thousand impressions without one, most say what the others said.
// A share of them is learnt from, drawn by a hash of what names the example, so that the same one is always in or out.
//
// Correction: the model learns the odds of the sample, p / (1 − p), in which negatives are a share w of what they are;
// the true odds are w times those. So q = p / (p + (1 − p) / w) (He et al., "Practical Lessons from Predicting Clicks
// on Ads at Facebook", ADKDD 2014), which for a logistic model is ln w added to the bias and nothing else (Prentice
// and Pyke, Biometrika 66, 1979). The other way, a weight of 1 / w for each negative that stays, was left out: FTRL
// and AdaGrad take their step sizes from squared gradients, which then are 1 / w² as large.

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
 * True if an example is learnt from: every positive, and a share of the negatives.
 * @param high with `low` what names the example: halves of a bid id, or 0 and a line number
 * @param share 0 to 1, the trainer's `negatives`
 */
export function isLearnt(label: 0 | 1, high: number, low: number, share: number): boolean {
  return label === 1 || share >= 1 || drawOf(high, low, NEGATIVES) < share;
}
