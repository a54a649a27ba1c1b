// Rows of migration 0001: who there is.

import type { Generated } from 'kysely';
import type { AccountPolicy, PrivacyChoices, Traffic } from '../../../bidcore/exchange_file.js';
import type { Json, JsonByDefault, Optional, OptionalTime, Position, RowColumns, TimeByDefault } from './columns.js';

/** From the one that may least to the one that may most. */
export const ROLES = ['viewer', 'trader', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface SettingsTable extends RowColumns {
  id: Generated<1>;
  currency: string;
  rates: JsonByDefault<Record<string, number>>;
  privacy: Json<PrivacyChoices>;
  traffic: Json<Traffic>;
  category_parents: JsonByDefault<Record<string, Record<string, string>>>;
  schema_url: Optional<string>;
}

export interface AccountsTable extends RowColumns {
  id: string;
  position: Position;
  name: Optional<string>;
  seat: string;
  time_zone: Generated<string>;
  policy: Json<AccountPolicy>;
  status: Generated<'active' | 'closed'>;
}

export interface UsersTable extends RowColumns {
  id: string;
  email: string;
  name: Optional<string>;
  password_hash: Optional<string>;
  /** May do everything in all accounts. */
  operator: Generated<boolean>;
  status: Generated<'active' | 'disabled'>;
  /** Bearer tokens issued before do not count. */
  tokens_valid_from: TimeByDefault;
  last_login_at: OptionalTime;
}

export interface AccountUsersTable {
  account_id: string;
  user_id: string;
  role: Role;
  created_at: TimeByDefault;
}

export interface ApiKeysTable extends RowColumns {
  id: string;
  /** Null: a key of the installation, for all accounts. */
  account_id: Optional<string>;
  user_id: Optional<string>;
  name: Optional<string>;
  role: Role;
  /** Empty: all that the role may. */
  scopes: JsonByDefault<readonly string[]>;
  /** Its first characters, for people to tell it by. */
  key_prefix: string;
  key_sha256: string;
  expires_at: OptionalTime;
  revoked_at: OptionalTime;
  replaced_by: Optional<string>;
  last_used_at: OptionalTime;
}
