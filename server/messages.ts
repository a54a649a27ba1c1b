// What the control thread and its workers say to each other. Nothing here belongs to a request: bids are answered
// without a message, and notices go to the ledger (notices/messages.ts).

import type { MessagePort } from 'node:worker_threads';
import type { PriceEncoding } from '../bidcore/exchange_file.js';
import type { NoticeSettings } from './notices/messages.js';

/** An exchange of the book, as far as the front deals with it before and after the hot path. */
export interface FrontExchange {
  readonly id: string;
  /** Position in the book. */
  readonly index: number;
  /** SHA-256 of the token its requests must have, in hexadecimal; undefined if they need none. */
  readonly tokenSha256: string | undefined;
  /** Requests a second the node takes; undefined for any number. */
  readonly qps: number | undefined;
  /** Whether a no-bid is answered with its reason instead of an empty 204. */
  readonly tellsReason: boolean;
  /** How it tells clearing prices. */
  readonly priceEncoding: PriceEncoding;
}

/** Given to a worker at its start. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Number of the arena: 0 to MAX_WORKERS − 2. */
  readonly worker: number;
  /** How many workers the node has. */
  readonly workers: number;
  readonly host: string;
  readonly port: number;
  /** How long a request may wait for its turn, milliseconds; 0: however long. */
  readonly queueMs: number;
  readonly gzipResponses: boolean;
  /** Header that names the exchange of a request whose path does not; undefined for none. */
  readonly exchangeHeader: string | undefined;
  readonly exchanges: readonly FrontExchange[];
  readonly notices: NoticeSettings;
  /** The way to the ledger, handed over; undefined where there is none, and no notice is booked. */
  readonly ledger: MessagePort | undefined;
}

export type ToWorker =
  /** Takes the exchanges of a new book; acknowledged with the same number. */
  | { readonly kind: 'exchanges'; readonly number: number; readonly exchanges: readonly FrontExchange[] }
  /** Answer to a scrape. */
  | { readonly kind: 'metrics'; readonly number: number; readonly contentType: string; readonly text: string }
  /** A new ledger has taken the place of the one before. */
  | { readonly kind: 'ledger'; readonly port: MessagePort }
  /** Stops listening, answers what comes on open connections, closes when they are quiet. */
  | { readonly kind: 'drain' }
  /** Closes at once. */
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'listening' }
  | { readonly kind: 'cannot_listen' }
  | { readonly kind: 'exchanges'; readonly number: number }
  | { readonly kind: 'scrape'; readonly number: number }
  /** An invariant broke; the worker is closing its sockets and will end. */
  | { readonly kind: 'failed'; readonly stack: string };
