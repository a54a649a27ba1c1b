// What each privacy signal leaves of a request, in all the places and forms it comes in.

import t from 'tap';
import { bodyOf, bookTargeting, type Part, sampleRequest, sampleSituation } from '../testing/sample_book.js';
import { decide } from './decide.js';
import { explain } from './explain.js';
import { normalise } from './normalise.js';

const PERSONAL = { device: { geo: { city: 'Ulm', zip: '89073', region: 'BW' } }, user: data('s1') };
function data(segment: string): Part {
  return { data: [{ segment: [{ id: segment }] }] };
}

/** What is left: the city, the number of segments, and the signals understood. */
function left(regs: unknown, device: Part = {}): [city: string | undefined, segments: number, signals: string] {
  const body = bodyOf(sampleRequest({ ...PERSONAL, device: { ...PERSONAL.device, ...device }, regs }));
  const { request } = normalise(body);
  return [request?.city, request?.segments.length ?? -1, request?.privacy.join() ?? 'malformed'];
}

t.test('without a signal everything is known', async (t) => {
  for (const regs of [undefined, {}, { coppa: 0, gdpr: 0, us_privacy: '1YNN' }, null, []]) {
    t.same(left(regs), ['ulm', 1, '']);
  }
});

t.test('a child and, without consent, GDPR leave neither segments nor the place', async (t) => {
  t.same(left({ coppa: 1 }), [undefined, 0, 'coppa']);
  for (const gdpr of [1, '1', true, 1.5]) t.same(left({ gdpr }), [undefined, 0, 'gdpr applies']);
  for (const gdpr of [0, 2, -1, 'yes', null, [1]]) t.same(left({ gdpr }), ['ulm', 1, ''], JSON.stringify(gdpr));
});

t.test('an opt-out of sale leaves the place', async (t) => {
  for (const text of ['1YYN', '1-y-', 'xxYx'])
    t.same(left({ us_privacy: text }), ['ulm', 0, 'opted out of sale'], text);
  for (const text of ['1YNN', '1---', 'Y', '1YY', '1YYNN', '', 1, null]) {
    t.same(left({ us_privacy: text }), ['ulm', 1, ''], JSON.stringify(text));
  }
});

t.test('lmt and dnt leave the place', async (t) => {
  t.same(left({}, { lmt: 1 }), ['ulm', 0, 'lmt']);
  t.same(left({}, { dnt: '1' }), ['ulm', 0, 'dnt']);
  t.same(left({}, { lmt: 0, dnt: 2 }), ['ulm', 1, '']);
});

t.test('ext counts where regs itself says nothing usable', async (t) => {
  t.same(left({ ext: { gdpr: 1, us_privacy: '1YYN' } }), [undefined, 0, 'gdpr applies,opted out of sale']);
  t.same(left({ gdpr: 0, us_privacy: '1YNN', ext: { gdpr: 1, us_privacy: '1YYN' } }), ['ulm', 1, '']);
  t.same(
    left({ gdpr: 'x', us_privacy: '1', ext: { gdpr: 1, us_privacy: '1YYN' } })[2],
    'gdpr applies,opted out of sale',
  );
  t.same(left({ ext: { coppa: 1 } }), ['ulm', 1, ''], 'coppa was never in ext');
});

t.test('what is taken away is not bid on, and the explanation names the signal', async (t) => {
  const book = bookTargeting({ segments: ['s1'] });
  const request = sampleRequest({ user: data('s1'), regs: { gdpr: 1 } });
  t.equal(decide(bodyOf({ ...request, regs: {} }), sampleSituation(book)).bids.length, 1);
  t.equal(decide(bodyOf(request), sampleSituation(book)).bids.length, 0);
  t.ok(explain(bodyOf(request), sampleSituation(book)).request.includes('privacy: gdpr applies'));
});
