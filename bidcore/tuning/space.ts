// The box that is searched: named parameters with bounds, on a linear or logarithmic scale, whole numbers if wanted. A
// search works in the unit box; here is the way there and back.

import { z } from 'zod';
import { DIMENSIONS_MAX } from './halton.js';

const parameter = z
  .strictObject({
    name: z.string().min(1),
    low: z.number(),
    high: z.number(),
    /** On which steps matter alike: log for learning rates and the like. */
    scale: z.enum(['linear', 'log']).default('linear'),
    integer: z.boolean().default(false),
  })
  .refine(({ low, high }) => low < high, 'low has to be below high')
  .refine(({ low, scale }) => scale === 'linear' || low > 0, 'a log scale begins above 0')
  .refine(
    ({ low, high, integer }) => !integer || (Number.isInteger(low) && Number.isInteger(high)),
    'bounds not whole',
  );

export const space = z
  .array(parameter)
  .min(1)
  .max(DIMENSIONS_MAX)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a name comes twice');
export type Space = z.output<typeof space>;
type Parameter = Space[number];

/** A value for each parameter, by name. */
export type Point = Readonly<Record<string, number>>;

/** The point at a place of the unit box, whole numbers rounded. */
export function pointAt(parameters: Space, unit: readonly number[]): Point {
  return Object.fromEntries(parameters.map((parameter, d) => [parameter.name, valueAt(parameter, unit[d] as number)]));
}

function valueAt(parameter: Parameter, unit: number): number {
  const { low, high, scale, integer } = parameter;
  const [from, to] = ends(parameter);
  const value = scale === 'log' ? from * (to / from) ** unit : from + unit * (to - from);
  return Math.min(high, Math.max(low, integer ? Math.round(value) : value));
}

/** Whole numbers have half a step more at both ends, so that each has its share of the scale. */
function ends({ low, high, integer }: Parameter): readonly [number, number] {
  return integer ? [low - 0.5, high + 0.5] : [low, high];
}

/** The place of a point in the unit box. Throws if it is not within the bounds, or misses a parameter. */
export function unitOf(parameters: Space, point: Point): number[] {
  return parameters.map((parameter) => {
    const { name, low, high, scale } = parameter;
    const value = point[name] ?? Number.NaN;
    if (!(value >= low && value <= high)) throw new RangeError(`${name}: ${value} is not within ${low} to ${high}`);
    const [from, to] = ends(parameter);
    return scale === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  });
}
