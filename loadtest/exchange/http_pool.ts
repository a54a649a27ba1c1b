// HTTP/1.1 to one bidder over keep-alive connections, one request at a time on each: prebuilt request bytes, and of an
// answer no more is read than status, length and body. Far leaner than fetch, which costs more than the bidder itself.

import { connect, type Socket } from 'node:net';
import type { Answered, Wire } from './wire.js';

const HEAD_END = Buffer.from('\r\n\r\n');
/** The bidder closes connections that are idle for 10 s; one that may be closing is not used again. */
const IDLE_MS_MAX = 6000;
const ANSWER_MS_MAX = 20_000;

interface Waiting {
  readonly request: string;
  readonly answered: Answered;
}

export class HttpPool implements Wire {
  readonly #host: string;
  readonly #port: number;
  readonly #most: number;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  readonly #waiting: Waiting[] = [];
  #from = 0;

  constructor(host: string, port: number, connections: number) {
    this.#host = host;
    this.#port = port;
    this.#most = connections;
  }

  get(path: string, answered: Answered): void {
    this.#send({ request: `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`, answered });
  }

  post(path: string, body: string, length: number, answered: Answered): void {
    const head = `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/json\r\n`;
    this.#send({ request: `${head}x-openrtb-version: 2.6\r\nContent-Length: ${length}\r\n\r\n${body}`, answered });
  }

  /** Cuts what is under way: its answers are 0. */
  close(): void {
    for (const connection of this.#all) connection.end();
  }

  #send(one: Waiting): void {
    const connection = this.#free();
    if (connection === undefined) this.#waiting.push(one);
    else connection.send(one);
  }

  #free(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (performance.now() - idle.idleSince < IDLE_MS_MAX) return idle;
      idle.end();
    }
    if (this.#all.size >= this.#most) return undefined;
    const made = new Connection(connect({ host: this.#host, port: this.#port, noDelay: true }), {
      free: () => this.#next(made),
      gone: () => {
        this.#all.delete(made);
        const at = this.#idle.indexOf(made);
        if (at >= 0) this.#idle.splice(at, 1);
        this.#retry();
      },
    });
    this.#all.add(made);
    return made;
  }

  /** A connection that is free takes what waits longest, or waits itself. */
  #next(connection: Connection): void {
    const one = this.#take();
    if (one === undefined) this.#idle.push(connection);
    else connection.send(one);
  }

  /** A connection ended: another one is made for what waits. */
  #retry(): void {
    if (this.#from === this.#waiting.length) return;
    const connection = this.#free();
    if (connection !== undefined) connection.send(this.#take() as Waiting);
  }

  #take(): Waiting | undefined {
    const one = this.#waiting[this.#from];
    if (one === undefined) return undefined;
    this.#from++;
    // A queue without shifting all of it each time.
    if (this.#from > 1000 && this.#from * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#from);
      this.#from = 0;
    }
    return one;
  }
}

interface Owner {
  free(): void;
  gone(): void;
}

class Connection {
  readonly #socket: Socket;
  readonly #owner: Owner;
  #answered: Answered | undefined;
  #held: Buffer | undefined;
  idleSince = performance.now();

  constructor(socket: Socket, owner: Owner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy());
    socket.on('error', () => socket.destroy()); // told as no answer, below
    socket.on('close', () => {
      const answered = this.#answered;
      this.#answered = undefined;
      owner.gone();
      answered?.(0, '');
    });
  }

  send({ request, answered }: Waiting): void {
    this.#answered = answered;
    this.#socket.write(request);
  }

  end(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const data: Buffer = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = data;
    const head = data.indexOf(HEAD_END);
    if (head < 0) return;
    const text = data.toString('latin1', 0, head);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
    const from = head + HEAD_END.length;
    if (data.length < from + length) return;
    this.#held = undefined;
    const answered = this.#answered;
    this.#answered = undefined;
    this.idleSince = performance.now();
    const closes = /\r\nconnection: *close/i.test(text);
    const body = length === 0 ? '' : data.toString('utf8', from, from + length);
    if (closes) this.#socket.destroy();
    else this.#owner.free();
    answered?.(Number(text.slice(9, 12)), body);
  }
}
