// The privacy signals of a request, and what they take away: docs/decisions.md section 2a.

import * as table from '../../assembly/privacy.js';
import { alpha2Of } from '../countries.js';
import type { PrivacyChoices } from '../exchange_file.js';
import { lower } from '../vocabulary.js';
import { type Allowed, allowedBy } from './consent.js';
import { field, integerOf, objectOf, setOf, textOf } from './fields.js';
import { gppSections, usNational } from './gpp.js';
import type { Json, JsonObject } from './json.js';
import { remember } from './remember.js';

export interface Signal {
  readonly name: 'coppa' | 'gdpr applies' | 'opted out of sale' | 'known child' | 'lmt' | 'dnt';
  /** Where the request says it. */
  readonly from: string;
  /** Bits of `assembly/privacy.ts`. */
  readonly takes: number;
}

/** What the consent string leaves where GDPR applies. */
export interface Consent {
  readonly allowed: Allowed;
  /** Why nothing is allowed; undefined when the string says what is. */
  readonly problem: 'no consent string' | 'the consent string is not valid TCF 2' | 'no tcf_vendor_id' | undefined;
}

export interface Privacy {
  readonly signals: readonly Signal[];
  /** All that is taken away, as bits of `assembly/privacy.ts`. */
  readonly taken: number;
  /** Basic advertising is allowed. */
  readonly basic: boolean;
  /** Undefined where GDPR does not apply. */
  readonly consent: Consent | undefined;
}

/** What a request without any signal has. */
const NOTHING_TAKEN: Privacy = { signals: [], taken: 0, basic: true, consent: undefined };

/**
 * The signals of a request.
 * @param country lower, as the device gives it
 */
export function privacyOf(root: JsonObject, country: string | undefined, choices: PrivacyChoices): Privacy {
  const regs = objectOf(field(root, 'regs'));
  const device = objectOf(field(root, 'device'));
  const given: Signal[] = [];
  const gives = (yes: boolean, name: Signal['name'], from: string, takes: number): void => {
    if (yes) given.push({ name, from, takes });
  };
  gives(integerOf(field(regs, 'coppa')) === 1, 'coppa', 'regs.coppa is 1', table.CHILD_TAKES);
  const gpp = readGpp(regs);
  const gdpr = gdprApplies(regs, gpp.applies.has(table.GPP_TCF_EU), country, choices);
  const consent = gdpr === undefined ? undefined : consentOf(root, gpp, choices);
  const gdprTakes = consent === undefined ? 0 : table.GDPR_TAKES & ~leftBy(consent.allowed);
  gives(consent !== undefined, 'gdpr applies', gdpr ?? '', gdprTakes);
  for (const { optedOut, knownChild, from } of usChoices(regs, gpp)) {
    gives(optedOut, 'opted out of sale', from, table.US_OPT_OUT_TAKES);
    gives(knownChild, 'known child', from, table.CHILD_TAKES);
  }
  gives(integerOf(field(device, 'lmt')) === 1, 'lmt', 'device.lmt is 1', table.LMT_TAKES);
  gives(integerOf(field(device, 'dnt')) === 1, 'dnt', 'device.dnt is 1', table.DNT_TAKES);
  if (given.length === 0) return NOTHING_TAKEN;
  return {
    signals: given,
    taken: given.reduce((taken, { takes }) => taken | takes, 0),
    basic: consent === undefined || has(consent.allowed.purposes, table.BASIC_NEEDS),
    consent,
  };
}

const has = (bits: number, wanted: number): boolean => (bits & wanted) === wanted;

/** What of a request GDPR leaves. */
function leftBy({ purposes, specialFeature1 }: Allowed): number {
  return (
    (has(purposes, table.IDS_NEED) ? table.IDS : 0) |
    (has(purposes, table.FREQUENCY_NEEDS) ? table.FREQUENCY : 0) |
    (has(purposes, table.SEGMENTS_NEED) ? table.SEGMENTS : 0) |
    (has(purposes, table.PLACE_NEEDS) && specialFeature1 ? table.PLACE : 0)
  );
}

/** A field as `regs` has it, else as `regs.ext` has it. */
function regsField<T>(
  regs: JsonObject | undefined,
  name: string,
  read: (value?: Json) => T | undefined,
): T | undefined {
  return read(field(regs, name)) ?? read(field(objectOf(field(regs, 'ext')), name));
}

interface Gpp {
  /** Ids of the sections that apply. */
  readonly applies: ReadonlySet<number>;
  /** Those that are there. */
  readonly sections: ReadonlyMap<number, string>;
}

const NO_GPP: Gpp = { applies: new Set(), sections: new Map() };

function readGpp(regs: JsonObject | undefined): Gpp {
  const usableSet = (value?: Json): ReadonlySet<number> | undefined => {
    const ids = setOf(value);
    return ids.size > 0 ? ids : undefined;
  };
  const applies = regsField(regs, 'gpp_sid', usableSet);
  if (applies === undefined) return NO_GPP;
  const text = regsField(regs, 'gpp', textOf);
  return { applies, sections: text === undefined ? NO_GPP.sections : gppSections(text) };
}

/** Why GDPR applies; undefined if it does not. */
function gdprApplies(
  regs: JsonObject | undefined,
  bySection: boolean,
  country: string | undefined,
  choices: PrivacyChoices,
): string | undefined {
  if (bySection) return `gpp_sid lists section ${table.GPP_TCF_EU}`;
  const gdpr = regsField(regs, 'gdpr', integerOf);
  if (gdpr !== undefined) return gdpr === 1 ? 'gdpr is 1' : undefined;
  if (country === undefined || !gdprCountries(choices).has(country)) return undefined;
  return `gdpr is not given, and the country is ${country}`;
}

const countriesByChoices = new WeakMap<PrivacyChoices, ReadonlySet<string>>();

/** The file's GDPR countries in both spellings, lower. */
function gdprCountries(choices: PrivacyChoices): ReadonlySet<string> {
  return remember(countriesByChoices, choices, () => {
    return new Set(choices.gdpr_countries.flatMap((alpha3) => [alpha3, alpha2Of(alpha3) ?? alpha3]).map(lower));
  });
}

const NOTHING_ALLOWED: Allowed = { purposes: 0, specialFeature1: false };

function consentOf(root: JsonObject, { applies, sections }: Gpp, choices: PrivacyChoices): Consent {
  const user = objectOf(field(root, 'user'));
  const ofSection = applies.has(table.GPP_TCF_EU) ? sections.get(table.GPP_TCF_EU) : undefined;
  const text = ofSection ?? textOf(field(user, 'consent')) ?? textOf(field(objectOf(field(user, 'ext')), 'consent'));
  const vendor = choices.tcf_vendor_id;
  if (text === undefined) return { allowed: NOTHING_ALLOWED, problem: 'no consent string' };
  if (vendor === undefined) return { allowed: NOTHING_ALLOWED, problem: 'no tcf_vendor_id' };
  const allowed = allowedBy(text, vendor, choices);
  if (allowed === undefined) return { allowed: NOTHING_ALLOWED, problem: 'the consent string is not valid TCF 2' };
  return { allowed, problem: undefined };
}

interface SourcedChoice {
  readonly optedOut: boolean;
  readonly knownChild: boolean;
  readonly from: string;
}

/** What the US signals of a request say, one for each. */
function usChoices(regs: JsonObject | undefined, { applies, sections }: Gpp): SourcedChoice[] {
  const choices: SourcedChoice[] = [];
  if (!applies.has(table.GPP_USP)) {
    const optedOut = regsField(regs, 'us_privacy', (value) => optOutOf(textOf(value))) === true;
    choices.push({ optedOut, knownChild: false, from: 'us_privacy' });
  }
  for (const id of [...applies].sort((a, b) => a - b)) {
    const section = sections.get(id);
    const from = `section ${id} of gpp`;
    const at = section === undefined ? `${from}, which is not there` : from;
    if (id === table.GPP_USP) choices.push({ optedOut: optOutOf(section) ?? true, knownChild: false, from: at });
    else if (id === table.GPP_US_NATIONAL) choices.push({ ...usNational(section), from: at });
    else if (id === table.GPP_CANADA || id >= table.GPP_US_STATES) {
      choices.push({ optedOut: true, knownChild: false, from: `${from}, which is not read` });
    }
  }
  return choices;
}

/** The opt-out of a US privacy string; undefined if it is none. */
function optOutOf(text: string | undefined): boolean | undefined {
  const bytes = Buffer.from(text ?? '');
  return bytes.length === 4 ? /[Yy]/.test(String.fromCharCode(bytes[2] as number)) : undefined;
}
