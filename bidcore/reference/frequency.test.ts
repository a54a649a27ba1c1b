// Frequency caps of the reference bidder: what it asks the table, and how it tells a trader.

import t from 'tap';
import { hashText, mix } from '../hash.js';
import {
  bodyOf,
  bookOfAdGroups,
  type Part,
  sampleImp,
  sampleRequest,
  sampleSituation,
} from '../testing/sample_book.js';
import { explain } from './explain.js';
import type { Situation } from './situation.js';

const CAPPED = bookOfAdGroups([{ frequency_caps: [{ impressions: 3, minutes: 60 }], cap_unknown_users: 'skip' }]);
const user = { user: { id: 'u' } };

/** Outcome and sentence of the one ad in each slot. */
function said(request: Part, situation: Partial<Situation> = {}): (readonly [string, string])[] {
  const { impressions } = explain(bodyOf(sampleRequest(request)), sampleSituation(CAPPED, situation));
  return impressions.flatMap(({ slots }) => slots.flatMap(({ ads }) => ads.map((ad) => [ad.outcome, ad.why] as const)));
}

t.test('asks what the user has seen under the cap', async (t) => {
  const asked: unknown[] = [];
  const seen: Situation['seen'] = (key, cap) => {
    asked.push([key, cap]);
    return 2;
  };
  t.equal(said(user, { seen })[0]?.[0], 'won');
  const cap = { key: hashText('c1/g1/cap/60'), impressions: 3, minutes: 60, bucketSeconds: 157 };
  t.same(asked[0], [mix(hashText('u'), hashText('default')), cap]);
});

t.test('says how often the user has seen it', async (t) => {
  t.same(said(user, { seen: () => 3 }), [
    ['frequency_capped', 'the user has seen ad group g1 3 of 3 times in 60 minutes'],
  ]);
  t.same(said({ ...user, imp: [sampleImp(), sampleImp({ id: 2 })] }, { seen: () => 2 }).at(1), [
    'frequency_capped',
    'the user has seen ad group g1 2 of 3 times in 60 minutes and 1 bid in this response',
  ]);
});

t.test('says that nobody is known', async (t) => {
  const expected = [['frequency_capped', 'nobody knows what the user has seen, and ad group g1 skips unknown users']];
  const seen: Situation['seen'] = () => {
    throw new Error('asked for nobody');
  };
  t.same(said({}, { seen }), expected);
  t.same(said({ ...user, device: { dnt: 1 } }, { seen }), expected);
  t.same(said({ ...user, regs: { coppa: 1 } }, { seen }), expected);
});

t.test('says whose cap it is', async (t) => {
  const campaign = { ...CAPPED.ads[0]?.campaign, frequency_caps: [{ impressions: 1, minutes: 1 }] };
  const ads = CAPPED.ads.map((ad) => ({ ...ad, campaign }) as typeof ad);
  const situation = sampleSituation({ ...CAPPED, ads }, { seen: (_, { minutes }) => (minutes === 1 ? 4 : 0) });
  const [imp] = explain(bodyOf(sampleRequest(user)), situation).impressions;
  t.equal(imp?.slots[0]?.ads[0]?.why, 'the user has seen campaign c1 4 of 1 times in 1 minute');
});
