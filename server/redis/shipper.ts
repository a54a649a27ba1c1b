// Takes the notices of a node's event log to the authority, in order, each once however often it is tried: the log is
// what a node has promised, and this is what makes the promise good. While the authority is away it waits. What the
// policy decided goes with them, at least once.
//
// What Redis has answered may still be lost with it: the last second of its append-only file, or what a replica had not
// got. So the cursor that is stored stays behind, and when a connection has ended, or something was not answered, the
// last seconds are shipped again; the authority books nothing twice.
//
//   log    ──────┬──────────────┬───────────┬──────────▶
//             safe: stored   shipped     durable frontier
//                └─ again after a loss ─┘

import { setTimeout as sleep } from 'node:timers/promises';
import { type Away, type Booked, isAway } from '../../bidcore/money/authority.js';
import type { EventRecord, NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';

export interface LogEntry {
  /** Where to read on behind this record. Positions only grow. */
  readonly position: number;
  readonly record: EventRecord;
}

/** The event log, as far as shipping goes. */
export interface ShippedLog {
  /** Durable records from a position on, in order; waits at the end for more, and ends when told to stop. */
  read(from: number, signal: AbortSignal): AsyncIterable<LogEntry>;
  /** Every notice that came to this node before `beforeMs` has its durable record before `position`. */
  frontier(): { readonly position: number; readonly beforeMs: number };
}

/** Where the position is kept up to which the authority surely has everything. */
export interface ShippingCursor {
  load(): Promise<number>;
  save(position: number): Promise<void>;
}

/**
 * Books notices and keeps decisions, in order; `losses` counts up whenever something it has answered may have been
 * lost since.
 */
export interface Bookkeeper {
  book(records: readonly NoticeRecord[]): Promise<readonly Booked[] | Away>;
  keep(records: readonly PolicyRecord[]): Promise<undefined | Away>;
  losses(): number;
}

export interface ShipperOptions {
  /** Records booked in one go. */
  readonly batchRecords: number;
  /** What was answered this long ago survives the authority's crash, milliseconds. */
  readonly safeAfterMs: number;
  readonly backoffMs: number;
  readonly backoffMsMax: number;
}

export const SHIPPER_DEFAULTS: ShipperOptions = {
  batchRecords: 512,
  safeAfterMs: 3000,
  backoffMs: 50,
  backoffMsMax: 2000,
};

export interface ShipperStatus {
  /** Behind the last record that was booked. */
  readonly shippedPosition: number;
  readonly safePosition: number;
  readonly records: number;
  /** Records that were shipped once more, after a loss. */
  readonly again: number;
  readonly failures: number;
  /** '' while the authority answers. */
  readonly problem: string;
}

interface Mark {
  readonly position: number;
  readonly atMs: number;
}

export class Shipper {
  readonly #log: ShippedLog;
  readonly #cursor: ShippingCursor;
  readonly #books: Bookkeeper;
  readonly #options: ShipperOptions;
  readonly #booked: (record: NoticeRecord, booked: Booked) => void;
  readonly #stop = new AbortController();
  /** When which positions were reached, since the safe one (monotonic clock). */
  #reached: (Mark & { readonly watermarkMs: number })[] = [];
  /** Frontiers of the log that are not shipped yet, each with the watermark it gives. */
  #frontiers: Mark[] = [];
  #watermarkMs = 0;
  /** Of the safe position. */
  #safeWatermarkMs = 0;
  #shipped = 0;
  #safe = 0;
  /** Outcomes up to here were reported. */
  #reported = 0;
  #records = 0;
  #again = 0;
  #failures = 0;
  #problem = '';
  #running: Promise<void> | undefined;

  /** @param booked is told, once and in order, what became of each notice */
  constructor(
    log: ShippedLog,
    cursor: ShippingCursor,
    books: Bookkeeper,
    booked: (record: NoticeRecord, booked: Booked) => void,
    options: Partial<ShipperOptions> = {},
  ) {
    this.#log = log;
    this.#cursor = cursor;
    this.#books = books;
    this.#booked = booked;
    this.#options = { ...SHIPPER_DEFAULTS, ...options };
  }

  /** Ships until stopped; rejects when the log or the cursor fails, which no waiting mends. */
  run(): Promise<void> {
    this.#running ??= this.#ship();
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** All notices that came to this node before are booked, milliseconds since the epoch. Never later than is true. */
  watermarkMs(): number {
    const { position, beforeMs } = this.#log.frontier();
    // While nothing is written, and while the authority is away, the newest of a position says it all.
    if (this.#frontiers.at(-1)?.position === position) this.#frontiers.pop();
    this.#frontiers.push({ position, atMs: beforeMs });
    this.#passFrontiers();
    return this.#watermarkMs;
  }

  status(): ShipperStatus {
    return {
      shippedPosition: this.#shipped,
      safePosition: this.#safe,
      records: this.#records,
      again: this.#again,
      failures: this.#failures,
      problem: this.#problem,
    };
  }

  async #ship(): Promise<void> {
    this.#safe = await this.#cursor.load();
    this.#shipped = this.#safe;
    this.#reported = this.#safe;
    while (!this.#stop.signal.aborted) {
      // One reading of the log: from the safe position until something may have been lost.
      const losses = this.#books.losses();
      this.#shipped = this.#safe;
      this.#watermarkMs = this.#safeWatermarkMs;
      this.#reached = [];
      const reading = new Reading(this.#log, this.#safe, this.#options.batchRecords, this.#stop.signal);
      try {
        await this.#shipFrom(reading, losses);
      } finally {
        await reading.end();
      }
    }
  }

  async #shipFrom(reading: Reading, losses: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const entries = await reading.next(this.#options.safeAfterMs);
      if (this.#books.losses() !== losses) return;
      if (entries.length > 0 && !(await this.#book(entries))) return;
      await this.#moveCursor();
    }
  }

  /** False if it is not known what was booked. */
  async #book(entries: readonly LogEntry[]): Promise<boolean> {
    const notices = entries.flatMap(({ position, record }) => (record.type === 'notice' ? [{ position, record }] : []));
    if (notices.length > 0) {
      const booked = await this.#books.book(notices.map(({ record }) => record));
      if (isAway(booked)) return this.#backOff(booked);
      this.#failures = 0;
      this.#problem = '';
      for (const [i, { position, record }] of notices.entries()) {
        if (position <= this.#reported) this.#again++;
        else this.#booked(record, booked[i] as Booked);
      }
      this.#records += notices.length;
    }
    const decisions = entries.flatMap(({ record }) => (record.type === 'policy' ? [record] : []));
    const away = decisions.length === 0 ? undefined : await this.#books.keep(decisions);
    if (away !== undefined) return this.#backOff(away);
    const { position } = entries.at(-1) as LogEntry;
    this.#shipped = position;
    this.#reported = Math.max(this.#reported, position);
    this.#passFrontiers();
    this.#reached.push({ position, atMs: performance.now(), watermarkMs: this.#watermarkMs });
    return true;
  }

  async #backOff({ problem }: Away): Promise<false> {
    this.#problem = problem;
    const { backoffMs, backoffMsMax } = this.#options;
    const wait = Math.min(backoffMs * 2 ** Math.min(this.#failures++, 10), backoffMsMax);
    await sleep(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined); // cut short by the stop
    return false;
  }

  async #moveCursor(): Promise<void> {
    const before = performance.now() - this.#options.safeAfterMs;
    const old = this.#reached.filter(({ atMs }) => atMs <= before);
    const safe = old.at(-1);
    if (safe === undefined) return;
    this.#reached = this.#reached.slice(old.length);
    await this.#cursor.save(safe.position);
    this.#safe = safe.position;
    this.#safeWatermarkMs = safe.watermarkMs;
  }

  #passFrontiers(): void {
    const passed = this.#frontiers.filter(({ position }) => position <= this.#shipped);
    for (const { atMs } of passed) this.#watermarkMs = Math.max(this.#watermarkMs, atMs);
    if (passed.length > 0) this.#frontiers = this.#frontiers.filter(({ position }) => position > this.#shipped);
  }
}

/** Reads ahead of the shipping, a bounded number of records. */
class Reading {
  readonly #entries: LogEntry[] = [];
  readonly #max: number;
  readonly #ended: AbortController = new AbortController();
  readonly #reader: Promise<void>;
  #error: Error | undefined;
  #wake: () => void = () => undefined;
  #room: () => void = () => undefined;

  constructor(log: ShippedLog, from: number, max: number, stop: AbortSignal) {
    this.#max = max;
    const signal = AbortSignal.any([stop, this.#ended.signal]);
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    this.#reader = this.#read(log, from, signal).catch((error: Error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** What has been read, or nothing when nothing came for a while. */
  async next(withinMs: number): Promise<readonly LogEntry[]> {
    if (this.#entries.length === 0 && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (this.#error !== undefined) throw this.#error;
    const entries = this.#entries.splice(0);
    this.#room();
    return entries;
  }

  async end(): Promise<void> {
    this.#ended.abort();
    this.#room();
    await this.#reader;
  }

  async #read(log: ShippedLog, from: number, signal: AbortSignal): Promise<void> {
    for await (const entry of log.read(from, signal)) {
      if (signal.aborted) return;
      this.#entries.push(entry);
      this.#wake();
      if (this.#entries.length < this.#max) continue;
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
  }
}
