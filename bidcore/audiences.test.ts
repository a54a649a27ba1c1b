// Audiences from the campaign file to a bid: what is refused, what an event counts for, whom the hot path and the
// reference bidder take for one of an audience, and what they say of it.

import t from 'tap';
import { MAX_AUDIENCES } from '../assembly/limits.js';
import { AUDIENCE, audiencesOf, countedOf, segmentHash } from './audiences.js';
import type { Book } from './book.js';
import { FrequencyTable } from './frequency_table.js';
import { hashText, mix } from './hash.js';
import { reasonOf } from './reasons.js';
import { decide } from './reference/decide.js';
import { explain } from './reference/explain.js';
import { TestBidder } from './testing/bidder.js';
import { type ProblemCase, problemsOfAccount, problemsOfFile } from './testing/file_problems.js';
import {
  bodyOf,
  type Part,
  SAMPLE_NOW_US,
  sampleAccount,
  sampleAdGroup,
  sampleBook,
  sampleCampaign,
  sampleRequest,
  sampleSituation,
} from './testing/sample_book.js';

const audience = (part: Part = {}): Part => ({ id: 'saw', event: 'imp', campaigns: ['c1'], days: 7, ...part });
const targeting = (part: Part): Part => ({
  campaigns: [sampleCampaign({ ad_groups: [sampleAdGroup({ targeting: part })] })],
});
const many = (count: number, name: string): Part[] =>
  Array.from({ length: count }, (_, n) => audience({ id: `${name}${n}` }));
const other = (part: Part): Part =>
  sampleAccount({ id: 'a2', seat: 's2', campaigns: [sampleCampaign({ id: 'c2' })], ...part });

const REFUSED: readonly ProblemCase[] = [
  [
    'no campaign',
    problemsOfAccount({ audiences: [audience({ campaigns: [] })] }),
    'accounts.0.audiences.0.campaigns: Too small: expected array to have >=1 items',
  ],
  [
    'a campaign of another account',
    problemsOfFile({ accounts: [sampleAccount({ audiences: [audience({ campaigns: ['c2'] })] }), other({})] }),
    'accounts.0.audiences.0.campaigns: account a1 has no campaign c2',
  ],
  [
    'no day',
    problemsOfAccount({ audiences: [audience({ days: 0 })] }),
    'accounts.0.audiences.0.days: Too small: expected number to be >=1',
  ],
  [
    'more than a year',
    problemsOfAccount({ audiences: [audience({ days: 366 })] }),
    'accounts.0.audiences.0.days: Too big: expected number to be <=365',
  ],
  [
    'another event',
    problemsOfAccount({ audiences: [audience({ event: 'win' })] }),
    'accounts.0.audiences.0.event: Invalid option: expected one of "imp"|"click"|"conv"',
  ],
  [
    'one id in two accounts',
    problemsOfFile({
      accounts: [sampleAccount({ audiences: [audience()] }), other({ audiences: [audience({ campaigns: ['c2'] })] })],
    }),
    'accounts: two audiences have the id saw',
  ],
  [
    'too many in the file',
    problemsOfFile({
      accounts: [
        sampleAccount({ audiences: many(MAX_AUDIENCES, 'x') }),
        other({ audiences: [audience({ campaigns: ['c2'] })] }),
      ],
    }),
    `accounts: ${MAX_AUDIENCES + 1} audiences, at most ${MAX_AUDIENCES}`,
  ],
  [
    'an audience that is not there',
    problemsOfAccount({ audiences: [audience()], ...targeting({ segments: ['x', 'audience:sew'] }) }),
    'accounts.0.campaigns.0.ad_groups.0.targeting.segments: account a1 has no audience sew',
  ],
  [
    'one of another account',
    problemsOfFile({
      accounts: [
        sampleAccount(targeting({ segments_excluded: ['audience:saw'] })),
        other({ audiences: [audience({ campaigns: ['c2'] })] }),
      ],
    }),
    'accounts.0.campaigns.0.ad_groups.0.targeting.segments_excluded: account a1 has no audience saw',
  ],
];
for (const [name, found, expected] of REFUSED) {
  t.test(`a file is refused: ${name}`, async (t) => t.same(found, [expected]));
}

t.test('as many as there may be are taken', async (t) => {
  t.same(problemsOfAccount({ audiences: many(MAX_AUDIENCES, 'x') }), []);
});

const hex = (path: string): string => hashText(path).toString(16).padStart(16, '0');

t.test('what an event counts for, by its kind and the hashes in its token', async (t) => {
  const group = sampleAdGroup({ frequency_caps: [{ impressions: 1, minutes: 60 }] });
  const campaigns = [
    sampleCampaign({ frequency_caps: [{ impressions: 3, minutes: 60 }], ad_groups: [group] }),
    sampleCampaign({ id: 'c2', ad_groups: [] }),
  ];
  const audiences = [
    audience({ campaigns: ['c1', 'c2', 'c1'] }),
    audience({ id: 'clicked', event: 'click', days: 365 }),
  ];
  const counted = countedOf(sampleBook({ accounts: [sampleAccount({ campaigns, audiences })] }));
  const keys = [...counted].map(([scope, its]) => [scope, its.map(({ key }) => key)]);
  t.same(Object.fromEntries(keys), {
    [`imp ${hex('c1')}`]: [hashText('c1/cap/60'), hashText('audience/saw/days/7')],
    [`imp ${hex('c1/g1')}`]: [hashText('c1/g1/cap/60')],
    [`imp ${hex('c2')}`]: [hashText('audience/saw/days/7')],
    [`click ${hex('c1')}`]: [hashText('audience/clicked/days/365')],
  });
  t.equal(counted.get(`imp ${hex('c2')}`)?.[0]?.bucketSeconds, Math.ceil((7 * 86_400) / 23));
  t.same(structuredClone(counted), counted, 'it can be posted to a thread');
});

const bidder = new TestBidder();
const table = new FrequencyTable(bidder.memory.buffer);

function bookOf(...targetings: Part[]): Book {
  const groups = targetings.map((one, n) => sampleAdGroup({ id: `g${n + 1}`, targeting: one }));
  const audiences = [audience(), audience({ id: 'clicked', event: 'click', days: 30 })];
  return sampleBook({ accounts: [sampleAccount({ audiences, campaigns: [sampleCampaign({ ad_groups: groups })] })] });
}

/** A user of the default exchange joins an audience. */
function join(book: Book, id: string, userId: string, nowUs = SAMPLE_NOW_US): void {
  const { cap } = audiencesOf(book.file).find((one) => one.id === id) as ReturnType<typeof audiencesOf>[number];
  table.count(mix(hashText(userId), hashText('default')), cap.key, cap.bucketSeconds, nowUs / 1e6);
}

/** Outcome of a request; throws where the hot path and the reference bidder do not agree. */
function outcome(book: Book, part: Part, nowUs = SAMPLE_NOW_US): string {
  const { reason } = bidder.bid(sampleRequest(part), 0, nowUs);
  const situation = sampleSituation(book, { seen: table.until(nowUs), nowUs });
  const twin = decide(bodyOf(sampleRequest(part)), situation).reason;
  if (twin !== reason) throw new Error(`reason ${reason} from the hot path, ${twin} from the twin`);
  return reason === 0 ? 'bid' : reasonOf(reason).label;
}

const ids = (...values: string[]): Part => ({ data: [{ segment: values.map((id) => ({ id })) }] });

t.test('an ad group wants those of an audience, for as long as they are in it', async (t) => {
  const book = bookOf({ segments: ['audience:saw'] });
  await bidder.load(book);
  const user = { user: { id: 'wanted' } };
  t.equal(outcome(book, user), 'no_targeting');
  join(book, 'clicked', 'wanted');
  t.equal(outcome(book, user), 'no_targeting', 'another audience');
  join(book, 'saw', 'wanted');
  t.equal(outcome(book, user), 'bid');
  t.equal(outcome(book, { user: { id: 'another' } }), 'no_targeting');
  t.equal(outcome(book, {}), 'no_targeting', 'nobody');
  const after = (days: number): number => SAMPLE_NOW_US + days * 86_400e6;
  t.equal(outcome(book, user, after(6.9)), 'bid');
  t.equal(outcome(book, user, after(7.4)), 'no_targeting');
});

t.test('one of several is enough, of segments and of audiences', async (t) => {
  const book = bookOf({ segments: ['sport', 'audience:saw', 'audience:clicked'] });
  await bidder.load(book);
  join(book, 'clicked', 'one of several');
  t.equal(outcome(book, { user: { id: 'one of several' } }), 'bid');
  t.equal(outcome(book, { user: { id: 'none', ...ids('sport') } }), 'bid');
  t.equal(outcome(book, { user: { id: 'none', ...ids('news') } }), 'no_targeting');
});

t.test('an ad group shuts those of an audience out', async (t) => {
  const book = bookOf({ segments_excluded: ['audience:saw'] });
  await bidder.load(book);
  const user = { user: { id: 'shut out' } };
  t.equal(outcome(book, user), 'bid');
  join(book, 'saw', 'shut out');
  t.equal(outcome(book, user), 'no_targeting');
  t.equal(outcome(book, {}), 'bid', 'nobody');
  t.equal(outcome(book, { user: { id: 'x', ...ids('audience:saw') } }), 'bid', 'a segment of that name is another');
});

t.test('a request cannot put its user in an audience', async (t) => {
  const book = bookOf({ segments: ['audience:saw'] });
  await bidder.load(book);
  t.equal(outcome(book, { user: { id: 'liar', ...ids('audience:saw', 'saw', 'given:audience:saw') } }), 'no_targeting');
  t.not(segmentHash(`${AUDIENCE}saw`), hashText(`${AUDIENCE}saw`));
  t.equal(segmentHash('saw'), hashText('saw'));
});

t.test('privacy takes the audiences away with segments, and with the user', async (t) => {
  const book = bookOf({ segments: ['audience:saw'] });
  await bidder.load(book);
  join(book, 'saw', 'private');
  const user = { id: 'private' };
  t.equal(outcome(book, { user }), 'bid');
  t.equal(outcome(book, { user, regs: { us_privacy: '1YYN' } }), 'no_targeting', 'opted out of sale');
  t.equal(outcome(book, { user, device: { dnt: 1 } }), 'no_targeting');
  t.equal(outcome(book, { user, regs: { coppa: 1 } }), 'no_targeting');
  t.equal(outcome(book, { user, regs: { gdpr: 1 } }), 'no_targeting', 'no consent');
});

t.test('says which audiences the user is in, and why an ad group is not for them', async (t) => {
  const book = bookOf({ segments: ['sport', 'audience:saw'] }, { segments_excluded: ['audience:clicked'] });
  const seen = (_: bigint, { minutes }: { readonly minutes: number }): number => (minutes === 30 * 1440 ? 2 : 0);
  const request = sampleRequest({ user: { id: 'u', ...ids('audience:saw') } });
  const { request: lines, impressions } = explain(bodyOf(request), sampleSituation(book, { seen }));
  t.ok(lines.includes('audience: identified, segments audience:saw, is in audience:clicked'), lines.join('\n'));
  const why = impressions[0]?.slots[0]?.ads.map((ad) => [ad.adGroup, ad.outcome, ad.why]).toSorted();
  const says = 'the request says audience:saw, and its user is in audience:clicked';
  t.same(why, [
    ['g1', 'no_targeting', `targets segments sport, audience:saw; ${says}`],
    ['g2', 'no_targeting', `excludes segments audience:clicked; ${says}`],
  ]);
});
