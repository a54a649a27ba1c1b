// The campaign file: its errors say where and what, its sample shows each kind. Creatives and exchanges have tests of
// their own, the documents too (campaign_docs.test.ts).

import { readFileSync } from 'node:fs';
import t from 'tap';
import { makeBook } from './book.js';
import { type CampaignFile, campaignFileSchema, isCampaignFileError, parseCampaignFile } from './campaign_file.js';
import { type Creative, sizeOf } from './creative_file.js';
import { exchangeProfile } from './exchange_file.js';
import { PLAN_KINDS } from './money/pacing_plan.js';
import { SAMPLE_URLS } from './testing/sample_book.js';

const sampleText = readFileSync('server/sample/campaigns.json', 'utf8');
const minimalText = /^```json\n([\s\S]*?)^```/m.exec(readFileSync('docs/campaigns.md', 'utf8'))?.[1] ?? '';

const adGroupSchema = campaignFileSchema.shape.accounts.element.shape.campaigns.element.shape.ad_groups.element;
const targetingSchema = adGroupSchema.shape.targeting.unwrap();

const urls = { ...SAMPLE_URLS, notices: 'https://n.example', markup: 'https://m.example' };

/** Reads a file that must be good. */
function good(text: string): CampaignFile {
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  return file;
}

/** The problems of the smallest file after a change to it. */
function problemsOf(change: (file: Mutable) => void): readonly string[] {
  const file = JSON.parse(minimalText) as Mutable;
  change(file);
  const result = parseCampaignFile(JSON.stringify(file));
  return isCampaignFileError(result) ? result.problems : [];
}

/** Enough of the file's shape to break it in tests. */
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
interface Mutable {
  [key: string]: Json | MutableAccount[];
  accounts: MutableAccount[];
}
interface MutableAccount {
  [key: string]: Json | MutableCampaign[];
  id: string;
  creatives: { [key: string]: Json; id: string }[];
  campaigns: MutableCampaign[];
}
interface MutableCampaign {
  [key: string]: Json;
  ad_groups: { [key: string]: Json }[];
}

/** The first of a list that a test knows to be there. */
function first<T>(list: readonly T[]): T {
  const item = list[0];
  if (item === undefined) throw new Error('the list is empty');
  return item;
}
const firstGroup = (file: Mutable) => first(first(first(file.accounts).campaigns).ad_groups);

t.test('the sample', async (t) => {
  const file = good(sampleText);
  const campaigns = file.accounts.flatMap((account) => account.campaigns);
  const groups = campaigns.flatMap((campaign) => campaign.ad_groups);
  const ads = makeBook(file, 1, urls).ads;

  t.test('has at least 20 ads', async (t) => {
    t.ok(ads.length >= 20, `${ads.length} ads`);
  });
  t.test('covers every kind of targeting', async (t) => {
    const used = new Set(groups.flatMap((group) => Object.keys(group.targeting)));
    t.same(
      Object.keys(targetingSchema.shape).filter((key) => !used.has(key)),
      [],
    );
  });
  t.test('covers every pacing, with and without daily budgets, in time zones, promised and not', async (t) => {
    t.same(new Set(campaigns.map(({ pacing }) => pacing)), new Set(PLAN_KINDS));
    t.ok(campaigns.some(({ daily_budget_micros: daily }) => daily !== undefined));
    t.ok(campaigns.some(({ daily_budget_micros: daily }) => daily === undefined));
    t.ok(file.accounts.some(({ time_zone: zone }) => zone !== 'UTC'));
    t.ok(groups.some(({ guaranteed }) => guaranteed));
  });
  t.test('covers every goal', async (t) => {
    t.same([...new Set(groups.map((group) => group.goal.type))].sort(), ['cpa', 'cpc', 'cpm']);
  });
  t.test('covers open and deal', async (t) => {
    t.ok(
      groups.some((group) => group.targeting.deals === undefined),
      'open',
    );
    t.ok(
      groups.some((group) => group.targeting.deals && !group.targeting.open_auction),
      'deals only',
    );
    t.ok(
      groups.some((group) => group.targeting.deals && group.targeting.open_auction),
      'deals and open',
    );
  });
  t.test('covers every format, each in its variety', async (t) => {
    const creatives = file.accounts.flatMap((account) => account.creatives);
    const some = (name: string, wanted: (creative: Creative) => boolean) => t.ok(creatives.some(wanted), name);
    some('banner, image', (c) => c.type === 'banner' && c.image_url !== undefined);
    some('banner, markup', (c) => c.type === 'banner' && c.markup !== undefined);
    some('video of 15 s', (c) => c.type === 'video' && c.media !== undefined && c.duration_s === 15);
    some('video of 30 s, around other VAST', (c) => c.type === 'video' && !c.media && c.duration_s === 30);
    some('video to be skipped', (c) => c.type === 'video' && c.skip_after_s !== undefined);
    some('video over the content', (c) => c.type === 'video' && c.linearity === 2);
    some('video with companions', (c) => c.type === 'video' && c.companions.length > 0);
    some('audio', (c) => c.type === 'audio' && c.media !== undefined);
    some('audio around other VAST', (c) => c.type === 'audio' && c.wrapper_url !== undefined);
    some('native with images and data', (c) => c.type === 'native' && c.images.length > 1 && c.data.length > 2);
    t.ok(new Set(creatives.map(sizeOf)).size >= 10, 'sizes');
  });
  t.test('covers several seats, 20 currencies, and exchanges that differ in all they can', async (t) => {
    t.ok(file.accounts.length >= 2, 'seats');
    t.ok(Object.keys(file.rates).length >= 20, 'currencies');
    const said = new Set(file.exchanges.flatMap((exchange) => Object.keys(exchange)));
    // A token would keep people from trying the sample.
    const expected = Object.keys(exchangeProfile.shape).filter((key) => key !== 'auth_token_sha256');
    t.same([...said].sort(), expected.sort());
    const policies = file.accounts.map((account) => account.policy);
    t.equal(new Set(policies.map((policy) => JSON.stringify(policy))).size, policies.length, 'policies');
    t.ok(file.privacy.tcf_vendor_id, 'a vendor');
  });
  t.test('may be shown where all has to be encrypted', async (t) => {
    t.same(
      ads.filter((ad) => !ad.secure).map((ad) => ad.creative.id),
      [],
    );
  });
  t.test('shows the gates: a paused campaign and one that starts later', async (t) => {
    t.ok(
      campaigns.some((campaign) => campaign.status === 'paused'),
      'paused',
    );
    t.ok(
      campaigns.some((campaign) => campaign.start && Date.parse(campaign.start) > Date.now()),
      'starts later',
    );
  });
  t.test('points only at example domains, over https', async (t) => {
    const hosts = [...sampleText.matchAll(/https?:\/\/[^\s"'\\/?]+/g)].map((match) => match[0]);
    t.same(
      hosts.filter((host) => !/^https:\/\/[\w.-]+\.example$/.test(host)),
      [],
    );
  });
});

t.test('errors name the path and the problem', async (t) => {
  const cases: readonly [string, (file: Mutable) => void, RegExp][] = [
    [
      'an unknown key',
      (f) => {
        firstGroup(f).targetting = {};
      },
      /^accounts\.0\.campaigns\.0\.ad_groups\.0: .*"targetting"/,
    ],
    [
      'an unknown restriction',
      (f) => {
        firstGroup(f).targeting = { country: ['USA'] };
      },
      /^accounts\.0\.campaigns\.0\.ad_groups\.0\.targeting: .*"country"/,
    ],
    [
      'a missing key',
      (f) => {
        delete firstGroup(f).goal;
      },
      /^accounts\.0\.campaigns\.0\.ad_groups\.0\.goal: /,
    ],
    [
      'a creative that is not there',
      (f) => {
        firstGroup(f).creatives = ['circle'];
      },
      /^accounts\.0\.campaigns\.0\.ad_groups\.0\.creatives: account acme has no creative circle$/,
    ],
    [
      'a creative named twice',
      (f) => {
        firstGroup(f).creatives = ['square', 'square'];
      },
      /^accounts\.0\.campaigns\.0\.ad_groups\.0\.creatives: two creatives have the id square$/,
    ],
    [
      'an exchange that is not there',
      (f) => {
        firstGroup(f).targeting = { exchanges: ['moon'] };
      },
      /^accounts\.0\.campaigns\.0\.ad_groups\.0\.targeting\.exchanges: no exchange moon in this file$/,
    ],
    [
      'a bad currency',
      (f) => {
        f.currency = 'usd';
      },
      /^currency: an ISO 4217 code/,
    ],
    [
      'a bad currency among the rates',
      (f) => {
        f.rates = { euro: 0.9 };
      },
      /^rates/,
    ],
    [
      'a rate of nothing',
      (f) => {
        f.rates = { EUR: 0 };
      },
      /^rates\.EUR: /,
    ],
    [
      "a rate for the file's own currency",
      (f) => {
        f.rates = { USD: 2 };
      },
      /^rates\.USD: .* rate 1$/,
    ],
    [
      'two accounts of one id',
      (f) => {
        f.accounts.push({ ...first(f.accounts), seat: 'other' });
      },
      /^accounts: two accounts have the id acme$/,
    ],
    [
      'two accounts of one seat',
      (f) => {
        f.accounts.push({ ...first(f.accounts), id: 'other' });
      },
      /^accounts: two accounts have the seat acme-seat$/,
    ],
    [
      'two campaigns of one id',
      (f) => {
        first(f.accounts).campaigns.push(first(first(f.accounts).campaigns));
      },
      /^accounts: two campaigns have the id spring$/,
    ],
    [
      'two creatives of one id',
      (f) => {
        first(f.accounts).creatives.push(first(first(f.accounts).creatives));
      },
      /^accounts\.0\.creatives: two creatives have the id square$/,
    ],
    [
      'an end before the start',
      (f) => {
        Object.assign(first(first(f.accounts).campaigns), {
          start: '2030-02-01T00:00:00Z',
          end: '2030-01-01T00:00:00Z',
        });
      },
      /^accounts\.0\.campaigns\.0\.end: not after start$/,
    ],
    [
      'a date without a zone',
      (f) => {
        first(first(f.accounts).campaigns).start = '2030-02-01T00:00:00';
      },
      /^accounts\.0\.campaigns\.0\.start: /,
    ],
    [
      'money that is not whole micros',
      (f) => {
        first(first(f.accounts).campaigns).budget_micros = 1.5;
      },
      /^accounts\.0\.campaigns\.0\.budget_micros: /,
    ],
    [
      'no account',
      (f) => {
        f.accounts = [];
      },
      /^accounts: /,
    ],
  ];
  for (const [name, change, expected] of cases) {
    t.test(name, async (t) => {
      const problems = problemsOf(change);
      t.ok(
        problems.some((problem) => expected.test(problem)),
        problems.join(' | ') || 'the file was taken',
      );
    });
  }
  t.test('text that is not JSON', async (t) => {
    const result = parseCampaignFile('{');
    t.match(isCampaignFileError(result) && result.problems, [/^not JSON: /]);
  });
  t.test('several problems at once', async (t) => {
    t.equal(problemsOf((f) => Object.assign(f, { currency: 'x', rates: 3 })).length, 2);
  });
});

t.test('a time zone is one that Intl knows by name, and money per day is optional', async (t) => {
  const zone = (name: Json): readonly string[] =>
    problemsOf(({ accounts: [account] }) => {
      if (account !== undefined) account['time_zone'] = name;
    });
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata']) t.same(zone(name), []);
  for (const name of ['Mars/Olympus', 'Europe/', '+01:00', '-03:00', '', ' UTC']) {
    t.same(zone(name), ['accounts.0.time_zone: an IANA time zone such as Europe/Berlin'], name);
  }
  const [campaign] = good(minimalText).accounts[0]?.campaigns ?? [];
  t.equal(good(minimalText).accounts[0]?.time_zone, 'UTC');
  t.equal(campaign?.pacing, 'even');
  t.equal(campaign?.daily_budget_micros, undefined);
  t.equal(campaign?.ad_groups[0]?.guaranteed, false);
});
