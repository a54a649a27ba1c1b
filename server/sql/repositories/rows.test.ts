// Rows of an account are its own; pages, versions and what the database refuses.

import { withDatabases } from '../../testing/database_case.js';
import type { Db } from '../database.js';
import { isRowError, type RowError } from '../errors.js';
import { newId } from '../ids.js';
import { accounts, adGroups, campaigns, exchanges, lists, rules, webhooks } from './index.js';
import { EVERY_ACCOUNT } from './rows.js';

function good<T>(value: T | RowError): T {
  if (isRowError(value)) throw new Error(value.problem);
  return value;
}

async function account(db: Db): Promise<string> {
  const id = newId();
  good(await accounts.insert(db, { id, seat: id, policy: {} as never }));
  return id;
}

withDatabases((test) => {
  test('a row is read, changed and deleted within its account alone', async (t, { db }) => {
    const [mine, other] = [await account(db), await account(db)];
    const id = newId();
    good(await campaigns.insert(db, { id, account_id: mine, budget_micros: 5 }));
    t.match(await campaigns.get(db, mine, { id }), { id, budget_micros: 5, version: 1 });
    t.match(await campaigns.get(db, EVERY_ACCOUNT, { id }), { id });
    t.match(await campaigns.get(db, other, { id }), { code: 'not_found' });
    t.match(await campaigns.get(db, other, { id, account_id: mine }), { code: 'not_found' });
    t.match(await campaigns.update(db, other, { id }, undefined, { budget_micros: 9 }), { code: 'not_found' });
    t.match(await campaigns.remove(db, other, { id }, undefined), { code: 'not_found' });
    t.same((await campaigns.list(db, other, { limit: 10 })).items, []);
    t.match(await accounts.get(db, other, { id: mine }), { code: 'not_found' });
    const quoted = `${other}' or '1' = '1`;
    t.match(await campaigns.get(db, quoted, { id }), { code: 'not_found' });
    t.match(await campaigns.remove(db, mine, { id }, undefined), { id });
    t.match(await campaigns.get(db, mine, { id }), { code: 'not_found' });
  });

  test('a change names the version it was read at', async (t, { db }) => {
    const mine = await account(db);
    const id = newId();
    good(await campaigns.insert(db, { id, account_id: mine, budget_micros: 5 }));
    t.match(await campaigns.update(db, mine, { id }, 1, { budget_micros: 6 }), { version: 2, budget_micros: 6 });
    t.match(await campaigns.update(db, mine, { id }, 1, { budget_micros: 7 }), { code: 'version_conflict' });
    t.match(await campaigns.remove(db, mine, { id }, 1), { code: 'version_conflict' });
    const both = [8, 9].map((micros) => campaigns.update(db, mine, { id }, 2, { budget_micros: micros }));
    t.equal((await Promise.all(both)).filter((result) => isRowError(result)).length, 1, 'of two, one is late');
  });

  test('pages neither repeat nor leave out', async (t, { db }) => {
    const mine = await account(db);
    const ids = Array.from({ length: 7 }, () => newId()).sort();
    for (const id of ids) good(await lists.insert(db, { id, account_id: mine, kind: 'domain' }));
    const seen: string[] = [];
    for (let after: string | number | undefined, pages = 0; pages === 0 || after !== undefined; pages++) {
      const page = await lists.list(db, mine, { after, limit: 3 });
      seen.push(...page.items.map(({ id }) => id));
      after = page.next;
    }
    t.same(seen, ids);
    t.same((await lists.list(db, mine, { limit: 10 }, { kind: 'keyword' })).items, []);
  });

  test('documents come back as they were, lists and texts too', async (t, { db }) => {
    const mine = await account(db);
    const definition = { when: [1, 'two', { three: null }], text: '"quoted" $1 \\' };
    const rule = { id: newId(), account_id: mine, name: 'r', definition };
    t.same(good(await rules.insert(db, rule)).definition, definition);
    const hook = {
      id: newId(),
      account_id: mine,
      url: 'https://a.example',
      secret: 's'.repeat(16),
      events: ['a', 'b"'],
    };
    t.same(good(await webhooks.insert(db, hook)).events, ['a', 'b"']);
  });

  test('the database refuses rows that cannot be, and says which kind of no it is', async (t, { db }) => {
    const [mine, other] = [await account(db), await account(db)];
    const id = newId();
    const campaign = { id, account_id: mine, budget_micros: 5 };
    good(await campaigns.insert(db, campaign));
    const group = { campaign_id: id, id: 'g', goal: 'cpm', bid_micros: 1, max_bid_cpm_micros: 1 } as const;
    const refused: [string, Promise<unknown>][] = [
      ['already_exists', campaigns.insert(db, campaign)],
      ['missing_reference', campaigns.insert(db, { ...campaign, id: newId(), account_id: 'nobody' })],
      ['missing_reference', adGroups.insert(db, { ...group, account_id: other })],
      ['invalid_value', adGroups.insert(db, { ...group, account_id: mine, bid_micros: 0 })],
      ['invalid_value', campaigns.insert(db, { ...campaign, id: 'no id' })],
      ['invalid_value', campaigns.insert(db, { ...campaign, id: newId(), budget_micros: -1 })],
      ['invalid_value', campaigns.insert(db, { ...campaign, id: newId(), budget_micros: 2e15 })],
      ['invalid_value', campaigns.update(db, mine, { id }, 1, { starts_at: '2026-02-01', ends_at: '2026-01-01' })],
      ['invalid_value', campaigns.update(db, mine, { id }, 1, { status: 'asleep' as 'paused' })],
      ['invalid_value', campaigns.update(db, mine, { id }, 1, { name: 'a\0b' })],
      ['invalid_value', exchanges.insert(db, { id: newId(), profile: '[]' })],
      ['in_use', accounts.remove(db, mine, { id: mine }, undefined)],
    ];
    for (const [code, result] of refused) t.match(await result, { code });
    t.match(await campaigns.get(db, mine, { id }), { version: 1, status: 'active' });
  });

  test('what is in the audit log stays as it is', async (t, { db }) => {
    const entry = {
      actor_kind: 'system',
      actor_id: 'test',
      action: 'create',
      entity: 'campaign',
      entity_id: 'c',
    } as const;
    await db.insertInto('audit_log').values(entry).execute();
    await t.rejects(db.updateTable('audit_log').set({ action: 'none' }).execute(), /only added to/);
    await t.rejects(db.deleteFrom('audit_log').execute(), /only added to/);
  });
});
