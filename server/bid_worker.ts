// One bidding thread, seen from the control thread: from its start to its end.

import { type MessagePort, Worker } from 'node:worker_threads';
import type { FromWorker, FrontExchange, ToWorker, WorkerStart } from './messages.js';

const SCRIPT = new URL('./worker.js', import.meta.url);

// Request line and headers a client may send, in bytes; uWebSockets.js reads it when the first worker loads it. Its own
// 4 096 are too few for a click whose landing page is as long as the campaign file allows, beside what browsers send.
process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= '16384';

export interface BidWorkerEvents {
  /** A scrape came in: computes the metrics. */
  metrics(): Promise<{ contentType: string; text: string }>;
  /** An error nobody expected; the end follows. */
  failed(stack: string): void;
}

export class BidWorker {
  /** True once it listens; false if it cannot or has ended before. */
  readonly listening: Promise<boolean>;
  readonly ended: Promise<void>;
  readonly #thread: Worker;
  readonly #events: BidWorkerEvents;
  readonly #acknowledged = new Map<number, () => void>();
  #number = 0;
  #hasEnded = false;

  constructor(start: WorkerStart, events: BidWorkerEvents) {
    this.#events = events;
    this.#thread = new Worker(SCRIPT, {
      workerData: start,
      name: `bids ${start.worker}`,
      transferList: start.ledger === undefined ? [] : [start.ledger],
    });
    this.#thread.on('error', (error) => events.failed(error.stack ?? error.message));
    this.listening = new Promise((resolve) => {
      this.#thread.once('exit', () => resolve(false));
      this.#thread.on('message', (message: FromWorker) => {
        if (message.kind === 'listening' || message.kind === 'cannot_listen') resolve(message.kind === 'listening');
        else this.#receive(message);
      });
    });
    this.ended = new Promise((resolve) => {
      this.#thread.once('exit', () => {
        this.#hasEnded = true;
        for (const done of this.#acknowledged.values()) done();
        resolve();
      });
    });
  }

  /** Resolves once the worker uses the exchanges, or has ended. */
  setExchanges(exchanges: readonly FrontExchange[]): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    const number = ++this.#number;
    return new Promise((resolve) => {
      this.#acknowledged.set(number, resolve);
      this.#tell({ kind: 'exchanges', number, exchanges });
    });
  }

  /** Gives it the way to a new ledger. */
  setLedger(port: MessagePort): void {
    this.#thread.postMessage({ kind: 'ledger', port } satisfies ToWorker, [port]);
  }

  /** Asks it to end once its connections are quiet. */
  drain(): void {
    this.#tell({ kind: 'drain' });
  }

  /** Asks it to end at once. */
  close(): void {
    this.#tell({ kind: 'close' });
  }

  #receive(message: Exclude<FromWorker, { kind: 'listening' | 'cannot_listen' }>): void {
    switch (message.kind) {
      case 'exchanges':
        this.#acknowledged.get(message.number)?.();
        this.#acknowledged.delete(message.number);
        return;
      case 'scrape':
        void this.#events
          .metrics()
          .then((answer) => this.#tell({ kind: 'metrics', number: message.number, ...answer }));
        return;
      case 'failed':
        this.#events.failed(message.stack);
        return;
    }
  }

  #tell(message: ToWorker): void {
    this.#thread.postMessage(message);
  }
}
