// The admin port: health, metrics, and what is not for strangers. It is served by the control thread, so nothing here
// takes time from a bid.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AdminAnswer, errorAnswer } from './admin_answer.js';
import type { Log } from './log.js';
import { listenProblem, type PortError } from './port.js';
import { bearerToken, isSecret, sha256 } from './secret.js';

/** Longest time a client may take to send a request, and connections at once: it is a port for a few people. */
const REQUEST_MS_MAX = 10_000;
const CONNECTIONS_MAX = 64;

/** One path of the admin port. */
export interface AdminRoute {
  /** A GET route answers HEAD too. */
  readonly method: 'GET' | 'POST';
  /** Whether it needs the key. */
  readonly closed: boolean;
  answer(request: IncomingMessage, query: URLSearchParams): Promise<AdminAnswer>;
}

export class AdminServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, AdminRoute>;
  readonly #keySha256: Uint8Array;
  readonly #log: Log;

  /** @param routes by path */
  constructor(routes: Readonly<Record<string, AdminRoute>>, key: string, log: Log) {
    this.#routes = new Map(Object.entries(routes));
    this.#keySha256 = sha256(key);
    this.#log = log;
    this.#server = createServer({ requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX });
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on('request', (request, response) => void this.#serve(request, response));
  }

  /**
   * Starts listening.
   * @param port 0 for any free one
   * @returns the port, or why it cannot be had
   */
  listen(host: string, port: number): Promise<number | PortError> {
    return new Promise((resolve) => {
      this.#server.on('error', (error) => {
        const problem = listenProblem(error, host, port, 'GAVEL_ADMIN_PORT');
        if (this.#server.listening) this.#log.error({ problem }, 'the admin port cannot take a connection');
        else resolve({ code: 'port_unavailable', problem });
      });
      this.#server.listen(port, host, () => {
        const address = this.#server.address();
        if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
        resolve(address.port);
      });
    });
  }

  /** Closes all connections; what is under way is lost. Does nothing if it does not listen. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: AdminAnswer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      if (request.socket.destroyed) return; // the client went away with its request half sent
      const { stack } = error as Error;
      this.#log.error({ url: request.url, stack }, 'admin request failed');
      answer = errorAnswer(500, 'internal_error', 'this is a bug in Gavel; its log says more');
    }
    const { status, contentType, text, headers } = answer;
    const length = Buffer.byteLength(text);
    response.writeHead(status, { ...headers, 'content-type': contentType, 'content-length': length }).end(text);
  }

  async #answer(request: IncomingMessage): Promise<AdminAnswer> {
    const { method = '', url = '/' } = request;
    const [path = '/', query = ''] = url.split('?', 2);
    const route = this.#routes.get(path);
    if (route === undefined) return errorAnswer(404, 'not_found', `no ${path} here`);
    if (method !== route.method && !(method === 'HEAD' && route.method === 'GET')) {
      const allow = route.method === 'GET' ? 'GET, HEAD' : route.method;
      return errorAnswer(405, 'method_not_allowed', `${path} takes ${allow}`, { allow });
    }
    if (route.closed && !this.#hasKey(request)) {
      const headers = { 'www-authenticate': 'Bearer' };
      return errorAnswer(
        401,
        'unauthorized',
        'give the admin key: X-API-Key: KEY, or Authorization: Bearer KEY',
        headers,
      );
    }
    return route.answer(request, new URLSearchParams(query));
  }

  #hasKey({ headers }: IncomingMessage): boolean {
    const own = headers['x-api-key'];
    const given = typeof own === 'string' ? own : bearerToken(headers.authorization ?? '');
    return given !== undefined && isSecret(given, this.#keySha256);
  }
}
