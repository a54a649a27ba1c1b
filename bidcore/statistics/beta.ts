// The gamma and beta functions and the regularised incomplete beta function, on which Student's t and the posterior of
// a rate stand.

const HALF_LOG_2_PI = 0.9189385332046727;
/** Bernoulli's numbers over 2k (2k − 1): what Stirling's formula leaves out (Abramowitz and Stegun 6.1.41). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/** ln Γ(x) less Stirling's (x − ½) ln x − x + ½ ln 2π, for x ≥ 10. */
function stirlingRest(x: number): number {
  return STIRLING.reduceRight((sum, c) => sum / (x * x) + c, 0) / x;
}

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  let product = 1;
  let z = x;
  for (; z < 10; z++) product *= z; // Γ(x) = Γ(x + k) / (x (x + 1) … (x + k − 1))
  return (z - 0.5) * Math.log(z) - z + HALF_LOG_2_PI + stirlingRest(z) - Math.log(product);
}

/** ln Γ(x) − x ln x + x for x > 0: what is left of Γ beside its large part. */
export function logGammaRest(x: number): number {
  return x < 10 ? logGamma(x) - x * Math.log(x) + x : HALF_LOG_2_PI - Math.log(x) / 2 + stirlingRest(x);
}

/**
 * ln B(a, b) for a, b > 0. Where both or one are large the large parts of the gamma functions are taken against each
 * other before they are added, else they would cancel the digits (Didonato and Morris, ACM TOMS 18, 1992, section 8).
 */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(small + large);
  const sum = small + large;
  const rest = stirlingRest(large) - stirlingRest(sum) + (large - 0.5) * Math.log1p(-small / sum);
  if (small < 10) return logGamma(small) + rest + small - small * Math.log(sum);
  return HALF_LOG_2_PI + stirlingRest(small) + rest + (small - 0.5) * Math.log(small / sum) - 0.5 * Math.log(sum);
}

/** Density of the beta distribution at x. */
export function betaDensity(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return 0;
  return Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta(a, b));
}

/**
 * Regularised incomplete beta function I_x(a, b): the probability that a beta variable is below x. By its continued
 * fraction (Press et al., "Numerical Recipes", 3rd edition, section 6.4), with Lentz's method.
 * @param rest 1 − x, where the caller has more digits of it than x has
 */
export function incompleteBeta(x: number, a: number, b: number, rest = 1 - x): number {
  if (!(x > 0)) return 0;
  if (!(rest > 0)) return 1;
  const front = Math.exp(
    a * (x > 0.5 ? Math.log1p(-rest) : Math.log(x)) + b * (x > 0.5 ? Math.log(rest) : Math.log1p(-x)) - logBeta(a, b),
  );
  if (x < (a + 1) / (a + b + 2)) return (front * fraction(x, a, b)) / a;
  return 1 - (front * fraction(rest, b, a)) / b;
}

/** Terms of the fraction: it needs some √max(a, b). */
const TERMS_MAX = 100_000;
const TINY = 1e-300;

function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= TERMS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return value;
}

function away(x: number): number {
  return Math.abs(x) < TINY ? TINY : x;
}
