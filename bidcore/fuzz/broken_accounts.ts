// Answers for the tests of the response checker: exchange profiles, accounts, and people whose privacy signals change.

import type { Part } from '../testing/sample_book.js';
import { type Answer, type Broken, ofBanner, replace } from './broken_answers.js';
import { Bits, writeConsent } from './consent_strings.js';
import { Random } from './random.js';

const profile = (part: Part): Part => ({ exchanges: [{ id: 'default', ...part }] });
const ofVideo: Answer = {
  creative: {
    type: 'video',
    w: 640,
    h: 360,
    duration_s: 15,
    skip_after_s: 5,
    media: [{ url: 'https://cdn.example/v.mp4', mime: 'video/mp4' }],
  },
  imp: { video: {} },
};

// ---- consent: all that may be asked for, for vendor 7
const everything = { max: 20, ours: true, others: false };
const consent = {
  version: 2,
  vendor: 7,
  consents: 0x3ff,
  interests: 0,
  specialFeatures: 1,
  purposeOneTreatment: false,
  vendorConsents: everything,
  vendorInterests: { max: 0 },
  restrictions: [] as { purpose: number; type: number; ranges: [number, number][] }[],
};
const allowed = writeConsent(consent, new Random(1));
const withoutPurpose = (purpose: number): string =>
  writeConsent({ ...consent, consents: 0x3ff & ~(1 << (purpose - 1)) }, new Random(1));
const restricted = (purpose: number, type: number): string =>
  writeConsent({ ...consent, restrictions: [{ purpose, type, ranges: [[7, 7]] }] }, new Random(1));
const vendor = { privacy: { tcf_vendor_id: 7 } };
const person = { id: 'u', data: [{ segment: [{ id: 'auto' }] }] };
const asked = (text: string, part: Part = {}): Part => ({
  user: { ...person, consent: text },
  regs: { gdpr: 1 },
  ...part,
});
const ofSegments: Answer = { ...ofBanner, file: vendor, targeting: { segments: ['auto'] }, request: asked(allowed) };
const ofUser: Answer = { ...ofBanner, request: { user: { id: 'u' } } };
const ofKnown: Answer = { ...ofBanner, file: vendor, targeting: { identified_users: true }, request: asked(allowed) };
const inKiel = { device: { geo: { city: 'Kiel', zip: '24103' } } };
const ofCity: Answer = { ...ofBanner, file: vendor, targeting: { cities: ['kiel'] }, request: asked(allowed, inKiel) };
const ofConsent: Answer = { ...ofBanner, file: vendor, policy: { without_consent: 'no_bid' }, request: asked(allowed) };
const usNational = (optOut: number, child: number): string =>
  new Bits().put(1, 6).put(0, 12).put(optOut, 6).put(0, 24).put(child, 4).text();
const gpp = (section: string): Part => ({ user: person, regs: { gpp: `DBABL~${section}`, gpp_sid: [7] } });

const joined: Part = { user: { id: 'u' } };
const ofAudience: Answer = {
  ...ofBanner,
  targeting: { segments: ['auto', 'audience:saw'] },
  audiences: [{ id: 'saw', event: 'imp', campaigns: ['c'], days: 7 }],
  seen: 1,
  request: joined,
};

export const GOOD_PEOPLE: readonly (readonly [string, Answer])[] = [
  ['people, with consent', ofSegments],
  ['a place, with consent', ofCity],
  ['somebody who may be in an audience', ofAudience],
  ['a user', ofUser],
  ['what a click is worth', { ...ofBanner, goal: { type: 'cpc', bid_micros: 100_000 } }],
];

export const BROKEN_ACCOUNTS: readonly Broken[] = [
  // exchange profiles
  [
    'seat',
    'not the one of the exchange',
    { ...ofBanner, file: profile({ seats: { a: 'x' } }), change: { edit: replace('"seat":"x"', '"seat":"s"') } },
  ],
  [
    'cur',
    'not that of the exchange',
    {
      ...ofBanner,
      file: { rates: { EUR: 0.5 } },
      change: { file: { rates: { EUR: 0.5 }, ...profile({ currency: 'EUR' }) } },
    },
  ],
  [
    'willing',
    'the margin was not taken off',
    { ...ofBanner, change: { file: profile({ margin: { kind: 'net', share: 0.2 } }) } },
  ],
  [
    'willing',
    'less than a second price auction is told',
    { ...ofBanner, change: { file: profile({}), edit: replace('"price":2,', '"price":1.5,') } },
  ],
  ['notices', 'one that is not called', { ...ofBanner, change: { file: profile({ notices: ['burl'] }) } }],
  ['notices', 'one that is called is missing', { ...ofBanner, change: { edit: replace('"nurl"', '"xurl"') } }],
  ['macros', 'the price in plain', { ...ofBanner, change: { file: profile({ price_encoding: 'base64' }) } }],
  ['format', 'one the exchange does not take', { ...ofVideo, change: { file: profile({ formats: ['banner'] }) } }],
  ['attributes_blocked', 'by the exchange', { ...ofVideo, change: { file: profile({ attributes_blocked: [16] }) } }],
  [
    'exchange_deals',
    'a deal of another exchange',
    {
      ...ofBanner,
      targeting: { deals: ['d'] },
      imp: { ...ofBanner.imp, pmp: { deals: [{ id: 'd' }] } },
      change: { file: profile({ deals: ['e'] }) },
    },
  ],
  // accounts
  ['no_consent', 'no consent string', { ...ofConsent, change: { request: asked('') } }],
  ['no_consent', 'not for purpose 2', { ...ofConsent, change: { request: asked(withoutPurpose(2)) } }],
  ['no_consent', 'the publisher does not allow it', { ...ofConsent, change: { request: asked(restricted(2, 0)) } }],
  [
    'no_consent',
    'legitimate interest is not our basis',
    { ...ofConsent, change: { request: asked(restricted(2, 2)) } },
  ],
  ['no_consent', 'cut short', { ...ofConsent, change: { request: asked(allowed.slice(0, -2)) } }],
  ['no_consent', 'for another vendor', { ...ofConsent, change: { file: { privacy: { tcf_vendor_id: 8 } } } }],
  [
    'no_consent',
    'in a country of GDPR',
    { ...ofConsent, request: {}, change: { request: { device: { geo: { country: 'de' } } } } },
  ],
  [
    'crawler',
    'says so',
    { ...ofBanner, policy: { crawlers: 'no_bid' }, change: { request: { device: { ua: 'x GoogleBot/2.1' } } } },
  ],
  [
    'datacentre',
    'its address',
    {
      ...ofBanner,
      policy: { datacentres: 'no_bid' },
      file: { traffic: { datacentre_ranges: ['10.1.2.3/8'] } },
      change: { request: { device: { ip: '10.255.0.1' } } },
    },
  ],
  [
    'blocked_publisher',
    'exactly',
    {
      ...ofBanner,
      policy: { blocked: { publishers: ['p'] } },
      change: { request: { site: { publisher: { id: 'p' } } } },
    },
  ],
  [
    'brand_safety',
    'a domain below',
    {
      ...ofBanner,
      policy: { blocked: { domains: ['bad.example'] } },
      change: { request: { site: { page: 'https://www.a.BAD.example/x' } } },
    },
  ],
  [
    'brand_safety',
    'an app',
    { ...ofBanner, policy: { blocked: { bundles: ['com.bad'] } }, change: { request: { app: { bundle: 'COM.bad' } } } },
  ],
  [
    'brand_safety',
    'a category below',
    {
      ...ofBanner,
      policy: { blocked: { categories: ['IAB25'] } },
      change: { request: { site: { cat: ['IAB25-3'] } } },
    },
  ],
  [
    'incomplete_schain',
    'required',
    {
      ...ofBanner,
      policy: { schain: 'required' },
      request: { source: { ext: { schain: { complete: 1 } } } },
      change: { request: { source: {} } },
    },
  ],
  [
    'incomplete_schain',
    'not complete',
    { ...ofBanner, policy: { schain: 'complete' }, change: { request: { source: { schain: { complete: 0 } } } } },
  ],
  [
    'blocked_node',
    'a seller',
    {
      ...ofBanner,
      policy: { blocked_nodes: ['SSP.example/7'] },
      change: { request: { source: { schain: { nodes: [{ asi: 'ssp.Example', sid: 7 }] } } } },
    },
  ],
  // people
  ['segments', 'not for purpose 4', { ...ofSegments, change: { request: asked(withoutPurpose(4)) } }],
  [
    'segments',
    'opted out of sale',
    { ...ofSegments, change: { request: asked(allowed, { regs: { ext: { us_privacy: '1-y-' } } }) } },
  ],
  [
    'segments',
    'opted out in the US national section',
    { ...ofSegments, request: gpp(usNational(0, 0)), change: { request: gpp(usNational(1, 0)) } },
  ],
  [
    'segments',
    'one that is excluded',
    { ...ofBanner, targeting: { segments_excluded: ['auto'] }, change: { request: { user: person } } },
  ],
  [
    'segments',
    'a segment that is named as an audience',
    { ...ofAudience, change: { request: { user: { data: [{ segment: [{ id: 'audience:saw' }] }] } } } },
  ],
  [
    'segments',
    'an audience of an opted-out user',
    { ...ofAudience, change: { request: { ...joined, regs: { us_privacy: '1YYN' } } } },
  ],
  ['identified_users', 'not for purpose 1', { ...ofKnown, change: { request: asked(withoutPurpose(1)) } }],
  [
    'identified_users',
    'tracking is limited',
    { ...ofKnown, change: { request: asked(allowed, { device: { lmt: 1 } }) } },
  ],
  [
    'identified_users',
    'a known child',
    { ...ofKnown, request: gpp(usNational(0, 0)), change: { request: gpp(usNational(0, 4)) } },
  ],
  [
    'place',
    'no opt-in to precise location',
    { ...ofCity, change: { request: asked(writeConsent({ ...consent, specialFeatures: 0 }, new Random(1)), inKiel) } },
  ],
  [
    'token',
    'the user of an opted-out device',
    { ...ofUser, change: { request: { ...ofUser.request, device: { dnt: 1 } } } },
  ],
  ['token', 'another user', { ...ofUser, change: { request: { user: { id: 'u', buyeruid: 'b' } } } }],
  [
    'frequency',
    'more bids than a cap leaves',
    {
      ...ofUser,
      imps: [ofBanner.imp, ofBanner.imp],
      change: { group: { frequency_caps: [{ impressions: 1, minutes: 9 }] } },
    },
  ],
  [
    'frequency',
    'nobody is known',
    { ...ofBanner, change: { group: { frequency_caps: [{ impressions: 1, minutes: 9 }], cap_unknown_users: 'skip' } } },
  ],
  ['place', 'coppa', { ...ofCity, change: { request: asked(allowed, { ...inKiel, regs: { coppa: 1 } }) } }],
];
