// The bidding threads: as many as wanted, each restarted when it dies.

import { setTimeout as sleep } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { BidWorker, type BidWorkerEvents } from './bid_worker.js';
import type { Log } from './log.js';
import type { FrontExchange, WorkerStart } from './messages.js';

/** Wait before a worker that died is started again: doubled at each death, reset once it has lived a while. */
const RESTART_MS_MIN = 100;
const RESTART_MS_MAX = 5000;
const HEALTHY_MS = 10_000;

export interface WorkerPoolOptions {
  readonly count: number;
  /** What each worker is given besides its number, their count and the exchanges. */
  readonly start: Omit<WorkerStart, 'worker' | 'workers' | 'exchanges' | 'ledger'>;
  /** A new way to the ledger, for one worker; undefined while there is no ledger. */
  readonly ledger: () => MessagePort | undefined;
  readonly metrics: BidWorkerEvents['metrics'];
  /** Called when a worker has ended unasked, before it is started again. */
  readonly died: (worker: number) => void;
  readonly log: Log;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #live = new Map<number, BidWorker>();
  readonly #keepers: Promise<void>[] = [];
  readonly #stopping = new AbortController();
  #exchanges: readonly FrontExchange[];
  #restarts = 0;
  /** How often the ledger was replaced. */
  #ledgers = 0;

  constructor(exchanges: readonly FrontExchange[], options: WorkerPoolOptions) {
    this.#exchanges = exchanges;
    this.#options = options;
  }

  get count(): number {
    return this.#options.count;
  }

  /** Workers that listen right now. */
  get alive(): number {
    return this.#live.size;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Starts all workers. False if one cannot listen; the others are closed then. */
  async start(): Promise<boolean> {
    const numbers = Array.from({ length: this.#options.count }, (_, worker) => worker);
    const started = await Promise.all(numbers.map((worker) => this.#spawn(worker)));
    started.forEach((bidWorker, worker) => {
      if (bidWorker !== undefined) this.#keepers.push(this.#keep(worker, bidWorker));
    });
    if (!started.includes(undefined)) return true;
    this.close();
    await this.ended();
    return false;
  }

  /** Resolves once every worker uses the exchanges; those that start later do so from the start. */
  async setExchanges(exchanges: readonly FrontExchange[]): Promise<void> {
    this.#exchanges = exchanges;
    await Promise.all([...this.#live.values()].map((worker) => worker.setExchanges(exchanges)));
  }

  /** Gives every worker the way to the ledger that has taken the place of the one before. */
  renewLedger(): void {
    this.#ledgers += 1;
    for (const worker of this.#live.values()) this.#giveLedger(worker);
  }

  /** Lets all workers finish what they are doing and end. */
  drain(): void {
    this.#stopping.abort();
    for (const worker of this.#live.values()) worker.drain();
  }

  /** Lets all workers end at once. */
  close(): void {
    this.#stopping.abort();
    for (const worker of this.#live.values()) worker.close();
  }

  /** Resolves once all workers have ended after `drain` or `close`. */
  async ended(): Promise<void> {
    await Promise.all(this.#keepers);
  }

  /** Starts a worker; undefined if it ended before it listened. */
  async #spawn(worker: number): Promise<BidWorker | undefined> {
    const exchanges = this.#exchanges;
    const ledgers = this.#ledgers;
    const bidWorker = new BidWorker(
      { ...this.#options.start, worker, workers: this.#options.count, exchanges, ledger: this.#options.ledger() },
      {
        metrics: this.#options.metrics,
        failed: (stack) => this.#options.log.error({ worker, stack }, 'worker failed'),
      },
    );
    if (!(await bidWorker.listening)) {
      await bidWorker.ended;
      return undefined;
    }
    this.#live.set(worker, bidWorker);
    if (ledgers !== this.#ledgers) this.#giveLedger(bidWorker);
    if (this.#stopping.signal.aborted) bidWorker.close();
    else if (exchanges !== this.#exchanges) await bidWorker.setExchanges(this.#exchanges);
    return bidWorker;
  }

  #giveLedger(worker: BidWorker): void {
    const port = this.#options.ledger();
    if (port !== undefined) worker.setLedger(port);
  }

  /** Stays with a worker and its successors until the pool stops. */
  async #keep(worker: number, first: BidWorker): Promise<void> {
    let current: BidWorker | undefined = first;
    let waitMs = RESTART_MS_MIN;
    for (;;) {
      const startedMs = performance.now();
      if (current !== undefined) {
        await current.ended;
        this.#live.delete(worker);
      }
      if (this.#stopping.signal.aborted) return;
      this.#options.died(worker);
      waitMs = performance.now() - startedMs > HEALTHY_MS ? RESTART_MS_MIN : Math.min(waitMs * 2, RESTART_MS_MAX);
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined); // cut short by the stop
      if (this.#stopping.signal.aborted) return;
      this.#restarts += 1;
      current = await this.#spawn(worker);
      this.#options.log.warn({ worker, restarts: this.#restarts, listens: current !== undefined }, 'worker restarted');
    }
  }
}
