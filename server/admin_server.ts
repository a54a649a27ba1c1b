// The admin port: health and metrics for anybody, the documentation, and the API. The control thread serves it, so
// nothing here takes time from a bid.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type AdminAnswer, errorAnswer } from './admin_answer.js';
import { Cors } from './cors.js';
import type { Log } from './log.js';
import { listenProblem, type PortError } from './port.js';

/** Longest time a client may take to send a request, and connections at once: it is a port for a few people. */
const REQUEST_MS_MAX = 10_000;
const CONNECTIONS_MAX = 64;

/** Of every answer. Nothing here is for frames, caches or pages of elsewhere. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** A path that is open to everybody; answers HEAD too. */
export type OpenRoute = () => Promise<AdminAnswer>;
/** All other paths. */
export type Rest = (request: IncomingMessage, url: URL, requestId: string) => Promise<AdminAnswer>;

export class AdminServer {
  readonly #server: Server;
  readonly #open: ReadonlyMap<string, OpenRoute>;
  readonly #rest: Rest;
  readonly #cors: Cors;
  readonly #log: Log;

  /**
   * @param open by path
   * @param origins whose pages may call it; none: no page of elsewhere does
   */
  constructor(open: Readonly<Record<string, OpenRoute>>, rest: Rest, origins: readonly string[], log: Log) {
    this.#open = new Map(Object.entries(open));
    this.#rest = rest;
    this.#cors = new Cors(origins);
    this.#log = log;
    this.#server = createServer({ requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX });
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('clientError', refuse);
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
    const all = { ...SECURITY_HEADERS, ...this.#cors.headersFor(request), ...headers };
    response.writeHead(status, { ...all, 'content-type': contentType, 'content-length': length }).end(text);
  }

  async #answer(request: IncomingMessage): Promise<AdminAnswer> {
    const { method = '', url: target = '/' } = request;
    // Taken as a path even where it looks like a whole address.
    const url = URL.canParse(`http://admin${target}`) ? new URL(`http://admin${target}`) : undefined;
    if (url === undefined || !target.startsWith('/')) return errorAnswer(404, 'not_found', `no ${target} here`);
    const preflight = this.#cors.preflight(request);
    if (preflight !== undefined) return preflight;
    const open = this.#open.get(url.pathname);
    if (open === undefined) return this.#rest(request, url, randomUUID());
    if (method === 'GET' || method === 'HEAD') return open();
    return errorAnswer(405, 'method_not_allowed', `${url.pathname} takes GET, HEAD`, { allow: 'GET, HEAD' });
  }
}

const REFUSED_BY_CODE: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'Request Timeout'],
};

/** What is no HTTP, or comes too slowly: answered like anything else, then cut. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, code, phrase] = REFUSED_BY_CODE[error.code ?? ''] ?? [400, 'bad_request', 'Bad Request'];
  const { text, contentType } = errorAnswer(status, code, 'this is no HTTP request that is taken here');
  const headers = { ...SECURITY_HEADERS, 'content-type': contentType, 'content-length': Buffer.byteLength(text) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${phrase}\r\n${lines.join('')}connection: close\r\n\r\n${text}`);
}
