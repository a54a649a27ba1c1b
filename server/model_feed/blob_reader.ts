// Fetches models from Redis in a thread of its own: what a client leaves of 21 MB would have the control thread's large
// heap collected at each model, by threads that take the cores from bids. The thread's own heap is small.

import { Worker } from 'node:worker_threads';
import type { Away } from '../../bidcore/money/authority.js';
import type { RedisAddress } from '../redis/redis_url.js';

const SCRIPT = new URL('./blob_reader_thread.js', import.meta.url);

export interface BlobReaderTask {
  readonly address: RedisAddress;
  /** Shown by `CLIENT LIST`. */
  readonly name: string;
}

export interface BlobOrder {
  readonly order: number;
  readonly version: number;
  readonly memory: SharedArrayBuffer;
}

export interface BlobRead {
  readonly order: number;
  /** Bytes; undefined if the blob is not there. */
  readonly read: number | undefined | Away;
}

export class BlobReader {
  readonly #task: BlobReaderTask;
  readonly #waiting = new Map<number, (read: BlobRead['read']) => void>();
  #thread: Worker | undefined;
  #orders = 0;

  constructor(task: BlobReaderTask) {
    this.#task = task;
  }

  /** Reads a version into memory; gives its length in bytes, undefined if it is not there. */
  read(version: number, memory: SharedArrayBuffer): Promise<BlobRead['read']> {
    this.#thread ??= this.#start();
    const thread = this.#thread;
    const order = this.#orders++;
    return new Promise((resolve) => {
      this.#waiting.set(order, resolve);
      thread.ref(); // who waits keeps the process alive, the thread itself does not
      thread.postMessage({ order, version, memory } satisfies BlobOrder);
    });
  }

  close(): void {
    void this.#thread?.terminate();
  }

  /** The first read starts it, and the first one after its death another. */
  #start(): Worker {
    const thread = new Worker(SCRIPT, { workerData: this.#task });
    let problem = 'the thread that reads models has ended';
    thread.on('message', ({ order, read }: BlobRead) => this.#answer(order, read));
    thread.on('error', (error) => {
      problem = error.message;
    });
    thread.on('exit', () => {
      this.#thread = undefined;
      for (const order of [...this.#waiting.keys()]) this.#answer(order, away(problem));
    });
    return thread;
  }

  #answer(order: number, read: BlobRead['read']): void {
    this.#waiting.get(order)?.(read);
    this.#waiting.delete(order);
    if (this.#waiting.size === 0) this.#thread?.unref();
  }
}

function away(problem: string): Away {
  return { code: 'authority_away', problem };
}
