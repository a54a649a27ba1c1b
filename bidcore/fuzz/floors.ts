// Floors of generated requests: near the bids of the aimed ad, because a comparison is only tested by values on both
// sides of it and on it, and in every spelling a number has.

import type { Ad } from '../book.js';
import { type Plain, raw } from './json_tree.js';
import type { Random } from './random.js';
import type { Draft } from './requests.js';

/** Floor and its currency: around the most the aimed ad pays, often exactly there, with the noise of binary numbers. */
export function makeFloor(
  { random, book, knobs }: Pick<Draft, 'random' | 'book' | 'knobs'>,
  aim: Ad | undefined,
): [Plain | undefined, Plain | undefined] {
  if (random.chance(0.15)) return [undefined, random.chance(0.2) ? 'EUR' : undefined];
  const known = [...book.rates.keys()];
  const code = random.weighted<string | undefined>([
    [4, undefined],
    [3, book.file.currency],
    [3, random.pick(known)],
    [0.3, 'XXX'],
  ]);
  const rate = book.rates.get(code ?? 'USD') ?? 1;
  const floor = makeFloorAmount({ random, knobs }, aim, rate);
  const currency =
    code === undefined
      ? undefined
      : random.chance(0.05)
        ? random.pick<Plain>(['', 'US', 'EURO', 978, null, 'ÄÖÜ', 'e r', ['EUR']])
        : random.chance(0.15)
          ? code.toLowerCase()
          : code;
  return [floor, currency];
}

/**
 * A floor, in whatever currency.
 * @param rate what one unit of the book's currency is in it, or that times any other factor
 */
export function makeFloorAmount(
  { random, knobs }: Pick<Draft, 'random' | 'knobs'>,
  aim: Ad | undefined,
  rate: number,
): Plain {
  const group = aim?.adGroup;
  const cpm =
    group?.goal.type === 'cpm'
      ? Math.min(group.goal.bid_micros, group.max_bid_cpm_micros)
      : (group?.max_bid_cpm_micros ?? 1e6);
  const most = (cpm / 1e6) * rate;
  const factor = random.weighted([
    [6, 0],
    [12, random.float() * 0.1],
    [4, random.float() * 0.5],
    [2, random.float() * 1.2],
    [2, 1],
    [1, 1 + (random.float() - 0.5) * 1e-6],
    [1, 1 - 1e-9],
    [1, 1 + 1e-9],
    [1, random.pick([0.1, 0.5, 2])],
    [1, 1e-6 * random.float()],
  ]);
  return random.chance(knobs.obstacles) ? random.pick(EXTREME_FLOORS)(most) : spellFloor(random, most * factor);
}

const EXTREME_FLOORS: readonly ((most: number) => Plain)[] = [
  () => -1,
  () => raw('-0'),
  () => raw('-0.0'),
  () => raw('1e-400'),
  () => raw('1e999'),
  () => raw('-1e999'),
  () => raw('5e-324'),
  () => 1e-7,
  () => 1e9,
  () => 1e15,
  () => raw('123456789012345678901234567890'),
  () => '0.5',
  () => ' 1',
  () => '1 ',
  () => true,
  () => '1e-2',
  () => 'x',
  () => raw('0.000001'),
  () => raw('0.0000014999999'),
  () => raw('0.30000000000000004'),
  (most) => raw(`${most.toFixed(6)}49999999999999999`),
  (most) => raw(most.toPrecision(17)),
  (most) => raw(most.toExponential(16)),
  (most) => raw(`${most.toExponential(20)}`.replace('e', 'E')),
];

/** The number in one of the ways serialisers write it. */
function spellFloor(random: Random, value: number): Plain {
  if (!(value < 1e21)) return 1;
  switch (random.int(0, 5)) {
    case 0:
      return Number(value.toFixed(2));
    case 1:
      return raw(value.toFixed(random.int(0, 20)));
    case 2:
      return raw(value.toPrecision(17));
    case 3:
      return raw(value.toExponential(random.int(0, 20)));
    case 4:
      return Number(value.toFixed(6));
    default:
      return value;
  }
}
