// The campaign file: its documentation names every key, its errors say where and what, its sample shows each kind.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import { makeBook } from './book.js';
import { type CampaignFile, campaignFileSchema, isCampaignFileError, parseCampaignFile } from './campaign_file.js';

const doc = readFileSync('docs/campaigns.md', 'utf8');
const sampleText = readFileSync('server/sample/campaigns.json', 'utf8');
const minimalText = /^```json\n([\s\S]*?)^```/m.exec(doc)?.[1] ?? '';

const urls = { notices: 'https://n.example', markup: 'https://m.example' };

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

/** What the document says of a key, by the heading above it. */
function documentedKeys(): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  for (const section of doc.split(/^## /m).slice(1)) {
    const heading = section.slice(0, section.indexOf('\n')).replaceAll('`', '');
    const rows = [...section.matchAll(/^\| `([^`]+)` \|.*\| ([^|]+) \|$/gm)];
    if (rows.length > 0) sections.set(heading, new Map(rows.map((row) => [row[1] ?? '', row[2] ?? ''])));
  }
  return sections;
}

/** What the schema says: the keys of each object and how each is filled in when it is left out. */
function schemaKeys(schema: z.core.$ZodType, path: string, into = new Map<string, Map<string, string>>()) {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) schemaKeys(schema.unwrap(), path, into);
  if (schema instanceof z.ZodArray) schemaKeys(schema.element, `${path}[]`, into);
  if (schema instanceof z.ZodObject) {
    const keys = new Map<string, string>();
    into.set(path === '' ? 'File' : path, keys);
    for (const [key, value] of Object.entries(schema.shape)) {
      keys.set(key, defaultText(value));
      schemaKeys(value, path === '' ? key : `${path}.${key}`, into);
    }
  }
  return into;
}

function defaultText(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodOptional) return '–';
  if (schema instanceof z.ZodDefault) return `\`${JSON.stringify(schema.def.defaultValue)}\``;
  return 'required';
}

t.test('the documentation names every key of the schema with its default, and no other', async (t) => {
  const documented = documentedKeys();
  const schema = schemaKeys(campaignFileSchema, '');
  t.same([...documented.keys()].sort(), [...schema.keys()].sort(), 'objects');
  for (const [path, keys] of schema) {
    t.same(Object.fromEntries(documented.get(path) ?? []), Object.fromEntries(keys), path);
  }
});

t.test('the smallest file of the documentation is a campaign file', async (t) => {
  t.equal(makeBook(good(minimalText), 1, urls).ads.length, 1);
});

t.test('the sample', async (t) => {
  const file = good(sampleText);
  const campaigns = file.accounts.flatMap((account) => account.campaigns);
  const groups = campaigns.flatMap((campaign) => campaign.ad_groups);
  const ads = makeBook(file, 1, urls).ads;

  t.test('has at least 20 ads', async (t) => {
    t.ok(ads.length >= 20, `${ads.length} ads`);
  });
  t.test('covers every kind of targeting', async (t) => {
    const targeting = schemaKeys(campaignFileSchema, '').get('accounts[].campaigns[].ad_groups[].targeting');
    const used = new Set(groups.flatMap((group) => Object.keys(group.targeting)));
    t.same(
      [...(targeting?.keys() ?? [])].filter((key) => !used.has(key)),
      [],
    );
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
  t.test('covers image and markup, several seats and exchanges, 20 currencies', async (t) => {
    const creatives = file.accounts.flatMap((account) => account.creatives);
    t.ok(
      creatives.some((creative) => creative.image_url),
      'image',
    );
    t.ok(
      creatives.some((creative) => creative.markup),
      'markup',
    );
    t.ok(new Set(creatives.map((creative) => `${creative.w}x${creative.h}`)).size >= 8, 'sizes');
    t.ok(file.accounts.length >= 2, 'seats');
    t.ok(file.exchanges.length >= 2, 'exchanges');
    t.ok(Object.keys(file.rates).length >= 20, 'currencies');
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
      /^accounts: two accounts \(seat\) have the id acme-seat$/,
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
      'an image and markup at once',
      (f) => {
        first(first(f.accounts).creatives).markup = '<b>';
      },
      /^accounts\.0\.creatives\.0: give either image_url or markup$/,
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
