// A part of a campaign file, as a change makes it: the heads of everything (rates, exchanges, accounts) as they are
// afterwards, and of campaigns and creatives those that were touched. Taking it over spares reading all the others, and
// leaves them the very objects they were, which who compiles them may remember things by.

import type { Account, CampaignFile } from './campaign_file.js';

export interface CampaignPart {
  /** A campaign file of the campaigns and creatives touched, with some that stayed as they were. */
  readonly file: CampaignFile;
  /** Ids of the campaigns touched: one that is not in the file is gone. */
  readonly campaigns: readonly string[];
  /** The creatives touched, as `ACCOUNT CREATIVE`. */
  readonly creatives: readonly string[];
}

/** The file with a part in place of what it was. What is new comes behind what was there, in its account. */
export function withPart(whole: CampaignFile, { file, campaigns, creatives }: CampaignPart): CampaignFile {
  const gone = { campaigns: new Set(campaigns), creatives: new Set(creatives) };
  const before = new Map(whole.accounts.map((account) => [account.id, account]));
  return {
    ...file,
    // The same object as long as it says the same.
    category_parents: same(whole.category_parents, file.category_parents),
    accounts: file.accounts.map((account): Account => {
      const known = before.get(account.id);
      if (known === undefined) return account;
      return {
        ...account,
        campaigns: merged(known.campaigns, account.campaigns, ({ id }) => gone.campaigns.has(id)),
        creatives: merged(known.creatives, account.creatives, ({ id }) => gone.creatives.has(`${account.id} ${id}`)),
      };
    }),
  };
}

/** What stands in both is the part's if it was touched. */
function merged<T extends { readonly id: string }>(
  whole: readonly T[],
  part: readonly T[],
  touched: (item: T) => boolean,
): T[] {
  const others = new Map(part.map((item) => [item.id, item]));
  const kept = whole.flatMap((item) => {
    const other = others.get(item.id);
    others.delete(item.id);
    if (!touched(item)) return [item];
    return other === undefined ? [] : [other];
  });
  return [...kept, ...others.values()];
}

function same<T>(before: T, after: T): T {
  return JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
