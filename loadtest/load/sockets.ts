// Keep-alive connections to the server under load: raw sockets that share one buffer to read into, one request at a
// time on each, opened again when they break.

import { connect, type Socket } from 'node:net';
import type { Connections, Sent } from './open_loop.js';
import type { ErrorKind, Outcome } from './recorder.js';
import { type AnswerHead, readHead } from './wire.js';

const READ_BYTES = 256 * 1024;
/** Until a broken connection is tried again. */
const RETRY_MS = 20;

export interface SocketEvents {
  answered(sent: Sent, outcome: Outcome): void;
  failed(sent: Sent, kind: ErrorKind): void;
  /** The body of an answer of status 200, if it came whole in one piece; not to be kept. */
  bid(data: Buffer, length: number): void;
}

export class Sockets implements Connections {
  readonly #free: Lane[] = [];
  readonly #lanes: Lane[];

  constructor(host: string, port: number, count: number, events: SocketEvents) {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    this.#lanes = Array.from({ length: count }, () => new Lane({ host, port, buffer, events, free: this.#free }));
  }

  /** Resolves when every connection stands. Rejects if one does not. */
  async open(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.open()));
  }

  send(sent: Sent): boolean {
    // The one used last: those that idle long are closed by the server, but its caches know this one.
    for (let lane = this.#free.pop(); lane !== undefined; lane = this.#free.pop()) {
      if (lane.send(sent)) return true;
    }
    return false;
  }

  get busy(): number {
    return this.#lanes.filter((lane) => lane.sent !== undefined).length;
  }

  /** Gives up what was meant to be sent before this moment (milliseconds from the start). */
  giveUp(beforeMs: number): void {
    for (const lane of this.#lanes) {
      if (lane.sent !== undefined && lane.sent.intendedMs < beforeMs) lane.fail('timeout');
    }
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}

interface LaneOptions {
  readonly host: string;
  readonly port: number;
  readonly buffer: Buffer;
  readonly events: SocketEvents;
  readonly free: Lane[];
}

class Lane {
  readonly #options: LaneOptions;
  #socket: Socket | undefined;
  #held: Buffer | undefined;
  #isClosed = false;
  /** What is under way. */
  sent: Sent | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  open(): Promise<void> {
    const { host, port, buffer, free } = this.#options;
    return new Promise((resolve, reject) => {
      const onread = { buffer, callback: (bytes: number) => this.#read(bytes) };
      const socket = connect({ host, port, noDelay: true, onread });
      this.#socket = socket;
      this.#held = undefined;
      socket.once('connect', () => {
        free.push(this);
        resolve();
      });
      let problem: Error | undefined;
      socket.once('error', (error) => {
        problem = error;
      });
      socket.once('close', () => {
        if (this.#socket !== socket) return; // given up before: another one stands in its place
        reject(problem ?? new Error('the server closed the connection'));
        this.#socket = undefined;
        this.#drop(problem !== undefined && socket.bytesRead === 0 ? 'connect' : 'closed');
      });
    });
  }

  /** False if the connection has gone meanwhile. */
  send(sent: Sent): boolean {
    const socket = this.#socket;
    if (socket === undefined || !socket.writable) return false;
    this.sent = sent;
    socket.write(sent.request.bytes);
    return true;
  }

  fail(kind: ErrorKind): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    this.#drop(kind);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.destroy();
  }

  /** The connection is gone: what was under way failed, and another connection is made. */
  #drop(kind: ErrorKind): void {
    const sent = this.sent;
    this.sent = undefined;
    if (this.#isClosed) return;
    if (sent !== undefined) this.#options.events.failed(sent, kind);
    const again = (): void => {
      if (!this.#isClosed) void this.open().catch(() => undefined); // it is tried again when this one closes
    };
    setTimeout(again, kind === 'timeout' ? 0 : RETRY_MS);
  }

  #read(bytes: number): boolean {
    const { buffer } = this.#options;
    if (this.#held === undefined) this.#take(buffer, bytes);
    else {
      const whole: Buffer = Buffer.concat([this.#held, buffer.subarray(0, bytes)]);
      this.#take(whole, whole.length);
    }
    return true;
  }

  #take(data: Buffer, length: number): void {
    const head = readHead(data, length);
    if (head === undefined || (head.status !== 0 && head.bytes > length)) {
      this.#held = Buffer.from(data.subarray(0, length));
      return;
    }
    this.#held = undefined;
    const sent = this.sent;
    if (sent === undefined) return; // given up before
    if (head.status === 0) {
      this.fail('bad_answer');
      return;
    }
    this.sent = undefined;
    if (head.closes) this.fail('closed');
    else this.#options.free.push(this);
    this.#tell(sent, head, data);
  }

  #tell(sent: Sent, { status, shed, bytes }: AnswerHead, data: Buffer): void {
    const { events } = this.#options;
    if (status === 204) events.answered(sent, shed ? 'shed' : 'no_bid');
    else if (status === 200) {
      events.answered(sent, 'bid');
      events.bid(data, bytes);
    } else events.failed(sent, `status_${status}`);
  }
}
