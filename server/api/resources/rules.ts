// Rules of an account: what is to be done when something holds for a campaign (docs/rules.md). The definition is
// bidcore's; a rule that is paused is kept and not evaluated.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { rule as ruleSchema } from '../../../bidcore/rules/rule_schema.js';
import { definitionOf, isUnreadable, ruleOf } from '../../rules/stored_rules.js';
import { type Db, toJson } from '../../sql/database.js';
import type { RulesTable } from '../../sql/schema/control.js';
import { type Failure, fail } from '../errors.js';
import type { PathValues } from '../operation.js';
import { crud, type Store, type Stored } from './crud.js';
import { changedRow, parameter } from './rows.js';
import { inAccount } from './who.js';

export const ruleBody = ruleSchema
  .omit({ enabled: true })
  .extend({ status: z.enum(['active', 'paused']).default('active') })
  .meta({ id: 'StoredRule' });
type Stating = z.output<typeof ruleBody>;

const store: Store<Stating, Stating> = {
  async list(db, path, { after, limit }) {
    const rows = await db
      .selectFrom('rules')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .where('status', '!=', 'archived')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(shownOf);
  },
  async get(db, path) {
    const row = await rowOf(db, path);
    return row && shownOf(row);
  },
  async insert(db, path, value) {
    await db
      .insertInto('rules')
      .values({ account_id: parameter(path, 'account'), id: value.id, ...columnsOf(value) })
      .execute();
    await nameWebhooks(db, path, value);
  },
  async update(db, path, value) {
    await db
      .updateTable('rules')
      .set({ ...columnsOf(value), ...changedRow })
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', value.id)
      .execute();
    await forgetWebhooks(db, path);
    await nameWebhooks(db, path, value);
  },
  async remove(db, path) {
    await forgetWebhooks(db, path);
    await db
      .updateTable('rules')
      .set({ status: 'archived', ...changedRow })
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', parameter(path, 'rule'))
      .execute();
  },
};

/** A campaign that is misspelt, or another account's, would never be looked at. Archived ones may still be named. */
async function unknownCampaign(db: Db, path: PathValues, { campaigns }: Stating): Promise<Failure | undefined> {
  if (campaigns === undefined || campaigns.length === 0) return undefined;
  const rows = await db
    .selectFrom('campaigns')
    .select('id')
    .where('account_id', '=', parameter(path, 'account'))
    .where('id', 'in', campaigns)
    .execute();
  const known = new Set(rows.map(({ id }) => id));
  const details = campaigns.filter((id) => !known.has(id)).map((id) => `campaigns: no ${id}`);
  if (details.length === 0) return undefined;
  return fail('invalid_reference', 'what it refers to is not in this account', { details });
}

/** A webhook that is not there is refused by SQL. */
async function nameWebhooks(db: Db, path: PathValues, { id: rule_id, actions }: Stating): Promise<void> {
  const account_id = parameter(path, 'account');
  const rows = actions.flatMap((action) =>
    action.type === 'notify' ? [{ account_id, rule_id, webhook_id: action.webhook }] : [],
  );
  if (rows.length > 0) await db.insertInto('rule_webhooks').values(rows).execute();
}

async function forgetWebhooks(db: Db, path: PathValues): Promise<void> {
  await db
    .deleteFrom('rule_webhooks')
    .where('account_id', '=', parameter(path, 'account'))
    .where('rule_id', '=', parameter(path, 'rule'))
    .execute();
}

/** A rule that the path names, archived ones left out. */
export function rowOf(db: Db, path: PathValues): Promise<Selectable<RulesTable> | undefined> {
  return db
    .selectFrom('rules')
    .selectAll()
    .where('account_id', '=', parameter(path, 'account'))
    .where('id', '=', parameter(path, 'rule'))
    .where('status', '!=', 'archived')
    .executeTakeFirst();
}

/** A rule of the API as bidcore evaluates it. */
export function evaluated({ status, ...rest }: Stating): z.output<typeof ruleSchema> {
  return { ...rest, enabled: status === 'active' };
}

function columnsOf(value: Stating) {
  return { name: value.name, status: value.status, definition: toJson(definitionOf(evaluated(value))) };
}

function shownOf(row: Selectable<RulesTable>): Stored<Stating> {
  const parsed = ruleOf(row);
  if (isUnreadable(parsed)) throw new Error(`rule ${row.id}: ${parsed.problem}`);
  const { enabled, ...shown } = parsed;
  return { version: row.version, account: row.account_id, shown: { ...shown, status: enabled ? 'active' : 'paused' } };
}

export const rules = crud({
  names: ['Rule', 'Rules'],
  noun: 'rule',
  tag: 'rules',
  path: '/accounts/{account}/rules',
  parameter: 'rule',
  body: ruleBody,
  shown: ruleBody,
  who: {
    list: inAccount('viewer'),
    read: inAccount('viewer'),
    create: inAccount('trader'),
    change: inAccount('trader'),
  },
  changesBook: false,
  store,
  check: unknownCampaign,
  example: {
    path: { account: 'acme' },
    body: {
      id: 'low-ctr',
      name: 'Pause under 1% CTR',
      when: { metric: 'ctr', operator: '<', value: 0.01, window: '24h', minimum_impressions: 1000 },
      actions: [{ type: 'pause' }, { type: 'notify', webhook: 'traders' }],
    },
    patch: { cooldown: '2d', priority: 200 },
  },
});
