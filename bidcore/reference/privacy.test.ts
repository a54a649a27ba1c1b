// What each privacy signal leaves of a request, in all the places and forms it comes in.

import t from 'tap';
import { type PrivacyChoices, privacyChoices } from '../exchange_file.js';
import { base64url, bitfield, bits, type CoreParts, coreString, gppHeader } from '../testing/bit_writer.js';
import { bodyOf, bookTargeting, type Part, sampleRequest, sampleSituation } from '../testing/sample_book.js';
import { decide } from './decide.js';
import { explain } from './explain.js';
import { normalise } from './normalise.js';
import type { NormalRequest } from './request.js';

const VENDOR = 28;
const CHOICES = privacyChoices.parse({ tcf_vendor_id: VENDOR });

const PERSONAL = { device: { geo: { city: 'Ulm', zip: '89073', region: 'BW' } }, user: { id: 'u1', ...data('s1') } };
function data(segment: string): Part {
  return { data: [{ segment: [{ id: segment }] }] };
}

interface Given {
  readonly regs?: unknown;
  readonly device?: Part;
  readonly geo?: Part;
  readonly user?: Part;
}

function read({ regs, device = {}, geo = {}, user = {} }: Given, choices: PrivacyChoices = CHOICES): NormalRequest {
  const own = { ...PERSONAL.device, ...device, geo: { ...PERSONAL.device.geo, ...geo } };
  const body = bodyOf(sampleRequest({ device: own, user: { ...PERSONAL.user, ...user }, regs }));
  const { request } = normalise(body, choices);
  if (request === undefined) throw new Error('malformed');
  return request;
}

/** What is left, one word each, and the names of the signals understood. */
function left(given: Given, choices: PrivacyChoices = CHOICES): [left: string, signals: string] {
  const { city, postcode, segments, identified, privacy } = read(given, choices);
  const words = [
    identified && 'ids',
    city !== undefined && postcode !== undefined && 'place',
    segments.length > 0 && 'segments',
    (privacy.taken & 8) === 0 && 'frequency',
    privacy.basic && 'basic',
  ];
  return [words.filter(Boolean).join(' '), privacy.signals.map(({ name }) => name).join()];
}

const ALL = 'ids place segments frequency basic';

t.test('without a signal everything is known', async (t) => {
  for (const regs of [undefined, {}, { coppa: 0, gdpr: 0, us_privacy: '1YNN' }, null, []]) {
    t.same(left({ regs }), [ALL, '']);
  }
});

t.test('a child leaves nothing, and ads without any of it', async (t) => {
  t.same(left({ regs: { coppa: 1 } }), ['basic', 'coppa']);
  t.same(left({ regs: { ext: { coppa: 1 } } }), [ALL, ''], 'coppa was never in ext');
});

t.test('GDPR without a consent string leaves nothing', async (t) => {
  for (const gdpr of [1, '1', true, 1.5]) t.same(left({ regs: { gdpr } }), ['', 'gdpr applies']);
  for (const gdpr of [0, 2, -1]) t.same(left({ regs: { gdpr } }), [ALL, ''], JSON.stringify(gdpr));
});

t.test('GDPR that nobody speaks of applies by country, GDPR 0 does not', async (t) => {
  const from = (country: string, regs?: Part): string => left({ regs, geo: { country } })[1];
  t.equal(from('DEU'), 'gdpr applies');
  t.equal(from('gb'), 'gdpr applies', 'alpha-2, either case');
  t.equal(from('USA'), '');
  t.equal(from('DEU', { gdpr: 0 }), '');
  t.equal(from('DEU', { ext: { gdpr: 0 } }), '');
  t.equal(from('DEU', { gdpr: 'x' }), 'gdpr applies', 'an unusable one is none');
  t.equal(from('DEU', { gdpr: 3 }), '', 'any other value says no');
  t.equal(from('USA', { gdpr: 1 }), 'gdpr applies');
  const swiss = privacyChoices.parse({ gdpr_countries: ['CHE'] });
  t.equal(left({ geo: { country: 'ch' } }, swiss)[1], 'gdpr applies');
  t.equal(left({ geo: { country: 'DEU' } }, swiss)[1], '');
});

const consentTo = (parts: CoreParts): string => coreString({ vendorConsents: bitfield([VENDOR]), ...parts });

t.test('consent leaves what it is for', async (t) => {
  const leaves = (parts: CoreParts): string => left({ regs: { gdpr: 1 }, user: { consent: consentTo(parts) } })[0];
  t.equal(leaves({ consents: [] }), '');
  t.equal(leaves({ consents: [1] }), 'ids');
  t.equal(leaves({ consents: [2] }), 'basic');
  t.equal(leaves({ consents: [1, 2] }), 'ids frequency basic');
  t.equal(leaves({ consents: [1, 4] }), 'ids segments');
  t.equal(leaves({ consents: [4] }), '', 'segments need storage too');
  t.equal(leaves({ consents: [2], features: [1] }), 'place basic');
  t.equal(leaves({ features: [1] }), '', 'a place needs purpose 2 too');
  t.equal(leaves({ consents: [1, 2, 4], features: [1] }), ALL);
});

t.test('a consent string that is not there, not valid or not for us allows nothing', async (t) => {
  const consent = consentTo({ consents: [1, 2, 4], features: [1] });
  const regs = { gdpr: 1 };
  const problem = (user: Part, choices = CHOICES): string | undefined =>
    read({ regs, user }, choices).privacy.consent?.problem;
  t.equal(problem({ consent }), undefined);
  t.equal(problem({}), 'no consent string');
  t.equal(problem({ consent: consent.slice(0, 30) }), 'the consent string is not valid TCF 2');
  t.equal(problem({ consent: 7 }), 'the consent string is not valid TCF 2', 'a number is a text');
  t.equal(problem({ consent }, privacyChoices.parse({})), 'no tcf_vendor_id');
  for (const user of [{}, { consent: 'x' }, { consent: '' }]) t.same(left({ regs, user })[0], '');
  t.same(left({ regs, user: { consent } }, privacyChoices.parse({}))[0], '');
  t.same(left({ regs, user: { ext: { consent } } })[0], ALL);
  t.same(left({ regs, user: { consent: 'x', ext: { consent } } })[0], '', 'user goes before ext');
  t.same(left({ regs, user: { consent: null, ext: { consent } } })[0], ALL);
  t.same(left({ user: { consent: 'x' } }), [ALL, ''], 'where GDPR does not apply it is not read');
});

t.test('an opt-out of sale leaves the place and the frequency', async (t) => {
  const rest = 'place frequency basic';
  for (const text of ['1YYN', '1-y-', 'xxYx']) {
    t.same(left({ regs: { us_privacy: text } }), [rest, 'opted out of sale'], text);
  }
  for (const text of ['1YNN', '1---', 'Y', '1YY', '1YYNN', '', 1, null, '1éY']) {
    t.same(left({ regs: { us_privacy: text } }), [ALL, ''], JSON.stringify(text));
  }
  t.same(left({ regs: { us_privacy: 'éYN' } })[1], 'opted out of sale', 'four bytes');
});

t.test('lmt and dnt leave the place', async (t) => {
  t.same(left({ device: { lmt: 1 } }), ['place basic', 'lmt']);
  t.same(left({ device: { dnt: '1' } }), ['place basic', 'dnt']);
  t.same(left({ device: { lmt: 0, dnt: 2 } }), [ALL, '']);
});

t.test('ext counts where regs itself says nothing usable', async (t) => {
  const signals = (regs: Part): string => left({ regs })[1];
  t.equal(signals({ ext: { gdpr: 1, us_privacy: '1YYN' } }), 'gdpr applies,opted out of sale');
  t.equal(signals({ gdpr: 0, us_privacy: '1YNN', ext: { gdpr: 1, us_privacy: '1YYN' } }), '');
  t.equal(
    signals({ gdpr: 'x', us_privacy: '1', ext: { gdpr: 1, us_privacy: '1YYN' } }),
    'gdpr applies,opted out of sale',
  );
  t.equal(signals({ gpp_sid: [], ext: { gpp_sid: [5] } }), 'opted out of sale', 'the empty set is not usable');
  t.equal(signals({ gpp_sid: [3], ext: { gpp_sid: [5] } }), '');
  t.equal(signals({ gpp_sid: [64, 'x'], ext: { gpp_sid: ['5'] } }), 'opted out of sale');
  t.equal(
    signals({ gpp: 7, gpp_sid: [6], ext: { gpp: `${gppHeader([6])}~1YNN` } }),
    'opted out of sale',
    '7 is a text',
  );
  t.equal(signals({ gpp: '', gpp_sid: [6], ext: { gpp: `${gppHeader([6])}~1YNN` } }), '');
});

t.test('section 2 of GPP is GDPR, with its own consent string', async (t) => {
  const consent = consentTo({ consents: [1, 2, 4], features: [1] });
  const gpp = `${gppHeader([2])}~${consent}.YAAA`;
  t.same(left({ regs: { gpp, gpp_sid: [2], gdpr: 0 } }), [ALL, 'gdpr applies'], 'whatever gdpr says');
  t.same(left({ regs: { gpp, gpp_sid: [2] }, user: { consent: 'x' } })[0], ALL, 'in place of the other');
  t.same(left({ regs: { gpp: gppHeader([6]), gpp_sid: [2] }, user: { consent } })[0], ALL, 'not there: the other');
  t.same(left({ regs: { gpp: `${gppHeader([2])}~x`, gpp_sid: [2] }, user: { consent } })[0], '', 'there, not valid');
  t.same(left({ regs: { gpp, gpp_sid: [3] } }), [ALL, ''], 'it does not apply');
  t.same(left({ regs: { gpp } }), [ALL, '']);
  t.same(left({ regs: { gpp, gdpr: 1, gpp_sid: [3] } })[0], '', 'a section that does not apply is not the string');
});

t.test('section 6 of GPP stands in place of us_privacy', async (t) => {
  const usp = (text: string, us_privacy = '1YNN'): string =>
    left({ regs: { us_privacy, gpp: `${gppHeader([6])}~${text}`, gpp_sid: [6] } })[1];
  t.equal(usp('1YYN'), 'opted out of sale');
  t.equal(usp('1YNN', '1YYN'), '');
  t.equal(usp('1Y'), 'opted out of sale', 'not usable');
  t.equal(usp(''), 'opted out of sale', 'not there');
  t.equal(left({ regs: { us_privacy: '1YNN', gpp: '!', gpp_sid: [6] } })[1], 'opted out of sale');
  t.equal(left({ regs: { us_privacy: '1YNN', gpp_sid: [6] } })[1], 'opted out of sale', 'no string at all');
  t.equal(left({ regs: { us_privacy: '1YYN', gpp_sid: [7] } })[1], 'opted out of sale,opted out of sale');
});

/** A core segment of version 1 with one field that says no. */
function national(noAt?: number): string {
  const fields = '10'.repeat(30);
  const written = noAt === undefined ? fields : `${fields.slice(0, noAt)}01${fields.slice(noAt + 2)}`;
  return base64url(bits(1, 6) + written.slice(6));
}

t.test('section 7 of GPP is an opt-out, a known child, or neither', async (t) => {
  const signals = (section: string): string => left({ regs: { gpp: `${gppHeader([7])}~${section}`, gpp_sid: [7] } })[1];
  t.equal(signals(national()), '');
  t.equal(signals(national(18)), 'opted out of sale');
  t.equal(signals(national(24)), '', 'sensitive data is not ours');
  t.equal(signals(national(48)), 'known child');
  t.equal(signals(`${national()}.${base64url('011')}`), 'opted out of sale');
  t.equal(signals('x'), 'opted out of sale');
  t.same(left({ regs: { gpp: `${gppHeader([7])}~${national(50)}`, gpp_sid: [7] } })[0], 'basic', 'nothing is left');
});

t.test('sections that nobody reads are opt-outs if they apply', async (t) => {
  const applies = (...gpp_sid: number[]): string => left({ regs: { gpp_sid } })[1];
  for (const id of [5, 8, 9, 23, 63]) t.equal(applies(id), 'opted out of sale', `section ${id}`);
  t.equal(applies(0, 1, 3, 4), '');
  t.equal(applies(2), 'gdpr applies');
});

t.test('a user is identified by ids that are not zeros', async (t) => {
  const identified = (user: Part, device: Part = {}): boolean =>
    read({ user: { id: null, ...user }, device, regs: { gdpr: 0 } }).identified;
  t.equal(identified({}), false);
  t.equal(identified({ id: 'u' }), true);
  t.equal(identified({ id: 0 }), true, 'a number is a text');
  t.equal(identified({ buyeruid: 'b' }), true);
  t.equal(identified({ buyeruid: '' }), false);
  t.equal(identified({}, { ifa: '6D92078A-8246-4BA4-AE5B-76104861E7DC' }), true);
  t.equal(identified({}, { ifa: '00000000-0000-0000-0000-000000000000' }), false);
  t.equal(identified({}, { ifa: 0 }), false);
  t.equal(identified({}, { ifa: '00000000-0000-0000-0000-000000000001' }), true);
});

t.test('what is taken away is not bid on, and the explanation names the signal', async (t) => {
  const book = bookTargeting({ segments: ['s1'] }, {}, { privacy: { tcf_vendor_id: VENDOR } });
  const request = (consents: number[]): Part =>
    sampleRequest({ user: { ...data('s1'), consent: consentTo({ consents }) }, regs: { gdpr: 1 } });
  t.equal(decide(bodyOf(request([1, 4])), sampleSituation(book)).bids.length, 1);
  t.equal(decide(bodyOf(request([1, 2])), sampleSituation(book)).bids.length, 0);
  const said = (part: Part): readonly string[] => explain(bodyOf(part), sampleSituation(book)).request;
  t.ok(
    said(request([1, 2])).includes(
      'privacy: gdpr applies (gdpr is 1); the consent string allows us purposes 1, 2, but not special feature 1; ' +
        'takes city and postcode, segments',
    ),
  );
  t.ok(
    said(sampleRequest({ regs: { us_privacy: '1YYN' }, device: { lmt: 1 } })).includes(
      'privacy: opted out of sale (us_privacy); takes ids, segments',
    ),
  );
  t.match(
    said(sampleRequest({ device: { geo: { country: 'FRA' } } })).join('\n'),
    /gdpr is not given, and the country is fra\); no consent string, so nothing is allowed; takes ids, city/,
  );
});
