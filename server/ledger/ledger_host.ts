// The ledger, seen from the control thread: one thread, started again when it dies. While there is none, notices are
// answered 503, and bids end with the time of the last renewal.

import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Counted } from '../../bidcore/audiences.js';
import type { PacedPlan } from '../../bidcore/money/campaign_plans.js';
import type { EventLogNote } from '../event_log/options.js';
import type { Log } from '../log.js';
import type { FromLedgerThread, LedgerStart, ToLedgerThread } from './messages.js';
import type { NodeLedgerStats } from './node_ledger.js';

const SCRIPT = new URL('./ledger_thread.js', import.meta.url);
/** Wait before a ledger that died is started again: doubled at each death, reset once it has lived a while. */
const RESTART_MS_MIN = 100;
const RESTART_MS_MAX = 5000;
const HEALTHY_MS = 10_000;
/** Notes of one kind are logged once in this time. */
const NOTE_MS = 10_000;

export interface LedgerHostOptions {
  readonly start: LedgerStart;
  /** Campaigns whose states in memory may be others'. */
  readonly released: (ids: readonly string[]) => void;
  /**
   * A new ledger is there, and knows campaigns by these ids: those who take notices need new ways to it, and what the
   * one before held for other campaigns is held by nobody.
   */
  readonly restarted: (ids: ReadonlySet<string>) => void;
  readonly log: Log;
  /** For tests: what runs in the thread. */
  readonly script?: URL;
}

interface Plan {
  readonly plans: readonly PacedPlan[];
  readonly counted: ReadonlyMap<string, readonly Counted[]>;
}

export class LedgerHost {
  readonly #options: LedgerHostOptions;
  readonly #planned = new Map<number, () => void>();
  /** By thread, its end. */
  readonly #ends = new WeakMap<Worker, Promise<void>>();
  readonly #stopping = new AbortController();
  #thread: Worker | undefined;
  #plan: Plan | undefined;
  #number = 0;
  #keeper: Promise<void> | undefined;
  #stats: NodeLedgerStats | undefined;
  #restarts = 0;
  readonly #notedMs = new Map<string, number>();

  constructor(options: LedgerHostOptions) {
    this.#options = options;
  }

  /** As it was a moment ago; undefined while there is no ledger. */
  get stats(): NodeLedgerStats | undefined {
    return this.#stats;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Starts the ledger. Returns what stands in its way. */
  async start(): Promise<string | undefined> {
    const [thread, problem] = await this.#spawn();
    if (thread === undefined) return problem;
    this.#keeper = this.#keep(thread);
    return undefined;
  }

  /** Gives the ledger the campaigns of a new book. Resolves once bids may be made for them, or if it died. */
  async plan(plans: readonly PacedPlan[], counted: ReadonlyMap<string, readonly Counted[]>): Promise<void> {
    this.#plan = { plans, counted };
    await this.#tellPlan();
  }

  /** A way for notices to the ledger, closed when there is none. To be handed to whoever takes them. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    if (this.#thread === undefined) port1.close();
    else this.#tell({ kind: 'port', port: port1 }, [port1]);
    return port2;
  }

  /** The records before a position of the log are in the sums, and need not be kept for them. */
  summed(next: number): void {
    this.#tell({ kind: 'summed', next });
  }

  /** Ends it: what it holds for no bid goes back, everything is on disk. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#tell({ kind: 'close' });
    await this.#keeper;
  }

  async #tellPlan(): Promise<void> {
    if (this.#plan === undefined || this.#thread === undefined) return;
    const number = ++this.#number;
    const done = new Promise<void>((resolve) => this.#planned.set(number, resolve));
    this.#tell({ kind: 'plan', number, ...this.#plan });
    await done;
  }

  /** A thread that is ready, or why there is none. */
  async #spawn(): Promise<[Worker | undefined, string]> {
    const thread = new Worker(this.#options.script ?? SCRIPT, { workerData: this.#options.start, name: 'ledger' });
    let failure = 'the ledger ended before it was ready';
    // It may end at any moment, also while a plan is waited for.
    const end = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    this.#ends.set(
      thread,
      end.then(() => this.#gone(thread)),
    );
    const ready = await new Promise<boolean>((resolve) => {
      thread.once('exit', () => resolve(false));
      thread.on('error', (error) => this.#failed(error.stack ?? error.message));
      thread.on('message', (message: FromLedgerThread) => {
        if (message.kind === 'cannot_start') failure = message.problem;
        if (message.kind === 'ready') resolve(true);
        else this.#receive(message);
      });
    });
    if (!ready) return [undefined, failure];
    this.#thread = thread;
    return [thread, ''];
  }

  /** Stays with the ledger and its successors until the end. */
  async #keep(first: Worker): Promise<void> {
    let current: Worker | undefined = first;
    let waitMs = RESTART_MS_MIN;
    for (;;) {
      const startedMs = performance.now();
      if (current !== undefined) await this.#ends.get(current);
      if (this.#stopping.signal.aborted) return;
      waitMs = performance.now() - startedMs > HEALTHY_MS ? RESTART_MS_MIN : Math.min(waitMs * 2, RESTART_MS_MAX);
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined); // cut short by the stop
      if (this.#stopping.signal.aborted) return;
      this.#restarts += 1;
      const [thread, problem] = await this.#spawn();
      this.#options.log.warn({ restarts: this.#restarts, ready: thread !== undefined, problem }, 'ledger restarted');
      current = thread;
      if (thread === undefined) continue;
      await this.#tellPlan();
      this.#options.restarted(new Set(this.#plan?.plans.map(({ id }) => id)));
    }
  }

  #gone(thread: Worker): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#stats = undefined;
    for (const done of this.#planned.values()) done();
    this.#planned.clear();
  }

  #receive(message: Exclude<FromLedgerThread, { kind: 'ready' }>): void {
    switch (message.kind) {
      case 'planned':
        this.#planned.get(message.number)?.();
        this.#planned.delete(message.number);
        return;
      case 'released':
        this.#options.released(message.ids);
        return;
      case 'stats':
        this.#stats = message.stats;
        return;
      case 'note':
        this.#note(message.note);
        return;
      case 'failed':
        this.#failed(message.stack);
        return;
      case 'cannot_start':
        return;
    }
  }

  /** A full disk fails every group: one line of a kind says enough. */
  #note({ code, text }: EventLogNote): void {
    const nowMs = performance.now();
    if (nowMs - (this.#notedMs.get(code) ?? -Infinity) < NOTE_MS) return;
    this.#notedMs.set(code, nowMs);
    this.#options.log.warn({ code }, text);
  }

  #failed(stack: string): void {
    this.#options.log.error({ stack }, 'ledger failed');
  }

  #tell(message: ToLedgerThread, transfer: MessagePort[] = []): void {
    this.#thread?.postMessage(message, transfer);
  }
}
