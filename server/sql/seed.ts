// Sample data for an empty database: the sample campaigns, a user of each role in their first account, a list of each
// kind, a segment, three rules and an allocation plan. Users have no password, so nobody can log in as them.

import { readFileSync } from 'node:fs';
import { isCampaignFileError, parseCampaignFile } from '../../bidcore/campaign_file.js';
import { SAMPLE_CAMPAIGNS } from '../files.js';
import { type Imported, importCampaignFile } from './book/import.js';
import { type Db, inTransaction, toJson } from './database.js';
import type { RowError } from './errors.js';
import { ROLES } from './schema/accounts.js';

/** In the words of bidcore's rules (their templates). */
const RULES = [
  {
    id: 'seed-pause-low-ctr',
    name: 'Pause under 1% CTR',
    definition: {
      when: { metric: 'ctr', operator: '<', value: 0.01, window: '24h', minimum_impressions: 1000 },
      actions: [{ type: 'pause' }],
    },
  },
  {
    id: 'seed-raise-roas-3',
    name: '+20% budget over ROAS 3',
    definition: {
      when: { metric: 'roas', operator: '>', value: 3, window: '7d', minimum_impressions: 1000 },
      actions: [{ type: 'change_budget', percent: 20, ceiling_micros: 1_000_000_000 }],
    },
  },
  {
    id: 'seed-raise-roas-4',
    name: '+50% budget over ROAS 4 for 3 days',
    definition: {
      when: { metric: 'roas', operator: '>', value: 4, window: '1d', consecutive: 3 },
      actions: [{ type: 'change_budget', percent: 50, ceiling_micros: 1_000_000_000 }],
      cooldown: '3d',
    },
  },
];

/**
 * Fills an empty database; one that has an account is left as it is.
 * @returns what was made, or `already_exists`
 */
export async function seed(db: Db): Promise<Imported | RowError> {
  const there = await db.selectFrom('accounts').select('id').limit(1).executeTakeFirst();
  if (there !== undefined) {
    return { code: 'already_exists', problem: `the database has account ${there.id} already; seed fills an empty one` };
  }
  const file = parseCampaignFile(readFileSync(SAMPLE_CAMPAIGNS, 'utf8'));
  if (isCampaignFileError(file)) throw new Error(`${SAMPLE_CAMPAIGNS}: ${file.problems.join('; ')}`);
  const imported = await importCampaignFile(db, file, { replace: false });
  if ('code' in imported) return imported;
  const account_id = file.accounts[0]?.id ?? '';
  await inTransaction(db, async (tx) => {
    const users = ROLES.map((role) => ({ id: `seed-${role}`, email: `${role}@example.com`, name: `Sample ${role}` }));
    await tx.insertInto('users').values(users).execute();
    const members = ROLES.map((role) => ({ account_id, user_id: `seed-${role}`, role }));
    await tx.insertInto('account_users').values(members).execute();
    const lists = [
      { account_id, id: 'seed-not-these', kind: 'domain' as const, name: 'Sites to stay away from' },
      { account_id, id: 'seed-coffee', kind: 'keyword' as const, name: 'Words about coffee' },
    ];
    await tx.insertInto('lists').values(lists).execute();
    const entry = (list_id: string) => (text: string) => ({ account_id, list_id, entry: text });
    const entries = [
      ...['clickbait.example', 'made-for-ads.example'].map(entry('seed-not-these')),
      ...['espresso', 'roastery', 'flat white'].map(entry('seed-coffee')),
    ];
    await tx.insertInto('list_entries').values(entries).execute();
    const segment = { account_id, id: 'seed-auto', kind: 'external' as const, name: 'Looks for a car' };
    await tx.insertInto('segments').values(segment).execute();
    const rules = RULES.map(({ definition, ...rule }) => ({
      ...rule,
      account_id,
      status: 'paused' as const,
      definition: toJson(definition),
    }));
    await tx.insertInto('rules').values(rules).execute();
    await tx.insertInto('allocation_plans').values({ account_id, method: 'proportional' }).execute();
  });
  return imported;
}
