// What the schema of a campaign file cannot say of audiences: ids are unique in the file, they are few, their campaigns
// and those who target them stand in the same account.

import { MAX_AUDIENCES } from '../assembly/limits.js';
import { AUDIENCE } from './audiences.js';
import type { Account, CampaignFile } from './campaign_file.js';

export function audienceProblems({ accounts }: Pick<CampaignFile, 'accounts'>): string[] {
  const problems: string[] = [];
  const ids = accounts.flatMap(({ audiences }) => audiences.map(({ id }) => id));
  if (ids.length > MAX_AUDIENCES) problems.push(`accounts: ${ids.length} audiences, at most ${MAX_AUDIENCES}`);
  for (const id of new Set(ids.filter((one, i) => ids.indexOf(one) < i))) {
    problems.push(`accounts: two audiences have the id ${id}`);
  }
  return [...problems, ...accounts.flatMap(referenceProblems)];
}

function referenceProblems(account: Account, a: number): string[] {
  const campaigns = new Set(account.campaigns.map(({ id }) => id));
  const names = new Set(account.audiences.map(({ id }) => AUDIENCE + id));
  const ofAudiences = account.audiences.flatMap((audience, n) =>
    audience.campaigns
      .filter((id) => !campaigns.has(id))
      .map((id) => `accounts.${a}.audiences.${n}.campaigns: account ${account.id} has no campaign ${id}`),
  );
  const ofTargeting = account.campaigns.flatMap(({ ad_groups: groups }, c) =>
    groups.flatMap(({ targeting }, g) =>
      (['segments', 'segments_excluded'] as const).flatMap((list) =>
        (targeting[list] ?? [])
          .filter((entry) => entry.startsWith(AUDIENCE) && !names.has(entry))
          .map((entry) => {
            const path = `accounts.${a}.campaigns.${c}.ad_groups.${g}.targeting.${list}`;
            return `${path}: account ${account.id} has no audience ${entry.slice(AUDIENCE.length)}`;
          }),
      ),
    ),
  );
  return [...ofAudiences, ...ofTargeting];
}
