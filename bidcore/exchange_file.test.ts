// Exchange profiles, account policies, traffic and privacy in a campaign file: what is taken, what is refused and how
// it is said, what is meant by what is left out.

import t from 'tap';
import { MAX_ADDRESS_RANGES, MAX_CRAWLER_AGENTS, MAX_EXCHANGES } from '../assembly/limits.js';
import type {} from './book.js';
import { addressRange, DEFAULT_PROFILE, seatOf } from './exchange_file.js';
import { type ProblemCase, problemsOfAccount, problemsOfFile, problemsOfTargeting } from './testing/file_problems.js';
import { type Part, sampleAccount, sampleBook, sampleFile } from './testing/sample_book.js';

const exchange = (part: Part) => problemsOfFile({ exchanges: [{ id: 'x', ...part }] });
const policy = (part: Part) => problemsOfAccount({ policy: part });
const traffic = (part: Part) => problemsOfFile({ traffic: part });
const privacy = (part: Part) => problemsOfFile({ privacy: part });

const GOOD: readonly [name: string, problems: readonly string[]][] = [
  ['an exchange that is only a name', exchange({})],
  [
    'a profile with every key',
    exchange({
      name: 'X',
      currency: 'EUR',
      margin: { kind: 'gross', share: 0 },
      seats: { a1: 'seat 1' },
      formats: ['banner', 'native'],
      attributes_blocked: [1, 63],
      notices: [],
      price_encoding: 'base64',
      tmax_margin_ms: 0,
      auth_token_sha256: '0123456789abcdef'.repeat(4),
      qps: 1,
      deals: [],
      no_bid: 'reason',
    }),
  ],
  ['a profile for requests that name no exchange', exchange({ id: 'default', currency: 'EUR' })],
  [
    'a policy with every key',
    policy({
      without_consent: 'no_bid',
      crawlers: 'no_bid',
      datacentres: 'no_bid',
      schain: 'required',
      blocked_nodes: ['a.example', 'b.example/7'],
      blocked: { publishers: ['p'], domains: ['d.example'], bundles: ['b'], categories: ['IAB25', '6:3'] },
    }),
  ],
  ['ranges of one address and of all', traffic({ datacentre_ranges: ['192.0.2.1/32', '0.0.0.0/0'] })],
  ['no crawlers at all', traffic({ crawler_agents: [] })],
  [
    'every choice of privacy',
    privacy({ tcf_vendor_id: 9999, legitimate_interest: [2], flexible: [2], gdpr_countries: [] }),
  ],
];

const BAD: readonly ProblemCase[] = [
  ['no id', problemsOfFile({ exchanges: [{}] }), 'exchanges.0.id: Invalid input: expected string, received undefined'],
  ['an unknown key', exchange({ burl: true }), 'exchanges.0: Unrecognized key: "burl"'],
  [
    'two of one id',
    problemsOfFile({ exchanges: [{ id: 'x' }, { id: 'x' }] }),
    'exchanges: two exchanges have the id x',
  ],
  [
    'more than there is room for',
    problemsOfFile({ exchanges: Array.from({ length: MAX_EXCHANGES }, (_, n) => ({ id: `x${n}` })) }),
    `exchanges: Too big: expected array to have <=${MAX_EXCHANGES - 1} items`,
  ],
  ['a currency in small letters', exchange({ currency: 'eur' }), 'exchanges.0.currency: an ISO 4217 code such as USD'],
  [
    'a margin of everything',
    exchange({ margin: { kind: 'net', share: 1 } }),
    'exchanges.0.margin.share: Too big: expected number to be <=0.9',
  ],
  [
    'a margin without a share',
    exchange({ margin: { kind: 'net' } }),
    'exchanges.0.margin.share: Invalid input: expected number, received undefined',
  ],
  [
    'another kind of margin',
    exchange({ margin: { kind: 'half', share: 0.1 } }),
    'exchanges.0.margin.kind: Invalid option: expected one of "gross"|"net"',
  ],
  ['a seat of nobody', exchange({ seats: { moon: 's' } }), 'exchanges.0.seats: no account moon in this file'],
  [
    'two accounts on one seat',
    problemsOfFile({
      exchanges: [{ id: 'x', seats: { a2: 's1' } }],
      accounts: [sampleAccount(), sampleAccount({ id: 'a2', seat: 's2', campaigns: [] })],
    }),
    'exchanges.0.seats: two accounts have the seat s1',
  ],
  ['no format', exchange({ formats: [] }), 'exchanges.0.formats: Too small: expected array to have >=1 items'],
  [
    'a format that is none',
    exchange({ formats: ['film'] }),
    'exchanges.0.formats.0: Invalid option: expected one of "banner"|"video"|"audio"|"native"',
  ],
  [
    'an attribute that is none',
    exchange({ attributes_blocked: [64] }),
    'exchanges.0.attributes_blocked.0: Too big: expected number to be <=63',
  ],
  [
    'a notice that is none',
    exchange({ notices: ['purl'] }),
    'exchanges.0.notices.0: Invalid option: expected one of "nurl"|"burl"|"lurl"',
  ],
  [
    'another encoding of prices',
    exchange({ price_encoding: 'aes' }),
    'exchanges.0.price_encoding: Invalid option: expected one of "plain"|"base64"|"google"',
  ],
  [
    'a margin of time below nothing',
    exchange({ tmax_margin_ms: -1 }),
    'exchanges.0.tmax_margin_ms: Too small: expected number to be >=0',
  ],
  [
    'a token as it is',
    exchange({ auth_token_sha256: 'secret' }),
    'exchanges.0.auth_token_sha256: the SHA-256 of the token, 64 lower-case hexadecimal digits',
  ],
  ['no request a second', exchange({ qps: 0 }), 'exchanges.0.qps: Too small: expected number to be >=1'],
  [
    'another answer without a bid',
    exchange({ no_bid: '204' }),
    'exchanges.0.no_bid: Invalid option: expected one of "empty"|"reason"',
  ],
  [
    'bidding without consent as if it were there',
    policy({ without_consent: 'bid' }),
    'accounts.0.policy.without_consent: Invalid option: expected one of "contextual"|"no_bid"',
  ],
  [
    'crawlers by yes and no',
    policy({ crawlers: true }),
    'accounts.0.policy.crawlers: Invalid option: expected one of "bid"|"no_bid"',
  ],
  [
    'another kind of chain',
    policy({ schain: 'full' }),
    'accounts.0.policy.schain: Invalid option: expected one of "any"|"complete"|"required"',
  ],
  [
    'a node without a name',
    policy({ blocked_nodes: [''] }),
    'accounts.0.policy.blocked_nodes.0: Too small: expected string to have >=1 characters',
  ],
  [
    'a block on what is none',
    policy({ blocked: { sites: [] } }),
    'accounts.0.policy.blocked: Unrecognized key: "sites"',
  ],
  [
    'an address without a length',
    traffic({ datacentre_ranges: ['192.0.2.1'] }),
    'traffic.datacentre_ranges.0: an IPv4 range such as 192.0.2.0/24',
  ],
  [
    'a range of more bits than there are',
    traffic({ datacentre_ranges: ['192.0.2.0/33'] }),
    'traffic.datacentre_ranges.0: an IPv4 range such as 192.0.2.0/24',
  ],
  [
    'an address that is none',
    traffic({ datacentre_ranges: ['192.0.2.256/24'] }),
    'traffic.datacentre_ranges.0: an IPv4 address has parts of 0 to 255',
  ],
  [
    'more ranges than there is room for',
    traffic({ datacentre_ranges: Array.from({ length: MAX_ADDRESS_RANGES + 1 }, () => '192.0.2.1/32') }),
    `traffic.datacentre_ranges: Too big: expected array to have <=${MAX_ADDRESS_RANGES} items`,
  ],
  [
    'part of an agent that is in nearly all',
    traffic({ crawler_agents: ['1.'] }),
    'traffic.crawler_agents.0: Too small: expected string to have >=3 characters',
  ],
  [
    'more agents than there is room for',
    traffic({ crawler_agents: Array.from({ length: MAX_CRAWLER_AGENTS + 1 }, () => 'bot') }),
    `traffic.crawler_agents: Too big: expected array to have <=${MAX_CRAWLER_AGENTS} items`,
  ],
  ['vendor 0', privacy({ tcf_vendor_id: 0 }), 'privacy.tcf_vendor_id: Too small: expected number to be >=1'],
  [
    'a purpose that is none',
    privacy({ legitimate_interest: [11] }),
    'privacy.legitimate_interest.0: Too big: expected number to be <=10',
  ],
  [
    'a country in two letters',
    privacy({ gdpr_countries: ['DE'] }),
    'privacy.gdpr_countries.0: an ISO 3166-1 alpha-3 code such as USA',
  ],
  [
    'rewarded by a number',
    problemsOfTargeting({ rewarded: 1 }),
    'accounts.0.campaigns.0.ad_groups.0.targeting.rewarded: Invalid input: expected boolean, received number',
  ],
  [
    'interstitial by a word',
    problemsOfTargeting({ interstitial: 'yes' }),
    'accounts.0.campaigns.0.ad_groups.0.targeting.interstitial: Invalid input: expected boolean, received string',
  ],
  [
    'a placement that is none',
    problemsOfTargeting({ video_placements: [5] }),
    'accounts.0.campaigns.0.ad_groups.0.targeting.video_placements.0: Too big: expected number to be <=4',
  ],
  [
    'identified users by a list',
    problemsOfTargeting({ identified_users: [] }),
    'accounts.0.campaigns.0.ad_groups.0.targeting.identified_users: Invalid input: expected boolean, received array',
  ],
];

t.test('what is taken', async (t) => {
  for (const [name, problems] of GOOD) t.same(problems, [], name);
});

t.test('what is refused, and how', async (t) => {
  for (const [name, problems, expected] of BAD) t.ok(problems.includes(expected), `${name}: ${problems.join(' | ')}`);
});

t.test('an account or a file that chooses nothing bids on all traffic', async (t) => {
  const file = sampleFile();
  t.same(file.accounts[0]?.policy, {
    without_consent: 'contextual',
    crawlers: 'bid',
    datacentres: 'bid',
    schain: 'any',
    blocked_nodes: [],
    blocked: { publishers: [], domains: [], bundles: [], categories: [] },
  });
  t.same(file.traffic.datacentre_ranges, []);
  t.ok(file.traffic.crawler_agents.includes('headlesschrome'));
});

t.test('nothing is known of the vendor unless it is said; GDPR is the law of 31 countries', async (t) => {
  const { tcf_vendor_id, legitimate_interest, flexible, gdpr_countries } = sampleFile().privacy;
  t.same([tcf_vendor_id, legitimate_interest, flexible], [undefined, [], []]);
  t.equal(new Set(gdpr_countries).size, 31);
  t.ok(['DEU', 'NOR', 'GBR'].every((country) => gdpr_countries.includes(country)));
  t.notOk(gdpr_countries.includes('CHE'));
});

t.test('requests that name no exchange have a profile: the plain one, or that of the file', async (t) => {
  const plain = sampleBook({ exchanges: [{ id: 'x' }] });
  t.same([plain.exchanges, plain.profiles[0]], [['default', 'x'], DEFAULT_PROFILE]);
  const own = sampleBook({ exchanges: [{ id: 'x' }, { id: 'default', currency: 'EUR' }] });
  t.same(own.exchanges, ['default', 'x']);
  t.equal(own.profiles[0]?.currency, 'EUR');
});

t.test('an account bids under the seat an exchange knows, or its own', async (t) => {
  const { file, profiles } = sampleBook({ exchanges: [{ id: 'x', seats: { a1: '4401' } }, { id: 'y' }] });
  const [account] = file.accounts;
  if (account === undefined) throw new Error('the file has no account');
  t.same(
    profiles.map((profile) => seatOf(account, profile)),
    ['s1', '4401', 's1'],
  );
});

t.test('a range of addresses is from its first to its last, whichever address of it is given', async (t) => {
  const address = (a: number, b: number, c: number, d: number): number => ((a * 256 + b) * 256 + c) * 256 + d;
  t.same(addressRange('192.0.2.77/24'), { first: address(192, 0, 2, 0), last: address(192, 0, 2, 255) });
  t.same(addressRange('198.18.0.0/15'), { first: address(198, 18, 0, 0), last: address(198, 19, 255, 255) });
  t.same(addressRange('203.0.113.9/32'), { first: address(203, 0, 113, 9), last: address(203, 0, 113, 9) });
  t.same(addressRange('0.0.0.0/0'), { first: 0, last: 2 ** 32 - 1 });
});
