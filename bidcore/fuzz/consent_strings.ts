// Consent strings of IAB's Transparency and Consent Framework 2 (core string), from a plan: what is written is known,
// and broken strings are broken on purpose. Written from the field table of IAB's consent string page.

import type { Random } from './random.js';
import * as words from './vocabulary.js';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Bits in the making, six to a character of base64url. */
export class Bits {
  #text = '';
  #pending = 0;
  #pendingBits = 0;

  get length(): number {
    return this.#text.length * 6 + this.#pendingBits;
  }

  /** Appends the lowest `width` bits of a value, the highest of them first; at most 24. */
  put(value: number, width: number): this {
    this.#pending = ((this.#pending << width) | (value & (2 ** width - 1))) >>> 0;
    this.#pendingBits += width;
    while (this.#pendingBits >= 6) {
      this.#pendingBits -= 6;
      this.#text += BASE64URL.charAt((this.#pending >>> this.#pendingBits) & 63);
    }
    this.#pending &= 63;
    return this;
  }

  /** All bits so far, the last character filled up with zeros. */
  text(): string {
    const rest = this.#pendingBits;
    return rest === 0 ? this.#text : this.#text + BASE64URL.charAt((this.#pending << (6 - rest)) & 63);
  }
}

/** Vendors of one section: a bit each, or ranges `[first, last]`. */
export interface VendorPlan {
  readonly max: number;
  readonly ranges?: readonly (readonly [number, number])[];
  /** Of the bitfield: whether the vendors in question, and the others, are in. */
  readonly ours?: boolean;
  readonly others?: boolean;
}

export interface RestrictionPlan {
  readonly purpose: number;
  readonly type: number;
  readonly ranges: readonly (readonly [number, number])[];
}

export interface ConsentPlan {
  readonly version: number;
  /** The vendor whose bit `ours` is. */
  readonly vendor: number;
  /** Bit p − 1 for purpose p. */
  readonly consents: number;
  readonly interests: number;
  readonly specialFeatures: number;
  readonly purposeOneTreatment: boolean;
  readonly vendorConsents: VendorPlan;
  readonly vendorInterests: VendorPlan;
  readonly restrictions: readonly RestrictionPlan[];
}

/** The core string of a plan. */
export function writeConsent(plan: ConsentPlan, random: Random): string {
  const bits = new Bits()
    .put(plan.version, 6)
    .put(random.u32(), 24) // created and last updated: 36 bits each, nobody here reads them
    .put(random.u32(), 24)
    .put(random.u32(), 24)
    .put(7, 12) // CMP: id, version, screen, language, vendor list
    .put(1, 12)
    .put(0, 6)
    .put(random.u32(), 24)
    .put(4, 6)
    .put(random.u32(), 2)
    .put(reversed(plan.specialFeatures, 12), 12)
    .put(reversed(plan.consents, 24), 24)
    .put(reversed(plan.interests, 24), 24)
    .put(plan.purposeOneTreatment ? 1 : 0, 1)
    .put(random.u32(), 12);
  writeVendors(bits, plan.vendorConsents, plan.vendor);
  writeVendors(bits, plan.vendorInterests, plan.vendor);
  bits.put(plan.restrictions.length, 12);
  for (const { purpose, type, ranges } of plan.restrictions) {
    bits.put(purpose, 6).put(type, 2);
    writeRanges(bits, ranges, random);
  }
  return bits.text();
}

/** Bit 0 of the plan is the first bit written. */
function reversed(value: number, width: number): number {
  let out = 0;
  for (let n = 0; n < width; n += 1) if ((value >>> n) & 1) out |= 1 << (width - 1 - n);
  return out;
}

function writeVendors(bits: Bits, { max, ranges, ours, others }: VendorPlan, vendor: number): void {
  bits.put(max, 16).put(ranges === undefined ? 0 : 1, 1);
  if (ranges !== undefined) return writeRanges(bits, ranges);
  const rest = others ? 0xffff : 0;
  for (let from = 1; from <= max; from += 16) {
    const width = Math.min(16, max - from + 1);
    const at = vendor - from;
    const bit = at >= 0 && at < width ? 1 << (width - 1 - at) : 0;
    bits.put(ours ? rest | bit : rest & ~bit, width);
  }
}

/** @param random to write single vendors as ranges too; without it as single ones */
function writeRanges(bits: Bits, ranges: readonly (readonly [number, number])[], random?: Random): void {
  bits.put(ranges.length, 12);
  for (const [first, last] of ranges) {
    const single = first === last && !random?.chance(0.3);
    bits.put(single ? 0 : 1, 1).put(first, 16);
    if (!single) bits.put(last, 16);
  }
}

/** A plan near what a decision turns on: mostly one or two of the things it needs are missing. */
export function planConsent(random: Random, vendor: number, useful: number): ConsentPlan {
  const yes = (): boolean => random.chance(useful);
  const purposes = (): number => {
    let out = 0;
    for (let p = 0; p < 10; p += 1) if (yes()) out |= 1 << p;
    return random.chance(0.2) ? out | (random.u32() & 0xfffc00) : out;
  };
  return {
    version: 2,
    vendor,
    consents: purposes(),
    interests: purposes(),
    specialFeatures: (yes() ? 1 : 0) | (random.chance(0.3) ? random.u32() & 0xffe : 0),
    purposeOneTreatment: random.chance(0.1),
    vendorConsents: planVendors(random, vendor, yes()),
    vendorInterests: planVendors(random, vendor, yes()),
    restrictions: random.chance(0.5) ? [] : Array.from({ length: random.int(1, 4) }, () => restriction(random, vendor)),
  };
}

function planVendors(random: Random, vendor: number, ours: boolean): VendorPlan {
  const small = vendor <= 2000;
  const max = random.weighted([
    [6, small ? vendor + random.int(0, 40) : 900],
    [2, Math.max(0, Math.min(vendor - 1, 1500))],
    [1, 0],
    [small ? 1 : 3, vendor],
    [0.1, 65_535],
  ]);
  if (random.chance(0.5)) return { max, ours, others: random.chance(0.5) };
  const ranges = Array.from({ length: random.int(0, 3) }, () => rangeBeside(random, vendor));
  if (ours) ranges.splice(random.int(0, ranges.length), 0, rangeWith(random, vendor));
  return { max, ranges };
}

/** A range that does not hold the vendor, by one sometimes; now and then one that ends before it begins. */
function rangeBeside(random: Random, vendor: number): [number, number] {
  const above = Math.min(65_535, vendor + random.int(1, 5));
  const below = Math.max(0, vendor - random.int(1, 5));
  if (random.chance(0.15)) return above > below ? [above, below] : [1, 0];
  if (random.chance(0.5) && above > vendor) return [above, Math.min(65_535, above + random.pick([0, 1, 300]))];
  return below < vendor ? [Math.max(0, below - random.pick([0, 1, 300])), below] : [vendor + 1, vendor + 1];
}

function rangeWith(random: Random, vendor: number): [number, number] {
  return random.chance(0.5)
    ? [vendor, vendor]
    : [Math.max(0, vendor - random.int(0, 3)), Math.min(65_535, vendor + random.int(0, 3))];
}

function restriction(random: Random, vendor: number): RestrictionPlan {
  const ranges = Array.from({ length: random.int(0, 2) }, () => rangeBeside(random, vendor));
  if (random.chance(0.7)) ranges.splice(random.int(0, ranges.length), 0, rangeWith(random, vendor));
  return {
    purpose: random.weighted([
      [8, random.pick([1, 2, 4])],
      [1, random.int(0, 63)],
    ]),
    type: random.int(0, 3),
    ranges,
  };
}

/** A consent string as a request may have it: mostly a whole one, with more segments, or broken in one way. */
export function makeConsent(random: Random, vendor: number | undefined, useful: number, broken = 0.25): string {
  const plan = planConsent(random, vendor ?? random.pick(words.VENDORS), useful);
  const core = writeConsent(plan, random);
  if (!random.chance(broken)) {
    return random.chance(0.25)
      ? `${core}${random.pick(['.', '.IBAgAAAgAIA', '.YAAAAAAAAAA', '..', '.ü', '.=='])}`
      : core;
  }
  const at = (): number => random.int(0, core.length);
  return random.weighted<() => string>([
    [6, () => core.slice(0, at())],
    [4, () => cutBits(core, random)],
    [3, () => core.slice(0, -1)],
    [2, () => core.slice(0, -2)],
    [3, () => core + random.pick(['A', '=', '==', ' ', 'AAAA', '_', '\u0000'])],
    [
      3,
      () => splice(core, at(), random.pick(['+', '/', '=', ' ', '.', '~', 'é', '😀', '\n', '\u0000', '\ud800', '*'])),
    ],
    [3, () => splice(core, at(), random.pick(['A', '_', 'Q']))],
    [3, () => flip(core, random)],
    [2, () => writeConsent({ ...plan, version: random.pick([0, 1, 3, 4, 63]) }, random)],
    [
      1,
      () => random.pick(['', '.', 'C', 'CP', '.CP', 'BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA', 'COxxx', ' ', `.${core}`]),
    ],
    [1, () => ` ${core}`],
    [1, () => core.repeat(2)],
  ])();
}

/** Cut behind any bit, and filled up with zeros to a whole character. */
function cutBits(core: string, random: Random): string {
  const at = random.chance(0.5)
    ? random.int(0, core.length - 1)
    : random.int(Math.min(30, core.length - 1), core.length - 1);
  const kept = BASE64URL.indexOf(core.charAt(at)) & (63 << random.int(1, 5));
  return core.slice(0, at) + BASE64URL.charAt(kept);
}

function splice(text: string, at: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + 1);
}

/** One bit of the fields that count turned, or one of any. */
function flip(core: string, random: Random): string {
  const at = random.chance(0.5) ? random.int(0, core.length - 1) : Math.min(core.length - 1, random.int(23, 45));
  const value = BASE64URL.indexOf(core.charAt(at));
  return splice(core, at, BASE64URL.charAt(value ^ (1 << random.int(0, 5))));
}
