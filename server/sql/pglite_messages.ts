// What the thread of the embedded database is told and tells.

export interface PgliteStart {
  /** Folder of the cluster; `memory://`: gone with the thread. */
  readonly dataDir: string;
}

export type ToPglite =
  | { readonly kind: 'query'; readonly id: number; readonly sql: string; readonly parameters: readonly unknown[] }
  /** Ends the thread, behind the queries before it. */
  | { readonly kind: 'close' };

export type FromPglite =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'rows';
      readonly id: number;
      readonly rows: readonly unknown[];
      readonly affectedRows: number | undefined;
    }
  | { readonly kind: 'refused'; readonly id: number; readonly error: SqlRefusal };

/** An error of PostgreSQL as it comes through a port, which keeps no class and none of its own keys. */
export interface SqlRefusal {
  readonly message: string;
  readonly code: string | undefined;
  readonly constraint: string | undefined;
  readonly detail: string | undefined;
}
