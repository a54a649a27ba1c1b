// HTTP as tests need it: whole requests through Node's client, and bytes as they are through a socket.

import { type Agent, type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_MS_MAX = 10_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
}

/** One request and its whole answer. Rejects when the connection breaks or nothing comes. */
export function ask(port: number, { method = 'POST', path, headers = {}, body, agent }: Ask): Promise<Answer> {
  const length: Record<string, string> =
    body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: { ...length, ...headers },
    agent: agent ?? false,
  });
  const answer = answerOf(outgoing);
  outgoing.end(body);
  return answer;
}

function answerOf(outgoing: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', reject);
      incoming.once('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, bytes, text: bytes.toString() });
      });
    });
    outgoing.setTimeout(ANSWER_MS_MAX, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', (error) => reject(Object.assign(error, { onNewConnection: !outgoing.reusedSocket })));
  });
}

/** A POST of a bid request. */
export function bid(port: number, body: string | Uint8Array, headers: Ask['headers'] = {}): Promise<Answer> {
  return ask(port, { path: '/openrtb2/bid', body, headers });
}

export function get(port: number, path: string): Promise<Answer> {
  return ask(port, { method: 'GET', path });
}

/** Sends pieces over one connection, each in a packet of its own, and gives back what came until the peer is quiet. */
export async function exchangeBytes(
  port: number,
  pieces: readonly (string | Uint8Array)[],
  quietMs = 300,
): Promise<{ text: string; closed: boolean }> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let text = '';
  let closed = false;
  let lastMs = performance.now();
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    lastMs = performance.now();
  });
  socket.on('error', (error) => {
    text += `(${error.message})`;
  });
  socket.on('close', () => {
    closed = true;
  });
  for (const piece of pieces) {
    if (closed) break;
    socket.write(piece);
    await sleep(20);
    lastMs = performance.now();
  }
  const deadline = performance.now() + ANSWER_MS_MAX;
  while (!closed && performance.now() - lastMs < quietMs && performance.now() < deadline) await sleep(10);
  socket.destroy();
  return { text, closed };
}

/** A POST of which the server has its beginning. */
export interface BegunPost {
  /** Sends the rest. */
  finish(): Promise<Answer>;
  /** Breaks the connection. */
  abort(): void;
}

/** Begins a POST; resolves once the server asks for its body (100 Continue, which uWebSockets.js does not do). */
export function holdPost(port: number, path: string, body: string, headers: Ask['headers']): Promise<BegunPost> {
  const outgoing = openPost(port, path, body, { ...headers, expect: '100-continue' });
  const answer = answerOf(outgoing);
  const held = new Promise<BegunPost>((resolve, reject) => {
    answer.catch(reject); // once it is held, who finishes it is told
    outgoing.once('continue', () => resolve(begun(outgoing, answer, body)));
  });
  outgoing.flushHeaders();
  return held;
}

/** Sends the headers and half of the body of a POST. Nothing tells when they have come: it waits a little. */
export async function beginPost(port: number, path: string, body: string): Promise<BegunPost> {
  const outgoing = openPost(port, path, body, {});
  const answer = answerOf(outgoing);
  const half = body.length >> 1;
  await new Promise((resolve) => outgoing.write(body.slice(0, half), resolve));
  await sleep(100);
  return begun(outgoing, answer, body.slice(half));
}

function openPost(port: number, path: string, body: string, headers: Ask['headers']): ClientRequest {
  const length = { 'content-length': Buffer.byteLength(body) };
  return request({ host: '127.0.0.1', port, method: 'POST', path, headers: { ...headers, ...length }, agent: false });
}

function begun(outgoing: ClientRequest, answer: Promise<Answer>, rest: string): BegunPost {
  const finish = (): Promise<Answer> => {
    outgoing.end(rest);
    return answer;
  };
  return { finish, abort: () => void outgoing.destroy() };
}

/** A POST as bytes. */
export function post(path: string, body: string, headers = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}
