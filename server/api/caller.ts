// Who calls, and what he may: a role in each account he belongs to, or all of it as an operator of the whole Gavel.

export const ROLES = ['viewer', 'trader', 'admin'] as const;
/** Reads; changes campaigns and what belongs to them; changes the account, its users and keys as well. */
export type Role = (typeof ROLES)[number];

export interface Caller {
  /** As the audit log and the rate limits name him: `api_key:ID`, `user:ID`, or `api_key:root`. */
  readonly actor: string;
  readonly perMinute: number;
  /** Sees every account, with the role admin, and what belongs to none. */
  readonly operator: boolean;
  /** By account. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Tags of the operations he is kept to; undefined: all. */
  readonly scopes: readonly string[] | undefined;
  /** When his key ends, milliseconds of the epoch; undefined: never. */
  readonly untilMs: number | undefined;
}

/** What a key may, besides its role. */
export interface Rights {
  /** Empty: all. */
  readonly scopes: readonly string[];
  /** Milliseconds of the epoch; undefined: for ever. */
  readonly untilMs: number | undefined;
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

/** What of some rights is beyond the caller's own, for people; undefined: nothing is, and he may hand them on. */
export function excessOf({ scopes: own, untilMs }: Caller, rights: Rights): string | undefined {
  if (own !== undefined && (rights.scopes.length === 0 || !rights.scopes.every((scope) => own.includes(scope)))) {
    return `a key that is kept to ${own.join(', ')} makes none that may more`;
  }
  if (untilMs !== undefined && (rights.untilMs ?? Infinity) > untilMs) {
    return `a key that ends at ${new Date(untilMs).toISOString()} makes none that lives longer`;
  }
  return undefined;
}

/** Why a caller gives nobody a role: a user's is for all operations and has no end. Undefined: he may. */
export function keptFromRoles(caller: Caller): string | undefined {
  return excessOf(caller, { scopes: [], untilMs: undefined }) && 'a key with scopes or an end gives nobody a role';
}
