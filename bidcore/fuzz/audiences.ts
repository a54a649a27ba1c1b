// Audiences of generated books: added to an account that is drafted, some of whose ad groups then want them or shut
// them out. Users are in them as `seen.ts` has it.

import { AUDIENCE } from '../audiences.js';
import type { Random } from './random.js';

type Draft = Record<string, unknown>;

/** Of one account; five of them stay below what a file may have. */
const AUDIENCES_MOST = 3;

/** @param name of the account, for ids that no other one has */
export function draftAudiences(random: Random, account: Draft, name: string): Draft {
  const campaigns = account['campaigns'] as readonly Draft[];
  if (campaigns.length === 0 || random.chance(0.6)) return account;
  const ids = campaigns.map(({ id }) => id);
  const audiences = Array.from({ length: random.int(1, AUDIENCES_MOST) }, (_, n) => ({
    id: `${name}-${n}`,
    event: random.pick(['imp', 'click', 'conv']),
    campaigns: random.some(ids, 1, 3),
    days: random.pick([1, 2, 7, 30, 365, random.int(1, 365)]),
  }));
  const names = audiences.map(({ id }) => AUDIENCE + id);
  const change = random.pick([0.1, 0.3, 0.8]);
  const targeted = (group: Draft): Draft => {
    if (!random.chance(change)) return group;
    const targeting = group['targeting'] as Draft;
    const list = random.chance(0.6) ? 'segments' : 'segments_excluded';
    const before = (targeting[list] as readonly string[] | undefined) ?? [];
    return { ...group, targeting: { ...targeting, [list]: [...before, ...random.some(names, 1, 2)] } };
  };
  const changed = campaigns.map((campaign) => ({
    ...campaign,
    ad_groups: (campaign['ad_groups'] as readonly Draft[]).map(targeted),
  }));
  return { ...account, audiences, campaigns: changed };
}
