// What an operation of the admin API is: one entry of a table from which the router, the checks, the documentation and
// the contract tests are made.

import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { AdminAnswer } from '../admin_answer.js';
import type { ModelRegistry } from '../model_registry.js';
import type { Change } from '../sql/change.js';
import type { Db } from '../sql/database.js';
import type { Access } from './access.js';
import type { Caller, Role } from './caller.js';
import type { ErrorCode, Failure } from './errors.js';
import type { Tag } from './tags.js';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
export type PathValues = Readonly<Record<string, string>>;

/** What the operations reach of the bidder they are served by. */
export interface Host {
  explain(request: IncomingMessage, query: URLSearchParams): Promise<AdminAnswer>;
  auctionResult(request: IncomingMessage): Promise<AdminAnswer>;
  stats(): BidderStats;
  /** What is live of a campaign on this node; undefined: nothing. */
  campaign(id: string): LiveCampaign | undefined;
  readonly access: Access;
  /** Number of this node. */
  readonly node: number;
  readonly models: ModelRegistry;
  /** Counts against a limit that is not the caller's own; false: over it. */
  admits(what: string, perMinute: number): boolean;
}

/** What is live of a campaign; a share, a factor, micros, and a count since the start of the node. */
export interface LiveCampaign {
  readonly open: boolean;
  readonly pace: number;
  readonly multiplier: number;
  readonly available_micros: number;
  readonly bids: number;
}

/** What is live in the bidder. */
export interface BidderStats {
  readonly book: { readonly version: number; readonly ads: number; readonly campaigns: number };
  readonly model_version: number;
  readonly requests: number;
  readonly bids: number;
  /** Why the campaigns of the database are not what is bid with, one line each; empty: they are. */
  readonly book_problems: readonly string[];
}

/** A call that has passed every check, as its operation sees it. */
export interface Call<Body = unknown, Query = unknown> {
  /** A transaction, where the operation changes something. */
  readonly db: Db;
  readonly caller: Caller;
  /** Parameters of the path. */
  readonly path: PathValues;
  readonly query: Query;
  readonly body: Body;
  readonly nowMs: number;
  /** Where it comes from. */
  readonly address: string;
  readonly host: Host;
  /**
   * Whether If-Match lets a thing be changed.
   * @param version of the thing as it is
   * @returns undefined: it does; else why not, 428 or 412
   */
  unchanged(version: number): Failure | undefined;
  /** Puts a change into the audit log. */
  audit(change: Change): Promise<void>;
}

export interface Reply {
  /** Absent: an empty answer. */
  readonly body?: object;
  /** In place of the body: the answer as CSV. */
  readonly csv?: string;
  /** Secrets that stand in this answer beside the body, and in none that repeats it. */
  readonly once?: object;
  /** Of what is told, for its ETag; absent: none. */
  readonly version?: number;
}

/** Who may call. */
export type Who =
  | { readonly kind: 'open' }
  /** Anybody with valid credentials; what he sees is what is his. */
  | { readonly kind: 'caller' }
  | { readonly kind: 'operator' }
  /** Who has a role in the account that the path or the body names. */
  | {
      readonly kind: 'account';
      readonly role: Role;
      /** The account; undefined if what the call names is not there. */
      of(call: Pick<Call, 'path' | 'body' | 'db'>): Promise<string | undefined>;
      /** What `of` goes by, where that is the path alone: reads need not ask again and again. */
      key?(path: PathValues): string;
    };

/** What is told of an operation, whatever it does. */
interface Described {
  /** For programs made from the document: `listCampaigns`. */
  readonly id: string;
  readonly method: Method;
  /** With parameters as `{name}`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly who: Who;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | undefined;
  readonly status: 200 | 201 | 204;
  readonly response: z.ZodType | undefined;
  /** Whether it is told as CSV to who asks for that: its query has `format`, and `Accept: text/csv` sets it. */
  readonly csv: boolean;
  /** A call that works once those before it in the table were made. */
  readonly example: Example;
}

export interface Example {
  readonly path?: PathValues;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface DatabaseOperation extends Described {
  /** `change`: in a transaction, with audit log, idempotency keys and a new book behind it. */
  readonly kind: 'read' | 'change';
  /** Whether it changes what is there, and so needs If-Match. */
  readonly conditional: boolean;
  /** Whether bidders need another book after it. */
  readonly changesBook: boolean;
  /** Whether its body may be large. */
  readonly bulk: boolean;
  /** What is done with a body that fits before the transaction is begun: work that takes long and asks no table. */
  readonly prepare?: (body: unknown) => Promise<unknown>;
  handle(call: Call): Promise<Reply | Failure>;
}

/** Handed on to a route that reads its request itself, without the database. */
export interface RelayOperation extends Described {
  readonly kind: 'relay';
  /** Errors that only it has. */
  readonly refusals: readonly ErrorCode[];
  relay(host: Host, request: IncomingMessage, query: URLSearchParams): Promise<AdminAnswer>;
}

export type Operation = DatabaseOperation | RelayOperation;

const NO_QUERY = z.strictObject({});

type Plain = Pick<Described, 'id' | 'method' | 'path' | 'tag' | 'summary' | 'who'> &
  Partial<Pick<Described, 'status' | 'response' | 'csv' | 'example'>>;

type Given<B extends z.ZodType, Q extends z.ZodObject> = Plain &
  Partial<Pick<DatabaseOperation, 'conditional' | 'changesBook' | 'bulk'>> & {
    readonly kind: DatabaseOperation['kind'];
    readonly query?: Q;
    readonly body?: B;
    handle(call: Call<z.output<B>, z.output<Q>>): Promise<Reply | Failure>;
  };

/** An entry of the table. What is not said has its plainest value; `handle` knows the types of body and query. */
export function operation<B extends z.ZodType = z.ZodUndefined, Q extends z.ZodObject = typeof NO_QUERY>(
  given: Given<B, Q>,
): Operation {
  return {
    status: 200,
    response: undefined,
    csv: false,
    example: {},
    conditional: false,
    changesBook: false,
    bulk: false,
    ...given,
    query: given.query ?? NO_QUERY,
    body: given.body,
    // Both have been parsed with these very schemas.
    handle: (call) => given.handle(call as Call<z.output<B>, z.output<Q>>),
  };
}

/** An entry that is handed on. `query` and `body` are for the documentation: the route checks them itself. */
export function relayed(
  given: Plain &
    Pick<RelayOperation, 'relay'> &
    Partial<Pick<RelayOperation, 'refusals'>> & { readonly query?: z.ZodObject; readonly body?: z.ZodType },
): Operation {
  return {
    kind: 'relay',
    refusals: [],
    status: 200,
    response: undefined,
    csv: false,
    example: {},
    ...given,
    query: given.query ?? NO_QUERY,
    body: given.body,
  };
}
