// Site, app or dooh of generated requests: domains as exchanges spell them, pages instead of domains, categories below
// the wanted ones.

import type { Ad } from '../book.js';
import type { Targeting } from '../campaign_file.js';
import { type JsonObject, object, type Plain, raw } from './json_tree.js';
import type { Random } from './random.js';
import { type Draft, type Entries, fact, spellCase } from './requests.js';
import * as words from './vocabulary.js';

export function makeInventories(draft: Draft, aim: Ad | undefined): Entries {
  const { random } = draft;
  const wanted =
    fact(draft, aim?.adGroup.targeting.inventory, ['site', 'site', 'app', 'dooh']) ??
    random.pick(['site', 'app', 'none']);
  const entries: Entries = [];
  // site goes before app before dooh, so a wanted one must not be shadowed; a shadowed one behind it is harmless.
  for (const kind of ['site', 'app', 'dooh']) {
    if (kind === wanted || (entries.some(([name]) => name === wanted) && random.chance(0.05))) {
      entries.push([kind, inventory(draft, aim)]);
    } else if (random.chance(0.03)) {
      entries.push([kind, random.pick<Plain>([null, 'x', [], 0, false])]);
    }
  }
  return random.chance(0.3) ? entries.reverse() : entries;
}

/** Chance of one thing that the aimed account blocks, where it blocks anything. */
const BLOCKED = 0.25;

/** The aimed targeting, or now and then what the account does not want to be seen with in place of it. */
function wantedOf({ random }: Draft, aim: Ad | undefined): Partial<Targeting> | undefined {
  const targeting = aim?.adGroup.targeting;
  const blocked = Object.entries(aim?.account.policy.blocked ?? {}).filter(([, list]) => list.length > 0);
  return blocked.length > 0 && random.chance(BLOCKED)
    ? { ...targeting, ...Object.fromEntries([random.pick(blocked)]) }
    : targeting;
}

function inventory(draft: Draft, aim: Ad | undefined): JsonObject {
  const { random } = draft;
  const targeting = wantedOf(draft, aim);
  const domain = spellDomain(random, fact(draft, targeting?.domains, words.DOMAINS));
  const asPage = random.chance(0.35);
  const page =
    domain !== undefined && (asPage || random.chance(0.3))
      ? spellPage(random, asPage ? domain : random.pick(words.DOMAINS))
      : undefined;
  const bundle = fact(draft, targeting?.bundles, words.BUNDLES);
  const publisher = fact(draft, targeting?.publishers, words.PUBLISHERS);
  const [taxonomy, categories] = contentCategories(draft, targeting?.categories);
  return object([
    ['id', random.chance(0.3) ? random.int(1, 999) : undefined],
    ['name', random.chance(0.3) ? 'A "quoted" näme' : undefined],
    ['domain', asPage ? undefined : domain],
    ['page', page],
    [
      'bundle',
      bundle !== undefined && /^\d{1,15}$/.test(bundle) && random.chance(0.5) ? raw(bundle) : spellCase(random, bundle),
    ],
    ['cat', categories],
    ['cattax', taxonomy],
    [
      'publisher',
      publisher === undefined
        ? undefined
        : object([
            ['id', publisher],
            ['name', 'id'],
            ['cat', ['IAB1']],
            ['domain', 'pub.test'],
          ]),
    ],
    [
      'content',
      random.chance(draft.knobs.ballast)
        ? { id: 'c1', cat: ['IAB25'], cattax: 1, data: [{ segment: [{ id: 'auto' }] }], language: 'en' }
        : undefined,
    ],
    ['mobile', random.chance(0.1) ? 1 : undefined],
    ['ext', random.chance(draft.knobs.ballast) ? { domain: 'wrong.test', cat: ['IAB26'], amp: 0 } : undefined],
  ]);
}

/** A domain as exchanges spell it: below the wanted one, with `www.`, in capitals. */
function spellDomain(random: Random, domain: string | undefined): string | undefined {
  if (domain === undefined) return undefined;
  const below = random.chance(0.3) ? random.pick(['m.', 'a.b.', 'www.', 'www.m.', 'WwW.', 'x-', '.']) : '';
  return spellCase(random, below + domain);
}

function spellPage(random: Random, domain: string): string {
  const scheme = random.pick([
    'http://',
    'https://',
    'https://',
    'app://',
    'HTTPS://',
    '//',
    'a://b://',
    'https%3A%2F%2F',
    '://',
    'http:///',
  ]);
  return scheme + domain + random.pick(['', '/', '/a/b?c=d', '?q=http://other.test/', '#x', ':8080/x', '/päge', '\\/']);
}

/** Taxonomy and categories: an entry the ad wants or something below it. */
function contentCategories(
  draft: Draft,
  wanted: readonly string[] | undefined,
): [Plain | undefined, Plain | undefined] {
  const { random, book } = draft;
  const entry = fact(draft, wanted, [
    ...words.CATEGORIES_1,
    ...words.CATEGORIES_1,
    ...words.CATEGORIES_7.map((c) => `7:${c}`),
  ]);
  if (entry === undefined) return [random.chance(0.2) ? random.pick(words.TAXONOMIES) : undefined, undefined];
  const colon = entry.indexOf(':');
  const taxonomy = colon > 0 ? Number(entry.slice(0, colon)) : 1;
  let category = entry.slice(colon + 1);
  const parents = Object.entries(book.file.category_parents[String(taxonomy)] ?? {});
  for (let climb = random.int(0, 2); climb > 0; climb -= 1) {
    const below = parents.filter(([, parent]) => parent === category);
    if (below.length > 0) category = random.pick(below)[0];
    else if (taxonomy === 1 && !category.includes('-')) category = `${category}-${random.int(1, 9)}`;
  }
  const numeric = /^[1-9]\d*$/.test(category) && random.chance(0.3);
  const others = random.some(taxonomy === 1 ? words.CATEGORIES_1 : words.CATEGORIES_7, 0, 2);
  const all: Plain[] = random.shuffled<Plain>([numeric ? raw(category) : spellCase(random, category), ...others]);
  return [taxonomy === 1 && random.chance(0.7) ? undefined : taxonomy, all];
}
