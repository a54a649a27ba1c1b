// The load itself: requests are due when the profile says, whatever has become of those before them, and each is timed
// from the moment it was due. A generator that waits for an answer before it sends on, or times from when it sent, does
// not see the queue that a stall makes (Tene's "coordinated omission"); this one does: a request that is due while no
// connection is free waits, and its wait counts.
//
// It knows neither sockets nor the real clock, so that its arithmetic is tested on a virtual one (open_loop.test.ts).

import type { Arrivals } from './profile.js';
import type { ErrorKind, Outcome, Recorder } from './recorder.js';
import type { Prepared } from './wire.js';

/** What a connection is given, and hands back with the answer. */
export interface Sent {
  readonly request: Prepared;
  /** Milliseconds from the start. */
  readonly intendedMs: number;
}

/** Connections with one request at a time on each. */
export interface Connections {
  /** Sends on a free connection; false if none is free. */
  send(sent: Sent): boolean;
}

export interface OpenLoopOptions {
  readonly arrivals: Arrivals;
  /** Sent in turn. */
  readonly requests: readonly Prepared[];
  readonly recorder: Recorder;
  readonly connections: Connections;
  /** Milliseconds from the start. */
  readonly now: () => number;
  /** A request that has waited for a connection so long is given up. */
  readonly timeoutMs: number;
  /** Whether a request waits for a connection; one that does not is skipped, as exchanges do, and counted. */
  readonly waits: boolean;
}

export class OpenLoop {
  readonly #options: OpenLoopOptions;
  readonly #queue: Sent[] = [];
  #head = 0;
  #nextMs: number;
  #count = 0;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    this.#nextMs = options.arrivals.next();
  }

  /** When the next request is due, in milliseconds from the start; Infinity behind the last. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** Sends what is due. */
  turn(): void {
    const { arrivals, requests, recorder, connections, waits, now } = this.#options;
    this.sendWaiting();
    for (let nowMs = now(); this.#nextMs <= nowMs; nowMs = now()) {
      const intendedMs = this.#nextMs;
      const sent: Sent = { request: requests[this.#count % requests.length] as Prepared, intendedMs };
      this.#count++;
      this.#nextMs = arrivals.next();
      recorder.offered(intendedMs, nowMs - intendedMs);
      if (this.waiting === 0 && connections.send(sent)) continue;
      recorder.waited(intendedMs);
      if (waits) this.#queue.push(sent);
      else recorder.failed(intendedMs, nowMs, sent.request.tmaxMs, 'skipped');
    }
  }

  /** Sends what waits, the oldest first, for as long as a connection is free; gives up what has waited too long. */
  sendWaiting(): void {
    if (this.waiting === 0) return;
    const { recorder, connections, timeoutMs, now } = this.#options;
    const nowMs = now();
    for (let sent = this.#queue[this.#head]; sent !== undefined; sent = this.#queue[this.#head]) {
      if (nowMs - sent.intendedMs > timeoutMs) recorder.failed(sent.intendedMs, nowMs, sent.request.tmaxMs, 'not_sent');
      else if (!connections.send(sent)) break;
      this.#head++;
    }
    this.#trim();
  }

  /** Gives up all that still waits. */
  giveUp(): void {
    const { recorder, now } = this.#options;
    for (const { intendedMs, request } of this.#queue.slice(this.#head)) {
      recorder.failed(intendedMs, now(), request.tmaxMs, 'not_sent');
    }
    this.#head = this.#queue.length;
  }

  /** An answer came: the connection is free again. */
  answered({ intendedMs, request }: Sent, outcome: Outcome): void {
    this.#options.recorder.answered(intendedMs, this.#options.now(), request.tmaxMs, outcome);
    this.sendWaiting();
  }

  /** No answer came, or none that is one. */
  failed({ intendedMs, request }: Sent, kind: ErrorKind): void {
    this.#options.recorder.failed(intendedMs, this.#options.now(), request.tmaxMs, kind);
  }

  /** A queue without shifting all of it each time. */
  #trim(): void {
    if (this.#head < 1000 || this.#head * 2 < this.#queue.length) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }
}
