// TCF 2 consent strings: written bit by bit here, and by the library of the IAB.

import { GVL, PurposeRestriction, type RestrictionType, TCModel, TCString, type VendorList } from '@iabtcf/core';
import fc from 'fast-check';
import t from 'tap';
import { type PrivacyChoices, privacyChoices } from '../exchange_file.js';
import {
  base64url,
  bitfield,
  type CoreParts,
  coreBits,
  coreString,
  type Restriction,
  ranges,
} from '../testing/bit_writer.js';
import { allowedBy } from './consent.js';

const VENDOR = 28;
const ALL_PURPOSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const NO_CHOICES: Partial<PrivacyChoices> = {};

/** The purposes a string allows us; undefined if it is not valid. */
function allowed(text: string, choices = NO_CHOICES, vendor = VENDOR): number[] | undefined {
  const { purposes } = allowedBy(text, vendor, privacyChoices.parse(choices)) ?? {};
  return purposes === undefined ? undefined : ALL_PURPOSES.filter((p) => purposes & (1 << (p - 1)));
}

const ofParts = (parts: CoreParts, choices = NO_CHOICES): number[] | undefined => allowed(coreString(parts), choices);

t.test('a purpose is allowed by its consent bit and that of our vendor', async (t) => {
  const vendorConsents = bitfield([VENDOR]);
  t.same(ofParts({ consents: [1, 2, 4, 10], vendorConsents }), [1, 2, 4, 10]);
  t.same(ofParts({ consents: [1, 2, 4, 11, 24], vendorConsents }), [1, 2, 4], 'purposes above 10 are not asked for');
  t.same(ofParts({ consents: [1, 2], vendorConsents: bitfield([27, 29]) }), [], 'another vendor');
  t.same(ofParts({ consents: [1, 2], vendorConsents: bitfield([3], 27) }), [], 'we are above the highest vendor');
  t.same(ofParts({ interests: [2], vendorConsents, vendorInterests: bitfield([VENDOR]) }), [], 'another basis');
});

t.test('a vendor section may be ranges', async (t) => {
  const consents = [1, 2];
  const holds = (...list: Parameters<typeof ranges>): boolean =>
    ofParts({ consents, vendorConsents: ranges(...list) })?.length === 2;
  t.ok(holds([VENDOR]));
  t.ok(holds([3, [20, 30], 500]));
  t.ok(holds([[VENDOR, VENDOR]]));
  t.ok(holds([[20, VENDOR]]) && holds([[VENDOR, 600]]));
  t.ok(holds([VENDOR], 5), 'of ranges the highest vendor is not looked at');
  t.notOk(holds([27, 29, [1, 27], [29, 65535]]));
  t.notOk(holds([[30, 20]]), 'a range that ends before it begins holds nobody');
  t.notOk(holds([]));
});

t.test('legitimate interest is a basis where the file says so and the law allows it', async (t) => {
  const parts = { interests: ALL_PURPOSES, vendorInterests: bitfield([VENDOR]) };
  t.same(ofParts(parts, { legitimate_interest: [2, 7] }), [2, 7]);
  t.same(ofParts(parts, { legitimate_interest: ALL_PURPOSES }), [2, 7, 8, 9, 10], 'not 1 and 3 to 6');
  t.same(ofParts({ ...parts, vendorInterests: bitfield([27]) }, { legitimate_interest: [2] }), []);
  t.same(ofParts({ ...parts, interests: [7] }, { legitimate_interest: [2, 7] }), [7]);
  t.same(ofParts({ consents: [2], vendorConsents: bitfield([VENDOR]) }, { legitimate_interest: [2] }), []);
});

t.test('purpose one treatment stands for consent to purpose 1, not for that to us', async (t) => {
  const vendorConsents = bitfield([VENDOR]);
  t.same(ofParts({ oneTreatment: true, vendorConsents }), [1]);
  t.same(ofParts({ oneTreatment: true, consents: [2], vendorConsents }), [1, 2]);
  t.same(ofParts({ oneTreatment: true }), []);
});

t.test('publishers restrict purposes', async (t) => {
  const all = bitfield([VENDOR]);
  const parts = { consents: [2], interests: [2], vendorConsents: all, vendorInterests: all };
  const interest = { legitimate_interest: [2] };
  const flexible = { flexible: [2] };
  const restricted = (choices: Partial<PrivacyChoices>, ...restrictions: Partial<Restriction>[]): boolean => {
    const whole = restrictions.map((one) => ({ purpose: 2, type: 0, vendors: [VENDOR], ...one }));
    return ofParts({ ...parts, restrictions: whole }, choices)?.includes(2) === true;
  };
  t.notOk(restricted({}, { type: 0 }), '0: not allowed');
  t.ok(restricted({}, { type: 0, purpose: 3 }), 'of another purpose');
  t.ok(restricted({}, { type: 0, vendors: [[1, 27], 29] }), 'of other vendors');
  t.notOk(restricted({}, { type: 0, vendors: [5, [20, 40]] }));
  t.ok(restricted({}, { type: 0, vendors: [[40, 20]] }), 'a range that holds nobody');
  t.ok(restricted({}, { type: 1 }), '1: consent, as it is');
  t.notOk(restricted(interest, { type: 1 }), 'consent instead of interest, which we cannot do');
  t.ok(restricted({ ...interest, ...flexible }, { type: 1 }), 'which we can');
  t.notOk(restricted({}, { type: 2 }), '2: interest instead of consent');
  t.ok(restricted(flexible, { type: 2 }));
  t.ok(restricted(interest, { type: 2 }));
  t.ok(restricted({}, { type: 3 }) && restricted(interest, { type: 3 }), '3: as it is');
  t.notOk(restricted(flexible, { type: 0 }, { type: 1 }), 'not allowed stays so');
  t.ok(restricted(flexible, { type: 2 }, { type: 1 }), 'in order');
  const noConsent = { ...parts, consents: [], restrictions: [{ purpose: 2, type: 2, vendors: [VENDOR] }] };
  t.same(ofParts(noConsent, flexible), [2], 'by interest');
  t.same(ofParts({ ...noConsent, interests: [] }, flexible), []);
});

t.test('a purpose that cannot rest on interest is not moved to it', async (t) => {
  const all = bitfield([VENDOR]);
  const restrictions = [{ purpose: 4, type: 2, vendors: [VENDOR] }];
  const parts = { consents: [4], interests: [4], vendorConsents: all, vendorInterests: all, restrictions };
  t.same(ofParts(parts, { flexible: [4] }), []);
});

t.test('special feature 1 is precise geolocation', async (t) => {
  const feature = (features: number[]): boolean | undefined =>
    allowedBy(coreString({ features }), VENDOR, privacyChoices.parse({}))?.specialFeature1;
  t.same([feature([1]), feature([1, 2]), feature([2]), feature([])], [true, true, false, false]);
});

t.test('segments behind the core are not looked at', async (t) => {
  const core = coreString({ consents: [2], vendorConsents: bitfield([VENDOR]) });
  t.same(allowed(`${core}.IFoEUQQg!.YAAA`), [2]);
  t.same(allowed(`${core}.`), [2]);
  t.equal(allowed(`.${core}`), undefined);
});

t.test('what is not a whole core string of version 2 is not valid', async (t) => {
  const parts: CoreParts = {
    consents: [2],
    vendorConsents: ranges([VENDOR, [100, 200]]),
    vendorInterests: bitfield([1, 70]),
    restrictions: [{ purpose: 1, type: 1, vendors: [4, [5, 6]] }],
  };
  const whole = coreBits(parts);
  t.same(allowed(base64url(whole)), [2]);
  for (const version of [0, 1, 3, 63]) t.equal(ofParts({ ...parts, version }), undefined, `version ${version}`);
  const lengths = Array.from({ length: Math.ceil(whole.length / 6) }, (_, i) => i);
  t.ok(
    lengths.every((length) => allowed(base64url(whole).slice(0, length)) === undefined),
    'cut anywhere',
  );
  t.same(allowed(`${base64url(whole)}AAAA`), [2], 'what stands behind it is not looked at');
  const core = base64url(whole);
  for (const broken of ['', '!', `${core}=`, ` ${core}`, `${core.slice(0, 9)}+${core.slice(10)}`, `${core}\n`]) {
    t.equal(allowed(broken), undefined, JSON.stringify(broken));
  }
  const endless = { ...parts, vendorInterests: `${'1'.repeat(17)}${'1'.repeat(12)}` };
  t.equal(ofParts(endless), undefined, '4095 ranges that are not there');
});

/** A vendor list with every vendor the cases use. */
function vendorList(vendors: readonly number[]): GVL {
  const named = <T>(ids: readonly number[], of: (id: number) => T): Record<string, T> =>
    Object.fromEntries(ids.map((id) => [String(id), of(id)]));
  const text = { name: '', description: '', descriptionLegal: '', illustrations: [] };
  const list = {
    gvlSpecificationVersion: 3,
    vendorListVersion: 5,
    tcfPolicyVersion: 4,
    lastUpdated: '2026-01-01T00:00:00Z',
    purposes: named(ALL_PURPOSES, (id) => ({ id, ...text })),
    specialPurposes: {},
    features: {},
    specialFeatures: named([1, 2], (id) => ({ id, ...text })),
    stacks: {},
    dataCategories: {},
    vendors: named(vendors, (id) => ({
      id,
      name: `vendor ${id}`,
      purposes: ALL_PURPOSES.filter((p) => p !== 7),
      legIntPurposes: [7],
      flexiblePurposes: [2, 7, 8, 9, 10],
      specialPurposes: [],
      features: [],
      specialFeatures: [1],
      policyUrl: 'https://vendor.example/',
    })),
  };
  return new GVL(list as unknown as VendorList);
}

const subset = <T>(of: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...of]);

t.test('strings of the library of the IAB say to us what they say to it', async (t) => {
  const vendors = [1, 2, VENDOR, 29, 400, 1200];
  const gvl = vendorList(vendors);
  const cases = fc.record({
    consents: subset(ALL_PURPOSES),
    interests: subset([2, 7, 8, 9, 10]),
    vendorConsents: subset(vendors),
    vendorInterests: subset(vendors),
    features: subset([1, 2]),
    oneTreatment: fc.boolean(),
    restricted: fc.array(fc.record({ purpose: fc.constantFrom(2, 7, 8), type: fc.nat(2), vendor: subset(vendors) }), {
      maxLength: 3,
    }),
  });
  fc.assert(
    fc.property(cases, (one) => {
      const model = new TCModel(gvl);
      model.cmpId = 7;
      model.cmpVersion = 1;
      model.consentScreen = 1;
      model.publisherCountryCode = 'DE';
      model.purposeOneTreatment = one.oneTreatment;
      model.purposeConsents.set(one.consents);
      model.purposeLegitimateInterests.set(one.interests);
      model.vendorConsents.set(one.vendorConsents);
      model.vendorLegitimateInterests.set(one.vendorInterests);
      model.specialFeatureOptins.set(one.features);
      for (const { purpose, type, vendor } of one.restricted) {
        const restriction = new PurposeRestriction(purpose, type as RestrictionType);
        for (const id of vendor) model.publisherRestrictions.add(id, restriction);
      }
      const text = TCString.encode(model);
      const read = TCString.decode(text);
      for (const vendor of vendors) {
        const choices = privacyChoices.parse({ flexible: [2, 7, 8], legitimate_interest: [7] });
        const ours = allowedBy(text, vendor, choices);
        const expected = ALL_PURPOSES.filter((purpose) => {
          const types = read.publisherRestrictions
            .getRestrictions(vendor)
            .filter((restriction) => restriction.purposeId === purpose)
            .map((restriction) => Number(restriction.restrictionType));
          if (types.includes(0)) return false;
          const byInterest = types.length > 0 ? types.at(-1) === 2 : purpose === 7;
          if (byInterest)
            return read.purposeLegitimateInterests.has(purpose) && read.vendorLegitimateInterests.has(vendor);
          const consent = read.purposeConsents.has(purpose) || (purpose === 1 && read.purposeOneTreatment);
          return consent && read.vendorConsents.has(vendor);
        });
        const got = allowed(text, choices, vendor);
        if (ours === undefined || JSON.stringify(got) !== JSON.stringify(expected)) {
          throw new Error(`vendor ${vendor}: ${got} instead of ${expected} in ${text}`);
        }
        if (ours.specialFeature1 !== read.specialFeatureOptins.has(1)) throw new Error(`special feature 1 in ${text}`);
      }
    }),
    { numRuns: 300, seed: 20260107 },
  );
  t.pass('300 strings, each to six vendors');
});
