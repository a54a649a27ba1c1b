// Bids without end, one after the other on each of some connections with a short pause: how long each took, and the
// newest model version each worker has bid with since when.

import { connect, type Socket } from 'node:net';
import { TOKEN_TEXT_BYTES } from '../assembly/memory_map.js';
import { factsOf } from '../bidcore/money/token_reader.js';
import { sleep } from './processes.js';
import { timeMs } from './publish_shared.js';

const PAUSE_MS = 8;
const LOOK_MS = 1;
const HEADER_END = Buffer.from('\r\n\r\n');
const TOKEN = new RegExp(`/n/[a-z]+/([\\w-]{${TOKEN_TEXT_BYTES}})`);

export class BidStream {
  /** Broken connections, and answers that are neither a bid nor a no-bid. */
  problems = 0;
  readonly #requests: readonly Buffer[];
  readonly #sockets: Socket[];
  /** Of each worker, when it first bid with a version. */
  readonly #seen = new Map<string, Map<number, number>>();
  #latencies: number[] = [];
  #next = 0;
  #closed = false;

  constructor(port: number, connections: number, bodies: readonly Uint8Array[]) {
    this.#requests = bodies.map((body) => {
      const head = `POST /openrtb2/bid HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
      return Buffer.concat([Buffer.from(head), body]);
    });
    this.#sockets = Array.from({ length: connections }, () => this.#connect(port));
  }

  /** Those that have bid. */
  workers(): readonly string[] {
    return [...this.#seen.keys()];
  }

  /** When a worker first bid with a version; undefined if it has not. */
  since(worker: string, version: number): number | undefined {
    return this.#seen.get(worker)?.get(version);
  }

  /** Those since it was last asked, microseconds. */
  takeLatencies(): number[] {
    const taken = this.#latencies;
    this.#latencies = [];
    return taken;
  }

  async until(done: () => boolean, ms: number): Promise<void> {
    for (const deadline = performance.now() + ms; performance.now() < deadline; await sleep(LOOK_MS))
      if (done()) return;
    throw new Error('publish: waited in vain');
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect(port: number): Socket {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sent = 0;
    let held: Buffer = Buffer.alloc(0);
    const send = (): void => {
      if (this.#closed) return;
      sent = performance.now();
      socket.write(this.#requests[this.#next++ % this.#requests.length] as Buffer);
    };
    socket.on('connect', send);
    socket.on('data', (chunk: Buffer) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      if (!isWhole(held)) return;
      this.#latencies.push((performance.now() - sent) * 1000);
      this.#read(held.toString('latin1'));
      held = Buffer.alloc(0);
      setTimeout(send, PAUSE_MS);
    });
    socket.on('error', () => {
      this.problems += this.#closed ? 0 : 1;
    });
    return socket;
  }

  #read(answer: string): void {
    const status = Number(answer.slice(9, 12));
    if (status !== 200 && status !== 204) this.problems += 1;
    const token = TOKEN.exec(answer)?.[1];
    if (token === undefined) return;
    const { bid, model } = factsOf(new Uint8Array(Buffer.from(token, 'base64url')));
    const worker = bid.slice(0, 8);
    const versions = this.#seen.get(worker) ?? new Map<number, number>();
    this.#seen.set(worker, versions);
    if (!versions.has(model)) versions.set(model, timeMs());
  }
}

function isWhole(data: Buffer): boolean {
  const header = data.indexOf(HEADER_END);
  if (header < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(data.toString('latin1', 0, header));
  return data.length >= header + 4 + (length === null ? 0 : Number(length[1]));
}
