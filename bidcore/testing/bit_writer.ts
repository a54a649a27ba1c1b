// Writes consent strings bit by bit, for the tests: nothing of the readers is in it.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A number of some bits, most significant first. */
export function bits(value: number, width: number): string {
  return value.toString(2).padStart(width, '0');
}

/** Bits as base64url; the last character is filled with zeros. */
export function base64url(written: string): string {
  const sextets = written.match(/.{1,6}/g) ?? [];
  return sextets.map((sextet) => ALPHABET[Number.parseInt(sextet.padEnd(6, '0'), 2)]).join('');
}

/** A flag for each of the numbers 1 to `count`. */
export function flags(set: readonly number[], count: number): string {
  return Array.from({ length: count }, (_, i) => (set.includes(i + 1) ? '1' : '0')).join('');
}

/** A vendor, or a range of them. */
export type Entry = number | readonly [first: number, last: number];

export function entries(list: readonly Entry[]): string {
  const written = list.map((one) =>
    typeof one === 'number' ? `0${bits(one, 16)}` : `1${bits(one[0], 16)}${bits(one[1], 16)}`,
  );
  return bits(list.length, 12) + written.join('');
}

/** A vendor section as a bit for each vendor up to the highest. */
export function bitfield(vendors: readonly number[], highest = Math.max(0, ...vendors)): string {
  return `${bits(highest, 16)}0${flags(vendors, highest)}`;
}

/** A vendor section as ranges. */
export function ranges(list: readonly Entry[], highest = 0): string {
  return `${bits(highest, 16)}1${entries(list)}`;
}

export interface Restriction {
  readonly purpose: number;
  readonly type: number;
  readonly vendors: readonly Entry[];
}

export interface CoreParts {
  readonly version?: number;
  readonly features?: readonly number[];
  readonly consents?: readonly number[];
  readonly interests?: readonly number[];
  readonly oneTreatment?: boolean;
  /** Vendor sections. */
  readonly vendorConsents?: string;
  readonly vendorInterests?: string;
  readonly restrictions?: readonly Restriction[];
}

/** The bits of a TCF 2 core segment. */
export function coreBits(parts: CoreParts): string {
  const { version = 2, features = [], consents = [], interests = [], oneTreatment = false, restrictions = [] } = parts;
  // Times, the consent platform, its screen and language, versions, two flags: nobody here reads them.
  const unread = '10'.repeat(67);
  const written = restrictions.map(({ purpose, type, vendors }) => bits(purpose, 6) + bits(type, 2) + entries(vendors));
  return [
    bits(version, 6),
    unread,
    flags(features, 12),
    flags(consents, 24),
    flags(interests, 24),
    oneTreatment ? '1' : '0',
    '110011001100',
    parts.vendorConsents ?? bitfield([]),
    parts.vendorInterests ?? bitfield([]),
    bits(restrictions.length, 12),
    ...written,
  ].join('');
}

export function coreString(parts: CoreParts): string {
  return base64url(coreBits(parts));
}

/** A number in Fibonacci code. */
export function fibonacci(n: number): string {
  const worths = [1, 2];
  while ((worths.at(-1) as number) <= n) worths.push((worths.at(-1) as number) + (worths.at(-2) as number));
  let left = n;
  const written = worths.reverse().map((worth) => {
    if (worth > left) return '0';
    left -= worth;
    return '1';
  });
  return `${written.join('').replace(/^0+/, '').split('').reverse().join('')}1`;
}

/** A GPP header: gaps between ids, or a gap and what is to add to it for the last id of a range. */
export function gppHeader(list: readonly (number | readonly [gap: number, length: number])[], type = 3): string {
  const written = list.map((one) =>
    typeof one === 'number' ? `0${fibonacci(one)}` : `1${fibonacci(one[0])}${fibonacci(one[1])}`,
  );
  return base64url(bits(type, 6) + bits(1, 6) + bits(list.length, 12) + written.join(''));
}
