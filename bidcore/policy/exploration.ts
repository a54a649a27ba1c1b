// What a policy that explores adds to its mean: draws from the standard normal, and how likely what was drawn is. A
// draw belongs to its campaign and slot: another model in the middle of a slot does not throw the multiplier about,
// and a seed stands for all draws of a run.

/** Density of a normal distribution at a point; 0 where there is no deviation, for then nothing is drawn. */
export function normalDensity(x: number, mean: number, sigma: number): number {
  if (sigma === 0) return 0;
  const z = (x - mean) / sigma;
  return Math.exp((-z * z) / 2) / (sigma * Math.sqrt(2 * Math.PI));
}

/**
 * The draw of a campaign in a slot (Box and Muller 1958).
 * @param seed where chance enters, an integer of 32 bits
 * @param campaign index of its state
 */
export function slotDraw(seed: number, campaign: number, slot: number): number {
  const first = mixed(mixed(mixed(seed) ^ campaign) ^ slot);
  const second = mixed(first ^ 0x9e3779b9);
  return Math.sqrt(-2 * Math.log((first + 1) / 2 ** 32)) * Math.cos(2 * Math.PI * (second / 2 ** 32));
}

/** Spreads the bits of a word over all of them (the finaliser of splitmix32). */
function mixed(word: number): number {
  let z = (word + 0x9e3779b9) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
