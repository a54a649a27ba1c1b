// A TCP proxy that does to connections what networks do: it cuts them, delays what passes, swallows it, and is there
// again. Between a node and its Redis in tests.

import { connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/** What happens to bytes on their way, from the moment it is set. */
export interface Faults {
  /** To the server, and back: true swallows all, as a network does that is gone without a word. */
  readonly swallowRequests: boolean;
  readonly swallowReplies: boolean;
  /** Milliseconds by which replies come later. */
  readonly delayRepliesMs: number;
  /** New connections are closed at once. */
  readonly refuse: boolean;
}

const NONE: Faults = { swallowRequests: false, swallowReplies: false, delayRepliesMs: 0, refuse: false };

export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #faults = NONE;
  #cutBeforeReply = false;
  #cuts = 0;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#serve(client, targetPort));
  }

  static async start(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, HOST, resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  /** Connections cut so far because a reply came. */
  get cuts(): number {
    return this.#cuts;
  }

  set(faults: Partial<Faults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  /** Ends every connection now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends the connection on which the next reply comes, before it is passed on: done by the server, unknown here. */
  cutBeforeNextReply(): void {
    this.#cutBeforeReply = true;
  }

  /** No faults any more; connections that lost bytes are ended, for they would never be in step again. */
  restore(): void {
    const lost = this.#faults.swallowReplies || this.#faults.swallowRequests;
    this.#faults = NONE;
    this.#cutBeforeReply = false;
    if (lost) this.cut();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, targetPort: number): void {
    if (this.#faults.refuse) {
      client.destroy();
      return;
    }
    const server = connect(targetPort, HOST);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy()); // a reset on one side is one on the other
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (!this.#faults.swallowRequests) server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (this.#cutBeforeReply) {
        this.#cutBeforeReply = false;
        this.#cuts++;
        client.destroy();
        return;
      }
      const { swallowReplies, delayRepliesMs } = this.#faults;
      if (swallowReplies) return;
      if (delayRepliesMs === 0) client.write(bytes);
      else setTimeout(() => client.destroyed || client.write(bytes), delayRepliesMs);
    });
  }
}
