// A TCF 2 consent string, and what it allows one vendor: docs/decisions.md section 2a. Only the core segment is read;
// its fields are those of the IAB "Consent string and vendor list formats v2".

import { CONSENT_ONLY } from '../../assembly/privacy.js';
import type { PrivacyChoices } from '../exchange_file.js';
import { BitReader } from './bits.js';

const VERSION = 2;
const VERSION_BITS = 6;
const SPECIAL_FEATURES_AT = 140;
const PURPOSES_CONSENT_AT = 152;
const PURPOSES_INTEREST_AT = 176;
const PURPOSE_ONE_TREATMENT_AT = 200;
const VENDORS_AT = 213;

const VENDOR_BITS = 16;
const COUNT_BITS = 12;
const PURPOSE_BITS = 6;
const RESTRICTION_TYPE_BITS = 2;

export const PURPOSES = 10;

/** What a publisher may ask of a purpose: not allowed, on consent, on legitimate interest. */
const NOT_ALLOWED = 0;
const ON_CONSENT = 1;
const ON_INTEREST = 2;
type Basis = typeof NOT_ALLOWED | typeof ON_CONSENT | typeof ON_INTEREST;

/** What a consent string says to one vendor. */
interface CoreString {
  readonly bits: BitReader;
  readonly vendorConsent: boolean;
  readonly vendorInterest: boolean;
  /** Publisher restrictions that name the vendor, in order. */
  readonly restrictions: readonly { readonly purpose: number; readonly type: number }[];
}

export interface Allowed {
  /** Bit p − 1 is purpose p. */
  readonly purposes: number;
  /** Precise geolocation. */
  readonly specialFeature1: boolean;
}

/** What a consent string allows our vendor; undefined if the string is not valid. */
export function allowedBy(consent: string, vendor: number, choices: PrivacyChoices): Allowed | undefined {
  const core = readCore(consent, vendor);
  if (core === undefined) return undefined;
  let purposes = 0;
  for (let purpose = 1; purpose <= PURPOSES; purpose++) {
    if (isAllowed(purpose, core, choices)) purposes |= 1 << (purpose - 1);
  }
  return { purposes, specialFeature1: core.bits.numberAt(SPECIAL_FEATURES_AT, 1) === 1 };
}

function isAllowed(purpose: number, core: CoreString, choices: PrivacyChoices): boolean {
  const { bits, vendorConsent, vendorInterest } = core;
  const set = (at: number): boolean => bits.numberAt(at + purpose - 1, 1) === 1;
  switch (basisOf(purpose, core, choices)) {
    case NOT_ALLOWED:
      return false;
    case ON_CONSENT: {
      // Where purpose one treatment is set, the publisher's country asks for no consent to purpose 1.
      const treated = purpose === 1 && bits.numberAt(PURPOSE_ONE_TREATMENT_AT, 1) === 1;
      return (set(PURPOSES_CONSENT_AT) || treated) && vendorConsent;
    }
    case ON_INTEREST:
      return (CONSENT_ONLY & (1 << (purpose - 1))) === 0 && set(PURPOSES_INTEREST_AT) && vendorInterest;
  }
}

/** Our basis for a purpose, as the publisher restricts it. */
function basisOf(purpose: number, { restrictions }: CoreString, choices: PrivacyChoices): Basis {
  let basis: Basis = choices.legitimate_interest.includes(purpose) ? ON_INTEREST : ON_CONSENT;
  for (const restriction of restrictions) {
    if (restriction.purpose !== purpose) continue;
    if (restriction.type === NOT_ALLOWED) return NOT_ALLOWED;
    if (restriction.type !== ON_CONSENT && restriction.type !== ON_INTEREST) continue;
    if (restriction.type !== basis && !choices.flexible.includes(purpose)) return NOT_ALLOWED;
    basis = restriction.type;
  }
  return basis;
}

function readCore(consent: string, vendor: number): CoreString | undefined {
  const bits = BitReader.of(consent.split('.', 1)[0] as string);
  if (bits === undefined || bits.number(VERSION_BITS) !== VERSION) return undefined;
  bits.skip(VENDORS_AT - VERSION_BITS);
  const vendorConsent = readVendorSection(bits, vendor);
  const vendorInterest = readVendorSection(bits, vendor);
  const restrictions = readRestrictions(bits, vendor);
  return bits.ended ? undefined : { bits, vendorConsent, vendorInterest, restrictions };
}

/** Whether a vendor section, a bit a vendor or a list of ranges, holds the vendor. */
function readVendorSection(bits: BitReader, vendor: number): boolean {
  const highest = bits.number(VENDOR_BITS);
  if (bits.bit()) return readEntries(bits, vendor);
  const first = bits.at;
  bits.skip(highest);
  return vendor <= highest && bits.numberAt(first + vendor - 1, 1) === 1;
}

/** Whether one of the entries, each a vendor or a range of them, holds the vendor. */
function readEntries(bits: BitReader, vendor: number): boolean {
  let holds = false;
  const count = bits.number(COUNT_BITS);
  for (let n = 0; n < count && !bits.ended; n++) {
    const isRange = bits.bit();
    const first = bits.number(VENDOR_BITS);
    const last = isRange ? bits.number(VENDOR_BITS) : first;
    if (vendor >= first && vendor <= last) holds = true;
  }
  return holds;
}

function readRestrictions(bits: BitReader, vendor: number): CoreString['restrictions'] {
  const restrictions: { purpose: number; type: number }[] = [];
  const count = bits.number(COUNT_BITS);
  for (let n = 0; n < count && !bits.ended; n++) {
    const purpose = bits.number(PURPOSE_BITS);
    const type = bits.number(RESTRICTION_TYPE_BITS);
    if (readEntries(bits, vendor)) restrictions.push({ purpose, type });
  }
  return restrictions;
}
