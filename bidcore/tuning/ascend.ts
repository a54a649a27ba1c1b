// Climbs a smooth function of a few variables: BFGS with step halving (Nocedal and Wright, "Numerical Optimization",
// algorithm 6.1).

import { dot } from './cholesky.js';

export interface Top {
  readonly point: readonly number[];
  readonly value: number;
}

type Slope = (point: readonly number[]) => { readonly value: number; readonly slopes: readonly number[] };

const STEPS_MAX = 60;
const STEP_LONGEST = 2;

/** A local maximum from a start; deterministic. Where the function is not finite no step leads. */
export function ascend(f: Slope, start: readonly number[]): Top {
  const n = start.length;
  let point = [...start];
  let { value, slopes } = f(point);
  let curvature = identity(n);
  for (let step = 0; step < STEPS_MAX; step++) {
    let direction = curvature.map((row) => dot(row, slopes));
    let rise = dot(direction, slopes);
    if (!(rise > 0)) {
      curvature = identity(n);
      direction = [...slopes];
      rise = dot(slopes, slopes);
    }
    if (!(rise > 1e-10)) break;
    let length = Math.min(1, STEP_LONGEST / Math.sqrt(dot(direction, direction)));
    let next = point;
    let there = { value, slopes };
    for (let halving = 0; halving < 20; halving++, length /= 2) {
      const tried = point.map((x, i) => x + length * (direction[i] as number));
      const found = f(tried);
      if (found.value >= value + 1e-4 * length * rise) {
        [next, there] = [tried, { value: found.value, slopes: found.slopes }];
        break;
      }
    }
    if (next === point) break;
    const gained = there.value - value;
    update(
      curvature,
      next.map((x, i) => x - (point[i] as number)),
      there.slopes.map((slope, i) => (slopes[i] as number) - slope),
    );
    [point, value, slopes] = [[...next], there.value, there.slopes];
    if (gained < 1e-7) break;
  }
  return { point, value };
}

function identity(n: number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
}

/** The estimate of the inverse curvature, after a step s along which the slopes fell by y (equation 6.17). */
function update(h: number[][], s: readonly number[], y: readonly number[]): void {
  const sy = dot(s, y);
  if (!(sy > 1e-12)) return;
  const hy = h.map((row) => dot(row, y));
  const factor = (1 + dot(y, hy) / sy) / sy;
  for (const [i, row] of h.entries()) {
    for (let j = 0; j < row.length; j++) {
      const mixed = ((s[i] as number) * (hy[j] as number) + (hy[i] as number) * (s[j] as number)) / sy;
      row[j] = (row[j] as number) + factor * (s[i] as number) * (s[j] as number) - mixed;
    }
  }
}
