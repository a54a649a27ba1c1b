// A server whose delays are known, to check the load test with: it answers the nth request it gets when it says it
// will, in order, and keeps a diary of when each came and when its answer was due. One service at a time, as a bidder's
// worker has, so that a stall makes a queue. `node known_server.js`; it tells its port, then answers `diary` with its
// diary, both over the channel to whoever started it.

import { createServer, type Socket } from 'node:net';
import { Random } from '../../bidcore/fuzz/random.js';

/** What the nth request costs, in milliseconds. */
export interface KnownDelays {
  readonly seed: number;
  /** Most requests; exponential around this. */
  readonly meanMs: number;
  /** Once, this request takes so long, and all behind it wait. */
  readonly stallAt: number;
  readonly stallMs: number;
}

/** Service times of a server, in the order of its requests. */
export class Services {
  readonly #random: Random;
  readonly #delays: KnownDelays;
  #n = 0;

  constructor(delays: KnownDelays) {
    this.#delays = delays;
    this.#random = new Random(delays.seed);
  }

  nextMs(): number {
    const { meanMs, stallAt, stallMs } = this.#delays;
    const usual = -Math.log(1 - this.#random.float()) * meanMs;
    return this.#n++ === stallAt ? stallMs : usual;
  }
}

const NO_BID = 'HTTP/1.1 204 No Content\r\n\r\n';
const HEAD_END = '\r\n\r\n';

function serve(delays: KnownDelays): void {
  const services = new Services(delays);
  const diary: { cameMs: number; dueMs: number }[] = [];
  const queue: { socket: Socket; dueMs: number }[] = [];
  let freeMs = 0;
  const take = (socket: Socket): void => {
    const cameMs = performance.now();
    freeMs = Math.max(freeMs, cameMs) + services.nextMs();
    diary.push({ cameMs, dueMs: freeMs });
    queue.push({ socket, dueMs: freeMs });
    if (queue.length === 1) answer();
  };
  // It spins for the next answer, because a timer would be late by more than what is to be measured.
  const answer = (): void => {
    for (let first = queue[0]; first !== undefined && first.dueMs <= performance.now(); first = queue[0]) {
      first.socket.write(NO_BID);
      queue.shift();
    }
    if (queue.length > 0) setImmediate(answer);
  };
  const server = createServer({ noDelay: true }, (socket) => {
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const head = text.indexOf(HEAD_END);
      const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      if (head < 0 || text.length < head + HEAD_END.length + length) return;
      text = '';
      take(socket);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
  process.on('message', () => process.send?.({ diary }));
  process.on('disconnect', () => process.exit());
}

if (process.send !== undefined && process.argv[2] !== undefined) serve(JSON.parse(process.argv[2]) as KnownDelays);
