// Caps from the campaign file to the hot path: what an impression counts for, and who is not shown what any more.

import t from 'tap';
import * as map from '../assembly/memory_map.js';
import type { Book } from './book.js';
import { capsOf } from './frequency_caps.js';
import { FrequencyTable } from './frequency_table.js';
import { hashText, mix } from './hash.js';
import { reasonOf } from './reasons.js';
import { TestBidder } from './testing/bidder.js';
import { type ProblemCase, problemsOfAccount } from './testing/file_problems.js';
import { startCounting } from './testing/frequency_writer.js';
import {
  type Part,
  SAMPLE_NOW_US,
  sampleAccount,
  sampleAdGroup,
  sampleBook,
  sampleCampaign,
  sampleImp,
  sampleRequest,
} from './testing/sample_book.js';

const hour = (impressions: number): Part => ({ impressions, minutes: 60 });
const hex = (path: string): string => hashText(path).toString(16).padStart(16, '0');

function bookOf(campaign: Part, ...groups: Part[]): Book {
  const adGroups = groups.map((group, n) => sampleAdGroup({ id: `g${n + 1}`, ...group }));
  return sampleBook({
    accounts: [sampleAccount({ campaigns: [sampleCampaign({ ...campaign, ad_groups: adGroups })] })],
  });
}

const problems = (part: Part): readonly string[] =>
  problemsOfAccount({ campaigns: [sampleCampaign({ ad_groups: [sampleAdGroup(part)] })] });
const GROUP = 'accounts.0.campaigns.0.ad_groups.0';
const REFUSED: readonly ProblemCase[] = [
  [
    'three caps',
    problems({ frequency_caps: [hour(1), { impressions: 1, minutes: 1 }, { impressions: 1, minutes: 2 }] }),
    `${GROUP}.frequency_caps: Too big: expected array to have <=2 items`,
  ],
  [
    'two caps of as many minutes',
    problems({ frequency_caps: [hour(1), hour(2)] }),
    `${GROUP}.frequency_caps: two caps have the minutes 60`,
  ],
  [
    'the same of a campaign',
    problemsOfAccount({ campaigns: [sampleCampaign({ frequency_caps: [hour(1), hour(2)] })] }),
    'accounts.0.campaigns.0.frequency_caps: two caps have the minutes 60',
  ],
  [
    'no impression at all',
    problems({ frequency_caps: [hour(0)] }),
    `${GROUP}.frequency_caps.0.impressions: Too small: expected number to be >=1`,
  ],
  [
    'more than 30 days',
    problems({ frequency_caps: [{ impressions: 1, minutes: 43_201 }] }),
    `${GROUP}.frequency_caps.0.minutes: Too big: expected number to be <=43200`,
  ],
  [
    'unknown users',
    problems({ cap_unknown_users: 'no' }),
    `${GROUP}.cap_unknown_users: Invalid option: expected one of "bid"|"skip"`,
  ],
];
for (const [name, found, expected] of REFUSED) {
  t.test(`a file is refused: ${name}`, async (t) => t.same(found, [expected]));
}

t.test('what an impression counts for, by the hashes in its token', async (t) => {
  const caps = capsOf(
    bookOf(
      { frequency_caps: [hour(3), { impressions: 9, minutes: 1440 }] },
      { frequency_caps: [hour(1)] },
      {},
      { frequency_caps: [hour(2)], status: 'paused' },
    ),
  );
  t.same([...caps.keys()].sort(), [hex('c1'), hex('c1/g1'), hex('c1/g3')].sort(), 'paused ones may still be shown');
  t.same(caps.get(hex('c1')), [
    { key: hashText('c1/cap/60'), impressions: 3, minutes: 60, bucketSeconds: 157 },
    { key: hashText('c1/cap/1440'), impressions: 9, minutes: 1440, bucketSeconds: 3757 },
  ]);
  t.same(caps.get(hex('c1/g1')), [{ key: hashText('c1/g1/cap/60'), impressions: 1, minutes: 60, bucketSeconds: 157 }]);
  t.same(structuredClone(caps), caps, 'it can be posted to a thread');
});

const bidder = new TestBidder();
const table = new FrequencyTable(bidder.memory.buffer);

/** Outcome of a request, and the user key and the ad groups of its bids as the tokens have them. */
function answer(part: Part, nowUs = SAMPLE_NOW_US): { outcome: string; users: bigint[]; bids: number } {
  const { reason, text } = bidder.bid(sampleRequest(part), 0, nowUs);
  const tokens = [...text.matchAll(/\/n\/win\/([\w-]+)/g)].map((match) => Buffer.from(match[1] as string, 'base64url'));
  return {
    outcome: reason === 0 ? 'bid' : reasonOf(reason).label,
    users: tokens.map((token) => token.readBigUInt64LE(map.TOKEN_USER)),
    bids: tokens.length,
  };
}

t.test('a user is shown no more than a cap allows, until its time is over', async (t) => {
  const book = bookOf({ frequency_caps: [hour(3)] }, { frequency_caps: [{ impressions: 2, minutes: 10 }] });
  await bidder.load(book);
  const caps = [...capsOf(book).values()].flat();
  const user = { device: { ifa: 'AB-1' } };
  const show = (nowUs: number): string => {
    const { outcome, users } = answer(user, nowUs);
    for (const key of users) {
      t.equal(key, mix(hashText('ab-1'), 1));
      for (const cap of caps) table.count(key, cap.key, cap.bucketSeconds, nowUs / 1e6);
    }
    return outcome;
  };
  const after = (minutes: number): number => SAMPLE_NOW_US + minutes * 60e6;
  t.equal(show(after(0)), 'bid');
  t.equal(show(after(1)), 'bid');
  t.equal(show(after(2)), 'frequency_capped', 'that of the ad group');
  t.equal(show(after(10)), 'frequency_capped');
  t.equal(show(after(12)), 'bid', 'ten minutes are over, and a bucket');
  t.equal(show(after(24)), 'frequency_capped', 'that of the campaign');
  t.equal(show(after(65)), 'bid');
  t.equal(answer({ device: { ifa: 'AB-2' } }, after(2)).outcome, 'bid', 'somebody else');
});

t.test('a user is known by the id of the device, else by what the exchange calls them', async (t) => {
  await bidder.load(bookOf({}, {}));
  const keyOf = (part: Part): bigint | undefined => answer(part).users[0];
  const here = hashText('default');
  t.equal(keyOf({ device: { ifa: 'X-y' }, user: { id: 'u' } }), mix(hashText('x-y'), 1));
  t.equal(keyOf({ device: { ifa: '0-0' }, user: { id: 'U', buyeruid: 'B' } }), mix(hashText('B'), here));
  t.equal(keyOf({ user: { id: 'U', buyeruid: '' } }), mix(hashText('U'), here));
  t.equal(keyOf({ user: { id: 12 } }), mix(hashText('12'), here));
  t.equal(keyOf({ device: { ifa: '\u0041' }, user: {} }), mix(hashText('a'), 1));
  t.equal(keyOf({ device: { ifa: '' } }), 0n);
  t.equal(keyOf({ user: { id: 'u' }, regs: { us_privacy: '1YYN' } }), 0n, 'ids are taken');
  t.equal(keyOf({ user: { id: 'u' }, device: { lmt: 1 } }), 0n, 'and frequency');
});

t.test('an unknown user is bid on, or skipped', async (t) => {
  const capped = { frequency_caps: [hour(1)] };
  await bidder.load(bookOf({}, capped));
  t.equal(answer({}).outcome, 'bid');
  await bidder.load(bookOf({}, { ...capped, cap_unknown_users: 'skip' }));
  t.equal(answer({}).outcome, 'frequency_capped');
  t.equal(answer({ user: { id: 'never seen' } }).outcome, 'bid');
  await bidder.load(bookOf(capped, { cap_unknown_users: 'skip' }));
  t.equal(answer({}).outcome, 'frequency_capped', 'by the cap of the campaign');
  await bidder.load(bookOf({}, { cap_unknown_users: 'skip' }));
  t.equal(answer({}).outcome, 'bid', 'without a cap nobody is skipped');
});

t.test('bids of one response count', async (t) => {
  const imps = Array.from({ length: 5 }, (_, n) => sampleImp({ id: String(n) }));
  const bidsFor = (part: Part): number => answer({ imp: imps, ...part }).bids;
  await bidder.load(bookOf({ frequency_caps: [hour(3)] }, { frequency_caps: [hour(2)] }, { max_bid_cpm_micros: 1e6 }));
  t.equal(bidsFor({ user: { id: 'v' } }), 3, 'two of the better ad group, one of the other');
  t.equal(bidsFor({}), 5, 'of nobody nothing is counted');
});

t.test('what is capped is not said to be below the floor', async (t) => {
  // One that may pay more is on no such request: without it, the floor would close the slot.
  const more = { max_bid_cpm_micros: 9e8, goal: { type: 'cpm', bid_micros: 9e8 }, targeting: { countries: ['FIN'] } };
  await bidder.load(bookOf({}, { frequency_caps: [hour(1)] }, more));
  const low = { imp: [sampleImp({ bidfloor: 25 })], user: { id: 'w' } };
  t.equal(answer(low).outcome, 'below_floor');
  table.count(mix(hashText('w'), hashText('default')), hashText('c1/g1/cap/60'), 157, SAMPLE_NOW_US / 1e6);
  t.equal(answer(low).outcome, 'frequency_capped');
});

t.test('counts that lose their places while they are read mislead nobody', async (t) => {
  const minutes = 16_560;
  await bidder.load(bookOf({}, { frequency_caps: [{ impressions: 3, minutes }] }));
  const cap = hashText(`c1/g1/cap/${minutes}`);
  const rare = mix(hashText('rare'), 1);
  const writer = startCounting(bidder.memory.buffer, rare, cap, SAMPLE_NOW_US / 1e6);
  await writer.started;
  const request = { device: { ifa: 'rare' } };
  let capped = 0;
  for (const end = Date.now() + 1500; Date.now() < end; ) if (answer(request).outcome !== 'bid') capped++;
  await writer.stop();
  t.equal(capped, 0, 'never more than 2 were counted');
  t.ok(table.evictions > 1000);
});
