// The small vocabulary that requests and campaigns share: letter case, domains and their parents, categories and their
// ancestors. One copy, used by the book compiler and by the reference bidder (docs/decisions.md, sections 1 to 3).

import type { CampaignFile } from './campaign_file.js';

type CategoryParents = CampaignFile['category_parents'];

/** Lower case of the letters A to Z and of no others: what a byte-wise scanner can do, and all that domains need. */
export function lower(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}

/** A text as it survives UTF-8: each lone surrogate becomes U+FFFD. Texts are compared in this form. */
export function wellFormed(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text;
}

/** A domain as it is compared: lower, without one leading `www.`; may be empty. */
export function bareDomain(domain: string): string {
  const name = lower(domain);
  return name.startsWith('www.') ? name.slice(4) : name;
}

/**
 * A domain and its parents, down to the last label: `www.A.example.com` gives `a.example.com`, `example.com`, `com`.
 * Empty names are left out, so an empty domain has none.
 */
export function parentDomains(domain: string): string[] {
  return withParents(bareDomain(domain));
}

/** The same for a domain that is bare already; a second `www.` stays part of the name. */
export function withParents(bare: string): string[] {
  const names: string[] = [];
  let name = bare;
  while (name !== '') {
    names.push(name);
    const dot = name.indexOf('.');
    name = dot < 0 ? '' : name.slice(dot + 1);
  }
  return names;
}

/**
 * A category and its ancestors, itself first, all lower: `IAB25-3` gives `iab25-3`, `iab25` in taxonomy 1; elsewhere
 * the chain of the file's `category_parents` is followed. A cycle in it ends the chain.
 * @param cattax the category's taxonomy (AdCOM list "Category Taxonomies")
 */
export function ancestors(category: string, cattax: number, parents: CategoryParents): string[] {
  const name = lower(category);
  if (cattax === 1) {
    const dash = name.indexOf('-');
    return dash > 0 ? [name, name.slice(0, dash)] : [name];
  }
  const parentOf = parentTable(parents).get(String(cattax));
  const chain = [name];
  let parent = parentOf?.get(name);
  while (parent !== undefined && !chain.includes(parent)) {
    chain.push(parent);
    parent = parentOf?.get(parent);
  }
  return chain;
}

/** A category of the targeting: taxonomy 1 unless it is written `taxonomy:category`. The category is lower. */
export function categoryEntry(entry: string): { cattax: number; category: string } {
  const match = /^(\d{1,9}):(.+)$/s.exec(entry);
  if (match === null) return { cattax: 1, category: lower(entry) };
  return { cattax: Number(match[1]), category: lower(match[2] as string) };
}

const parentTables = new WeakMap<CategoryParents, ReadonlyMap<string, ReadonlyMap<string, string>>>();

/** `category_parents` in lower case, as maps: a category may be called `constructor`. */
function parentTable(parents: CategoryParents): ReadonlyMap<string, ReadonlyMap<string, string>> {
  let table = parentTables.get(parents);
  if (table === undefined) {
    table = new Map(
      Object.entries(parents).map(([cattax, chain]) => [
        cattax,
        new Map(Object.entries(chain).map(([child, parent]) => [lower(child), lower(parent)])),
      ]),
    );
    parentTables.set(parents, table);
  }
  return table;
}
