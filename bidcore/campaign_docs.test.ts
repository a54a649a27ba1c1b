// The documents of the campaign file: they name every key of the schema with its default, and no other, and their
// examples are taken.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import { makeBook } from './book.js';
import { campaignFileSchema, isCampaignFileError, parseCampaignFile } from './campaign_file.js';
import { creative } from './creative_file.js';
import { accountPolicy, exchangeProfile, privacyChoices } from './exchange_file.js';
import { problemsOfAccount } from './testing/file_problems.js';
import { SAMPLE_URLS, sampleAdGroup, sampleCampaign } from './testing/sample_book.js';

const docs = ['docs/campaigns.md', 'docs/exchanges.md'].map((path) => readFileSync(path, 'utf8')).join('\n');
const examples = [...docs.matchAll(/^```json\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');

/** A default longer than this is written below the table, value by value. */
const CELL_MAX = 60;

type Keys = Map<string, string>;

/** What the documents say of a key, by the heading above it. */
function documentedKeys(): Map<string, Keys> {
  const sections = new Map<string, Keys>();
  for (const section of docs.split(/^## /m).slice(1)) {
    const heading = section.slice(0, section.indexOf('\n')).replaceAll('`', '');
    const rows = [...section.matchAll(/^\| `([^`]+)` \|.*\| ([^|]+) \|$/gm)];
    const isTable = section.includes('\n| key | meaning | default |\n');
    if (isTable) sections.set(heading, new Map(rows.map((row) => [row[1] ?? '', row[2] ?? ''])));
  }
  return sections;
}

/** What the schema says: the keys of each object, and how each is filled in when it is left out. */
function schemaKeys(schema: z.core.$ZodType, path: string, into = new Map<string, Keys>()): Map<string, Keys> {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    schemaKeys(schema.unwrap(), path, into);
  }
  if (schema instanceof z.ZodArray) schemaKeys(schema.element, `${path}[]`, into);
  if (schema instanceof z.ZodDiscriminatedUnion) unionKeys(schema.options as z.ZodObject[], path, into);
  if (schema instanceof z.ZodObject) {
    into.set(path === '' ? 'File' : path, keysOf(schema));
    for (const [key, value] of Object.entries(schema.shape)) {
      schemaKeys(value, path === '' ? key : `${path}.${key}`, into);
    }
  }
  return into;
}

/** What all types have stands under the path; what one has besides, under the path and its name. */
function unionKeys(options: readonly z.ZodObject[], path: string, into: Map<string, Keys>): void {
  const keys = options.map(keysOf);
  const common = new Map([...(keys[0] ?? [])].filter(([key, text]) => keys.every((each) => each.get(key) === text)));
  for (const [n, option] of options.entries()) {
    const type = (option.shape.type as z.ZodLiteral).value;
    schemaKeys(option, path, into);
    into.set(`${path}, ${type}`, new Map([...(keys[n] ?? [])].filter(([key]) => !common.has(key))));
  }
  into.set(path, common);
}

function keysOf(schema: z.ZodObject): Keys {
  return new Map(Object.entries(schema.shape).map(([key, value]) => [key, defaultText(value)]));
}

function defaultText(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodOptional) return '–';
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return 'required';
  const text = JSON.stringify(schema.def.defaultValue);
  return text.length > CELL_MAX ? 'below' : `\`${text}\``;
}

t.test('the documents name every key of the schema with its default, and no other', async (t) => {
  const documented = documentedKeys();
  const schema = schemaKeys(campaignFileSchema, '');
  t.same([...documented.keys()].sort(), [...schema.keys()].sort(), 'objects');
  for (const [path, keys] of schema) {
    t.same(Object.fromEntries(documented.get(path) ?? []), Object.fromEntries(keys), path);
  }
});

t.test('long defaults stand below their table, whole', async (t) => {
  const { privacy, traffic } = campaignFileSchema.parse({ currency: 'USD', accounts: [{ ...minimalAccount() }] });
  for (const value of [...traffic.crawler_agents, ...privacy.gdpr_countries]) {
    t.ok(docs.includes(`\`${value}\``), value);
  }
});

function minimalAccount(): object {
  return { id: 'a', seat: 's', creatives: [], campaigns: [] };
}

t.test('the smallest file of the documents is a campaign file', async (t) => {
  const file = parseCampaignFile(examples[0] ?? '');
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  t.equal(makeBook(file, 1, SAMPLE_URLS).ads.length, 1);
});

function withAudience(audience: unknown): object {
  return { currency: 'USD', accounts: [{ ...minimalAccount(), audiences: [audience] }] };
}

t.test('every example of the documents is taken as what it is an example of', async (t) => {
  const inAdGroup = (part: object) =>
    problemsOfAccount({ campaigns: [sampleCampaign({ ad_groups: [sampleAdGroup({ ...part })] })] });
  const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
    file: (value) => campaignFileSchema.safeParse(value).success,
    creative: (value) => creative.safeParse(value).success,
    exchange: (value) => exchangeProfile.safeParse(value).success,
    policy: (value) => accountPolicy.safeParse(value).success,
    privacy: (value) => privacyChoices.safeParse(value).success,
    cap: (cap) => inAdGroup({ frequency_caps: [cap] }).length === 0,
    audience: (audience) => campaignFileSchema.safeParse(withAudience(audience)).success,
    goal: (goal) => inAdGroup({ goal }).length === 0,
    targeting: (targeting) => inAdGroup({ targeting }).length === 0,
  };
  const kindsOf = (text: string): string[] =>
    Object.entries(kinds)
      .filter(([, takes]) => takes(JSON.parse(text)))
      .map(([kind]) => kind);
  const found = examples.map((text) => kindsOf(text).join());
  const expected = 'file audience creative creative cap goal targeting exchange exchange exchange policy privacy';
  t.equal(found.join(' '), expected);
});
