// Recomputes the books of every campaign from its keys, while money moves: each campaign is looked at in one step.

import type { Away } from '../../bidcore/money/authority.js';
import { isAway } from '../../bidcore/money/authority.js';
import { Keys, PARTITIONS } from './keys.js';
import type { RedisLink } from './link.js';
import { VERIFY } from './lua.js';

export interface CampaignBooks {
  readonly campaign: string;
  readonly campaignId: string;
  readonly budgetMicros: number;
  readonly spentMicros: number;
  readonly lateMicros: number;
  /** Granted to open leases and not billed. */
  readonly heldMicros: number;
  /** Below zero where late notices were honoured, or the budget was cut. */
  readonly freeMicros: number;
  readonly leases: number;
  /** What does not add up; empty. */
  readonly problems: readonly string[];
}

const CAMPAIGNS_A_SCAN = 100;

export async function verifyBooks(link: RedisLink, namespace: string): Promise<readonly CampaignBooks[] | Away> {
  const keys = new Keys(namespace);
  const books = new Map<string, CampaignBooks>();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    let cursor = '0';
    do {
      const page = await link.call('sscan', keys.campaigns(partition), cursor, 'COUNT', CAMPAIGNS_A_SCAN);
      if (isAway(page as object)) return page as Away;
      const [next, campaigns] = page as [string, string[]];
      for (const campaign of campaigns) {
        const reply = await link.script(VERIFY, keys.tag(partition), [campaign]);
        if (isAway(reply)) return reply;
        books.set(campaign, booksOf(campaign, reply));
      }
      cursor = next;
    } while (cursor !== '0');
  }
  return [...books.values()];
}

function booksOf(campaign: string, reply: readonly (number | string)[]): CampaignBooks {
  const [, campaignId, budget, spent, late, held, free, leases, ...problems] = reply;
  return {
    campaign,
    campaignId: String(campaignId),
    budgetMicros: Number(budget),
    spentMicros: Number(spent),
    lateMicros: Number(late),
    heldMicros: Number(held),
    freeMicros: Number(free),
    leases: Number(leases),
    problems: problems.map(String),
  };
}
