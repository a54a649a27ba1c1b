// What a request's privacy signals take away, as the response checker reads them: docs/decisions.md section 2a written
// again from the page, in strings of zeros and ones, apart from the two bidders.

import { alpha2Of } from '../countries.js';
import type { PrivacyChoices } from '../exchange_file.js';
import { at, type Fields, integerOf, lower, setOf, textOf } from './checker_request.js';

export interface Taken {
  readonly ids: boolean;
  readonly place: boolean;
  readonly segments: boolean;
  readonly frequency: boolean;
  /** Basic advertising: the only thing that accounts may ask consent for. */
  readonly basic: boolean;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Six bits by character code. */
const BITS: string[] = [];
for (let n = 0; n < 64; n += 1) BITS[LETTERS.charCodeAt(n)] = n.toString(2).padStart(6, '0');

/** Base64url as zeros and ones; nothing with any other character, or without one. */
export function bitsOf(text: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  let bits = '';
  for (let n = 0; n < text.length; n += 1) bits += BITS[text.charCodeAt(n)];
  return bits;
}

/** Thrown when a field would end behind the last bit. */
class Short extends Error {}

class Reader {
  at = 0;

  constructor(readonly bits: string) {}

  number(width: number): number {
    if (this.at + width > this.bits.length) throw new Short();
    const found = Number.parseInt(this.bits.slice(this.at, this.at + width), 2);
    this.at += width;
    return found;
  }

  /** Fibonacci code, without its closing bit the places of the numbers that are added. */
  fibonacci(): number {
    const end = this.bits.indexOf('11', this.at);
    if (end < 0 || end + 2 - this.at > 24) throw new Short();
    let [small, large, sum] = [1, 2, 0];
    for (; this.at <= end; this.at += 1) {
      if (this.bits[this.at] === '1') sum += small;
      [small, large] = [large, small + large];
    }
    this.at = end + 2;
    return sum;
  }
}

/** What the reading gives, or nothing if the bits end before it does. */
function whole<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Short) return undefined;
    throw error;
  }
}

interface Consent {
  readonly allows: (purpose: number) => boolean;
  readonly preciseLocation: boolean;
}

/** A consent string for our vendor; nothing if it is not valid. */
export function readConsent(text: string | undefined, choices: PrivacyChoices): Consent | undefined {
  const bits = bitsOf(text?.split('.')[0] ?? '');
  const vendor = choices.tcf_vendor_id;
  if (bits === undefined || vendor === undefined || !bits.startsWith('000010')) return undefined;
  return whole(() => {
    const reader = new Reader(bits);
    reader.at = 213;
    const vendorConsent = readVendors(reader, vendor);
    const vendorInterest = readVendors(reader, vendor);
    const restrictions = readRestrictions(reader, vendor);
    const set = (at: number): boolean => bits[at] === '1';
    const allows = (purpose: number): boolean => {
      const basis = basisOf(purpose, restrictions, choices);
      if (basis === 'interest') {
        return ![1, 3, 4, 5, 6].includes(purpose) && set(175 + purpose) && vendorInterest;
      }
      return basis === 'consent' && (set(151 + purpose) || (purpose === 1 && set(200))) && vendorConsent;
    };
    return { allows, preciseLocation: set(140) };
  });
}

function readVendors(reader: Reader, vendor: number): boolean {
  const max = reader.number(16);
  if (reader.number(1) === 1) return readEntries(reader, vendor);
  const from = reader.at;
  reader.at += max;
  if (reader.at > reader.bits.length) throw new Short();
  return vendor <= max && reader.bits[from + vendor - 1] === '1';
}

function readEntries(reader: Reader, vendor: number): boolean {
  let named = false;
  for (let left = reader.number(12); left > 0; left -= 1) {
    const range = reader.number(1) === 1;
    const first = reader.number(16);
    const last = range ? reader.number(16) : first;
    if (first <= vendor && vendor <= last) named = true;
  }
  return named;
}

type Restriction = readonly [purpose: number, type: number];

/** Those that name our vendor, in order. */
function readRestrictions(reader: Reader, vendor: number): Restriction[] {
  const found: Restriction[] = [];
  for (let left = reader.number(12); left > 0; left -= 1) {
    const restriction: Restriction = [reader.number(6), reader.number(2)];
    if (readEntries(reader, vendor)) found.push(restriction);
  }
  return found;
}

function basisOf(
  purpose: number,
  restrictions: readonly Restriction[],
  { legitimate_interest, flexible }: PrivacyChoices,
): 'consent' | 'interest' | 'none' {
  const ours = legitimate_interest.includes(purpose) ? 'interest' : 'consent';
  let basis: 'consent' | 'interest' | 'none' = ours;
  for (const [of, type] of restrictions) {
    if (of !== purpose || basis === 'none' || type === 3) continue;
    const asked = type === 1 ? 'consent' : type === 2 ? 'interest' : 'none';
    basis = asked === ours || (asked !== 'none' && flexible.includes(purpose)) ? asked : 'none';
  }
  return basis;
}

/** The sections of a GPP string by their ids; none if its header cannot be read. */
export function readGpp(text: string | undefined): ReadonlyMap<number, string> {
  const [header = '', ...parts] = (text ?? '').split('~');
  const bits = bitsOf(header);
  const none = new Map<number, string>();
  if (bits === undefined || !bits.startsWith('000011000001')) return none;
  const ids = whole(() => {
    const reader = new Reader(bits);
    reader.at = 12;
    const found: number[] = [];
    let last = 0;
    for (let left = reader.number(12); left > 0; left -= 1) {
      const range = reader.number(1) === 1;
      const first = last + reader.fibonacci();
      last = range ? first + reader.fibonacci() : first;
      if (found.length + last - first + 1 > 64) throw new Short();
      for (let id = first; id <= last; id += 1) found.push(id);
    }
    return found;
  });
  if (ids === undefined) return none;
  return new Map(ids.flatMap((id, n): [number, string][] => (parts[n] ? [[id, parts[n] as string]] : [])));
}

const NATIONAL_UNREADABLE = { optOut: true, child: false };

/** The US national section. */
export function readNational(text: string | undefined): { readonly optOut: boolean; readonly child: boolean } {
  const [core = '', ...segments] = (text ?? '').split('.');
  const bits = bitsOf(core) ?? '';
  const version = Number.parseInt(bits.slice(0, 6), 2);
  const children = { 1: [48, 50], 2: [56, 58, 60] }[version as 1 | 2];
  if (children === undefined || bits.length < (children.at(-1) as number) + 2) return NATIONAL_UNREADABLE;
  const isOne = (at: number): boolean => bits.slice(at, at + 2) === '01';
  const gpc = segments.some((segment) => bitsOf(segment)?.startsWith('011') === true);
  return { optOut: [18, 20, 22].some(isOne) || gpc, child: children.some(isOne) };
}

const isFourBytes = (text: string | undefined): text is string => text !== undefined && Buffer.byteLength(text) === 4;
const saysNoSale = (text: string): boolean => Buffer.from(text).toString('latin1').charAt(2).toLowerCase() === 'y';

/** What was found for a request: each bid of its response asks. */
let last: { readonly fields: Fields; readonly choices: PrivacyChoices; readonly taken: Taken } | undefined;

/** What the signals of a request leave out of consideration. */
export function takenFrom(fields: Fields, choices: PrivacyChoices): Taken {
  if (last?.fields !== fields || last.choices !== choices)
    last = { fields, choices, taken: findTaken(fields, choices) };
  return last.taken;
}

function findTaken(fields: Fields, choices: PrivacyChoices): Taken {
  const both = <T>(key: string, read: (value: unknown) => T | undefined): T | undefined =>
    read(at(fields, 'regs', key)) ?? read(at(fields, 'regs', 'ext', key));
  const us = both('us_privacy', (value) => [textOf(value)].find(isFourBytes));
  const sections = readGpp(both('gpp', textOf));
  const applying = both('gpp_sid', (value) => [setOf(value)].find((set) => set.length > 0)) ?? [];
  let consent = textOf(at(fields, 'user', 'consent')) ?? textOf(at(fields, 'user', 'ext', 'consent'));
  let optOut = us !== undefined && saysNoSale(us);
  let child = integerOf(at(fields, 'regs', 'coppa')) === 1;
  let gdpr = appliesByItself(both('gdpr', integerOf), fields, choices);
  if (applying.includes(2)) {
    gdpr = true;
    consent = sections.get(2) ?? consent;
  }
  if (applying.includes(6)) {
    const own = sections.get(6);
    optOut = !isFourBytes(own) || saysNoSale(own);
  }
  if (applying.includes(7)) {
    const national = readNational(sections.get(7));
    optOut ||= national.optOut;
    child ||= national.child;
  }
  optOut ||= applying.some((id) => id === 5 || id >= 8);
  const allowed = readConsent(consent, choices);
  const refused = (...purposes: number[]): boolean =>
    gdpr && !purposes.every((purpose) => allowed?.allows(purpose) === true);
  const untracked = ['lmt', 'dnt'].some((key) => integerOf(at(fields, 'device', key)) === 1);
  return {
    ids: child || optOut || untracked || refused(1),
    segments: child || optOut || untracked || refused(1, 4),
    frequency: child || untracked || refused(1, 2),
    place: child || refused(2) || (gdpr && allowed?.preciseLocation !== true),
    basic: refused(2),
  };
}

function appliesByItself(gdpr: number | undefined, fields: Fields, choices: PrivacyChoices): boolean {
  if (gdpr !== undefined) return gdpr === 1;
  const country = lower(textOf(at(fields, 'device', 'geo', 'country')) ?? '').toUpperCase();
  return choices.gdpr_countries.some((alpha3) => country === alpha3 || country === alpha2Of(alpha3));
}
