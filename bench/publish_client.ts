// Bids without end, one after the other on each of some connections with a random pause, so that they do not come in
// bursts of the client's own making: how long each took, and the newest model version each worker has bid with since
// when.

import { connect, type Socket } from 'node:net';
import { TOKEN_BID_ID, TOKEN_MODEL, TOKEN_TEXT_BYTES } from '../assembly/memory_map.js';
import { seededRandom } from '../bidcore/testing/random.js';
import { sleep } from './processes.js';
import { timeMs } from './publish_shared.js';

/** Mean pause of a connection. */
const PAUSE_MS = 8;
const LOOK_MS = 1;
const HEADER_END = Buffer.from('\r\n\r\n');
const NOTICE = Buffer.from('/n/');
const CONTENT_LENGTH = Buffer.from('ength: '); // in either case

export class BidStream {
  /** Broken connections, and answers that are neither a bid nor a no-bid. */
  problems = 0;
  readonly #requests: readonly Buffer[];
  readonly #sockets: Socket[];
  /** Of each worker, when it first bid with a version. */
  readonly #seen = new Map<string, Map<number, number>>();
  readonly #random = seededRandom(1);
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
      this.#read(held);
      held = Buffer.alloc(0);
      setTimeout(send, -PAUSE_MS * Math.log(1 - this.#random()));
    });
    socket.on('error', () => {
      this.problems += this.#closed ? 0 : 1;
    });
    return socket;
  }

  #read(answer: Buffer): void {
    const status = Number(answer.toString('latin1', 9, 12));
    if (status !== 200 && status !== 204) this.problems += 1;
    const at = answer.indexOf(NOTICE);
    if (at < 0) return;
    const from = answer.indexOf('/', at + NOTICE.length) + 1;
    const token = Buffer.from(answer.toString('latin1', from, from + TOKEN_TEXT_BYTES), 'base64url');
    const worker = token.toString('hex', TOKEN_BID_ID + 4, TOKEN_BID_ID + 8);
    const model = token.readUInt32LE(TOKEN_MODEL);
    const versions = this.#seen.get(worker) ?? new Map<number, number>();
    this.#seen.set(worker, versions);
    if (!versions.has(model)) versions.set(model, timeMs());
  }
}

function isWhole(data: Buffer): boolean {
  const header = data.indexOf(HEADER_END);
  if (header < 0) return false;
  const length = data.indexOf(CONTENT_LENGTH);
  if (length < 0 || length > header) return true;
  return (
    data.length >= header + HEADER_END.length + Number.parseInt(data.toString('latin1', length + 7, length + 16), 10)
  );
}
