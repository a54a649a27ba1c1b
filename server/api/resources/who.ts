// Who may call what belongs to an account: found in the path, in the body, or by the campaign that the path names.

import type { Db } from '../../sql/database.js';
import type { Role } from '../caller.js';
import type { Who } from '../operation.js';

/** The path has `{account}`. */
export function inAccount(role: Role): Who {
  return {
    kind: 'account',
    role,
    of: ({ db, path }) => activeAccount(db, path['account'] ?? ''),
    key: (path) => `account ${path['account']}`,
  };
}

/** The path has `{campaign}`. One that is archived, or whose account is closed, is not there. */
export function inCampaign(role: Role): Who {
  return {
    kind: 'account',
    role,
    of: async ({ db, path }) => {
      const row = await db
        .selectFrom('campaigns')
        .innerJoin('accounts', 'accounts.id', 'campaigns.account_id')
        .select('account_id')
        .where('campaigns.id', '=', path['campaign'] ?? '')
        .where('campaigns.status', '!=', 'archived')
        .where('accounts.status', '=', 'active')
        .executeTakeFirst();
      return row?.account_id;
    },
    key: (path) => `campaign ${path['campaign']}`,
  };
}

/** The body has `account`, which is looked at before the rest of it. */
export function inBody(role: Role): Who {
  return {
    kind: 'account',
    role,
    of: async ({ db, body }) => {
      const account = typeof body === 'object' && body !== null && 'account' in body ? body.account : undefined;
      return typeof account === 'string' ? activeAccount(db, account) : undefined;
    },
  };
}

/** Its id, if there is such an account and it is not closed. */
async function activeAccount(db: Db, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', id)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return row?.id;
}
