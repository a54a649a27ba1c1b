// The tuner and random search on a known function, with the same evaluations.

import { Random } from '../fuzz/random.js';
import type { KnownFunction } from './known_functions.js';
import { type Point, pointAt, space } from './space.js';
import { Tuner } from './tuner.js';

/** How far above the minimum the best of the tuner's points is. */
export function gapOfTuner(known: KnownFunction, evaluations: number, seed: number): number {
  const tuner = new Tuner({ space: known.space, goal: 'minimise', seed });
  return gap(known, evaluations, (evaluate) => {
    const point = tuner.suggest();
    tuner.observe(point, evaluate(point));
  });
}

/** How far above the minimum the best of as many random points is: the median of 101 searches. */
export function gapOfRandom(known: KnownFunction, evaluations: number, seed: number): number {
  const random = new Random(seed);
  const box = space.parse(known.space);
  const gaps = Array.from({ length: 101 }, () =>
    gap(known, evaluations, (evaluate) => {
      const unit = box.map(() => random.float());
      evaluate(pointAt(box, unit));
    }),
  );
  return gaps.sort((a, b) => a - b)[50] as number;
}

function gap(
  { space: box, minimum, at }: KnownFunction,
  evaluations: number,
  step: (evaluate: (point: Point) => number) => void,
): number {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < evaluations; n++) {
    step((point) => {
      const value = at(box.map(({ name }) => point[name] as number));
      best = Math.min(best, value);
      return value;
    });
  }
  return best - minimum;
}
