// Integrals and roots of smooth functions, as the other files need them: Gauss–Legendre panels, and bisection that
// interpolates.

/** Nodes of one panel: exact for polynomials up to degree 31. */
const NODES = 16;

interface Node {
  /** −1 to 1. */
  readonly x: number;
  readonly weight: number;
}

/** Roots of the Legendre polynomial, by Newton's method (Press et al., "Numerical Recipes", section 4.6). */
const RULE: readonly Node[] = Array.from({ length: NODES }, (_, i) => {
  let x = Math.cos((Math.PI * (i + 0.75)) / (NODES + 0.5));
  let slope = 0;
  for (let step = 0; step < 10; step++) {
    let [before, here] = [1, x];
    for (let n = 2; n <= NODES; n++) [before, here] = [here, ((2 * n - 1) * x * here - (n - 1) * before) / n];
    slope = (NODES * (x * here - before)) / (x * x - 1);
    x -= here / slope;
  }
  return { x, weight: 2 / ((1 - x * x) * slope * slope) };
});

/** Where to take a function from `from` to `to`, and with what weights, in equal panels. */
export function quadrature(from: number, to: number, panels: number): readonly Node[] {
  const half = (to - from) / panels / 2;
  return Array.from({ length: panels }, (_, panel) =>
    RULE.map(({ x, weight }) => ({ x: from + half * (2 * panel + 1 + x), weight: weight * half })),
  ).flat();
}

/** Integral of f over the panels between neighbouring edges, which are in order. */
export function integrate(f: (x: number) => number, edges: readonly number[]): number {
  return integrateAll((x) => [f(x)], edges, 1)[0] as number;
}

/** Integrals of several functions that are taken together, over the panels between neighbouring edges. */
export function integrateAll(f: (x: number) => readonly number[], edges: readonly number[], count: number): number[] {
  const sums = new Array<number>(count).fill(0);
  for (let i = 1; i < edges.length; i++) {
    const middle = ((edges[i] as number) + (edges[i - 1] as number)) / 2;
    const half = ((edges[i] as number) - (edges[i - 1] as number)) / 2;
    for (const { x, weight } of RULE) {
      for (const [k, value] of f(middle + half * x).entries()) sums[k] = (sums[k] as number) + half * weight * value;
    }
  }
  return sums;
}

/** Steps of `root`: bisection alone would reach a double's precision in this many. */
const STEPS_MAX = 200;

/**
 * Where f is 0 between two points at which its signs differ (else the end that is nearer to 0), as exactly as doubles
 * allow. Regula falsi in the Illinois variant (Dowell and Jarratt, BIT 11, 1971), with a bisection now and then.
 */
export function root(f: (x: number) => number, from: number, to: number): number {
  let [a, b] = [from, to];
  let [fa, fb] = [f(a), f(b)];
  if (fa === 0 || fa * fb > 0) return Math.abs(fa) <= Math.abs(fb) ? a : b;
  for (let step = 1; step <= STEPS_MAX && fb !== 0; step++) {
    const inner = step % 4 === 0 ? (a + b) / 2 : b - (fb * (b - a)) / (fb - fa);
    const x = inner > Math.min(a, b) && inner < Math.max(a, b) ? inner : (a + b) / 2;
    const fx = f(x);
    if (fx * fb < 0) [a, fa] = [b, fb];
    else fa /= 2;
    if (Math.abs(x - b) <= 1e-15 * Math.abs(x) || x === a) return x;
    [b, fb] = [x, fx];
  }
  return b;
}
