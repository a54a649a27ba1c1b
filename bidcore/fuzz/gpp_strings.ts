// Strings of the IAB Global Privacy Protocol from a plan: a header in Fibonacci code, and the sections it names.
// Written from IAB's page on GPP and on its US national section.

import { Bits, makeConsent } from './consent_strings.js';
import type { Random } from './random.js';

const FIBONACCI = [1, 2];
while (FIBONACCI.length < 26) FIBONACCI.push((FIBONACCI.at(-1) as number) + (FIBONACCI.at(-2) as number));
/** Numbers of 24 bits, the most that may be read, and of 25. */
const LONG_NUMBERS = [46_368, 75_024, 75_025, 121_392];

/** Bits of a number in Fibonacci code: the sum of these numbers, no two in a row, and a closing bit. */
function putFibonacci(bits: Bits, number: number): void {
  const digits: number[] = [];
  let left = number;
  for (let n = FIBONACCI.findLastIndex((f) => f <= number); n >= 0; n -= 1) {
    const fits = (FIBONACCI[n] as number) <= left;
    digits[n] = fits ? 1 : 0;
    if (fits) left -= FIBONACCI[n] as number;
  }
  for (const digit of digits) bits.put(digit, 1);
  bits.put(1, 1);
}

export interface GppPlan {
  readonly type: number;
  readonly version: number;
  /** Entries of the header: one section id, or the first and the last of a range. */
  readonly entries: readonly (readonly [number, number])[];
  /** What the header says their number is. */
  readonly count: number;
}

export function writeGppHeader({ type, version, entries, count }: GppPlan): string {
  const bits = new Bits().put(type, 6).put(version, 6).put(count, 12);
  let last = 0;
  for (const [from, to] of entries) {
    bits.put(from === to ? 0 : 1, 1);
    putFibonacci(bits, from - last);
    if (from !== to) putFibonacci(bits, to - from);
    last = to;
  }
  return bits.text();
}

/** The US national section: version 1 or 2, opt-outs and known children, and mostly a segment for GPC. */
export function makeUsNational(random: Random, useful: number): string {
  const version = random.weighted([
    [6, 1],
    [6, 2],
    [1, random.int(0, 63)],
  ]);
  const quiet = random.chance(useful);
  const choice = (): number => (quiet ? random.pick([0, 2, 2, 3]) : random.int(0, 3));
  const bits = new Bits().put(version, 6).put(random.u32(), 12);
  for (let n = 0; n < 3; n += 1) bits.put(choice(), 2);
  bits.put(random.u32(), 24);
  if (version === 2) bits.put(random.u32(), 8);
  for (let n = 0; n < (version === 2 ? 3 : 2); n += 1) bits.put(choice(), 2);
  if (random.chance(0.8)) bits.put(random.u32(), 10);
  const core = bits.text();
  const cut = random.chance(0.12) ? core.slice(0, random.int(0, core.length)) : core;
  const spoilt = random.chance(0.05) ? `${cut.slice(0, 3)}${random.pick(['+', '=', ' ', 'é'])}${cut.slice(4)}` : cut;
  const segments = Array.from(
    {
      length: random.weighted([
        [4, 0],
        [6, 1],
        [1, 2],
      ] as const),
    },
    () => gpc(random, quiet),
  );
  return [spoilt, ...segments].join('.');
}

/** A segment: of GPC, of another type, or broken. */
function gpc(random: Random, quiet: boolean): string {
  if (random.chance(0.1)) return random.pick(['', '=', 'Y!', 'A', '_', 'g', 'é', 'YA=', 'Q']);
  const type = random.chance(0.7) ? 1 : random.pick([0, 2, 3]);
  const bits = new Bits().put(type, 2).put(quiet && type === 1 ? 0 : random.int(0, 1), 1);
  return random.chance(0.5) ? bits.text() : bits.put(random.u32(), 15).text();
}

/** The text of a section. */
function sectionText(random: Random, id: number, vendor: number | undefined, useful: number): string {
  if (random.chance(0.05)) return random.pick(['', 'x', '.', '1', ' ']);
  if (id === 2) return makeConsent(random, vendor, useful, 0.1);
  if (id === 6) {
    return random.chance(useful)
      ? random.pick(['1YNN', '1---', '1NNN', '1YN-'])
      : random.pick(['1YYN', '1-y-', '1YY', '1YYNN', 'éYN', '1NYN', 'éY']);
  }
  if (id === 7) return makeUsNational(random, useful);
  return random.pick(['BVVqAAAAAmA.YA', 'B', 'DBABM', 'é']);
}

/** A GPP string, and the ids of the sections in it. */
export function makeGpp(
  random: Random,
  vendor: number | undefined,
  useful: number,
  broken = 0.2,
): { readonly gpp: string; readonly ids: readonly number[] } {
  const wanted = random.weighted<() => number[]>([
    [5, () => [2]],
    [4, () => [6]],
    [6, () => [7]],
    [3, () => [2, 6, 7].filter(() => random.chance(0.6))],
    [1, () => [random.pick([1, 3, 4])]],
    [1, () => [random.pick([5, 8, 9, 20, 23])]],
    [1, () => []],
  ])();
  const others = random.chance(0.35) ? random.some([1, 2, 3, 4, 5, 6, 7, 8, 12, 20, 63, 400], 1, 4) : [];
  const ids = [...new Set([...wanted, ...others])].sort((a, b) => a - b);
  const texts = ids.map((id) => sectionText(random, id, vendor, useful));
  const entries = entriesOf(random, ids);
  const plan: GppPlan = { type: 3, version: 1, entries, count: entries.length };
  if (!random.chance(broken)) return { gpp: [writeGppHeader(plan), ...texts].join('~'), ids };
  return { gpp: brokenGpp(random, plan, texts, ids), ids };
}

/** Ids as entries: those in a row as a range, mostly. */
function entriesOf(random: Random, ids: readonly number[]): [number, number][] {
  const entries: [number, number][] = [];
  for (const id of ids) {
    const last = entries.at(-1);
    if (last !== undefined && last[1] === id - 1 && random.chance(0.7)) last[1] = id;
    else entries.push([id, id]);
  }
  return entries;
}

function brokenGpp(random: Random, plan: GppPlan, texts: readonly string[], ids: readonly number[]): string {
  const whole = (changes: Partial<GppPlan>): string => [writeGppHeader({ ...plan, ...changes }), ...texts].join('~');
  const header = writeGppHeader(plan);
  const last = ids.at(-1) ?? 1;
  return random.weighted<() => string>([
    [2, () => whole({ type: random.int(0, 63) })],
    [2, () => whole({ version: random.pick([0, 2, 63]) })],
    [2, () => whole({ count: plan.count + random.pick([-1, 1, 2, 4095]) })],
    [3, () => [header.slice(0, random.int(0, header.length)), ...texts].join('~')],
    [2, () => [header, ...texts.slice(0, -1)].join('~')],
    [2, () => [header, ...texts.slice(1)].join('~')],
    [1, () => [header, ...texts, ...texts].join('~')],
    [1, () => [header + random.pick(['=', ' ', 'A', 'AAAA', '+', 'é']), ...texts].join('~')],
    [1, () => texts.join('~')],
    // Up to 64 ids, and just over; those that are read first, so that they are lost with the others.
    [2, () => whole(withEntry(plan, [last + 1, last + 64 - ids.length + random.int(-1, 2)]))],
    [1, () => whole(withEntry(plan, [last + 1, last + random.pick([65, 4000])]))],
    [2, () => whole(withEntry(plan, [last + random.pick(LONG_NUMBERS)]))],
    [1, () => random.pick(['', '~', 'DBAA', 'DBAAA~', 'DBABMA~', '~~', 'D', 'DB', 'DBA', 'é~x', '1YYN'])],
  ])();
}

/** A plan with one more entry in the header: an id, or a range if it is one. */
function withEntry(plan: GppPlan, [first, last = first]: readonly [number, number?]): Partial<GppPlan> {
  return last < first ? {} : { entries: [...plan.entries, [first, last]], count: plan.count + 1 };
}
