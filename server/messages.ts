// What the control thread and its workers say to each other. Nothing here belongs to a request: bids are answered
// without a message.

/** Given to a worker at its start. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Number of the arena: 0 to MAX_WORKERS − 2. */
  readonly worker: number;
  readonly host: string;
  readonly port: number;
  readonly gzipResponses: boolean;
  /** Exchange ids of the book, in its order. */
  readonly exchanges: readonly string[];
}

export type ToWorker =
  /** Takes the exchanges of a new book; acknowledged with the same number. */
  | { readonly kind: 'exchanges'; readonly number: number; readonly ids: readonly string[] }
  /** Answer to a scrape. */
  | { readonly kind: 'metrics'; readonly number: number; readonly contentType: string; readonly text: string }
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
