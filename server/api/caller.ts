// Who calls, and what he may: a role in each account he belongs to, or all of it as an operator of the whole Gavel.

export const ROLES = ['viewer', 'trader', 'admin'] as const;
/** Reads; changes campaigns and what belongs to them; changes the account, its users and keys as well. */
export type Role = (typeof ROLES)[number];

export interface Caller {
  /** As the audit log and the rate limits name him: `key:ID`, `user:ID`, or `key:root`. */
  readonly actor: string;
  readonly perMinute: number;
  /** Sees every account, with the role admin, and what belongs to none. */
  readonly operator: boolean;
  /** By account. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Tags of the operations he is kept to; undefined: all. */
  readonly scopes: readonly string[] | undefined;
}

/** His role in an account; undefined: the account is not to be seen. */
export function roleIn(caller: Caller, account: string): Role | undefined {
  return caller.operator ? 'admin' : caller.roles.get(account);
}

export function reaches(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Accounts he sees; undefined: all. */
export function accountsOf(caller: Caller): readonly string[] | undefined {
  return caller.operator ? undefined : [...caller.roles.keys()];
}
