// Functions whose minimum is known, to check the tuner on (Dixon and Szegő, "Towards Global Optimisation 2", 1978;
// Surjanovic and Bingham's virtual library of simulation experiments has all of them).

import type { TunerOptions } from './tuner.js';

export interface KnownFunction {
  readonly space: TunerOptions['space'];
  readonly minimum: number;
  at(x: readonly number[]): number;
}

function unitBox(dimensions: number): TunerOptions['space'] {
  return Array.from({ length: dimensions }, (_, d) => ({ name: `x${d + 1}`, low: 0, high: 1 }));
}

/** −Σ αᵢ exp(−Σ Aᵢⱼ (xⱼ − Pᵢⱼ)²). */
function hartmann(a: readonly (readonly number[])[], p: readonly (readonly number[])[]) {
  const heights = [1, 1.2, 3, 3.2];
  return (x: readonly number[]): number =>
    -heights.reduce((sum, height, i) => {
      const [scales, places] = [a[i] as readonly number[], p[i] as readonly number[]];
      const exponent = x.reduce((to, xj, j) => to + (scales[j] as number) * (xj - (places[j] as number)) ** 2, 0);
      return sum + height * Math.exp(-exponent);
    }, 0);
}

export const KNOWN_FUNCTIONS: Readonly<Record<'branin' | 'hartmann3' | 'hartmann6' | 'ackley_log', KnownFunction>> = {
  branin: {
    space: [
      { name: 'x1', low: -5, high: 10 },
      { name: 'x2', low: 0, high: 15 },
    ],
    minimum: 0.39788735772973816,
    at: ([x = 0, y = 0]) =>
      (y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6) ** 2 +
      10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
      10,
  },
  hartmann3: {
    space: unitBox(3),
    minimum: -3.86278214782076,
    at: hartmann(
      [
        [3, 10, 30],
        [0.1, 10, 35],
        [3, 10, 30],
        [0.1, 10, 35],
      ],
      [
        [0.3689, 0.117, 0.2673],
        [0.4699, 0.4387, 0.747],
        [0.1091, 0.8732, 0.5547],
        [0.0381, 0.5743, 0.8828],
      ],
    ),
  },
  hartmann6: {
    space: unitBox(6),
    minimum: -3.32236801141551,
    at: hartmann(
      [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
      ],
      [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
      ],
    ),
  },
  /** Ackley's function of the decimal logarithms, around a rate of 1e-3 and a size of 64. */
  ackley_log: {
    space: [
      { name: 'rate', low: 1e-6, high: 1, scale: 'log' },
      { name: 'size', low: 1, high: 1024, scale: 'log', integer: true },
    ],
    minimum: 0,
    at: ([rate = 1, size = 1]) => {
      const away = [Math.log10(rate) + 3, Math.log10(size / 64)];
      const mean = (f: (x: number) => number): number => away.reduce((sum, x) => sum + f(x) / 2, 0);
      return (
        20 +
        Math.E -
        20 * Math.exp(-0.2 * Math.sqrt(mean((x) => x * x))) -
        Math.exp(mean((x) => Math.cos(2 * Math.PI * x)))
      );
    },
  },
};
