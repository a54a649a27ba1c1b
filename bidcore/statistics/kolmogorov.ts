// Kolmogorov's distribution: the limit of the distance between two samples of one distribution (Kolmogorov 1933).

/** Probability that Kolmogorov's variable is above λ: 2 Σ (−1)^(k−1) exp(−2 k² λ²). */
export function kolmogorovTail(lambda: number): number {
  if (lambda < 0.2) return 1; // to more digits than a double has
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * lambda * lambda);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}
