// Closed-loop load where wrk is not installed: raw sockets, prebuilt requests, one outstanding on each connection, no
// parsing of an answer beyond its status and length. Run by `load.ts` as a process of its own:
// `node load_client.js REQUESTS.json PORT SECONDS CONNECTIONS`, prints one RESULT line.

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { sortedQuantile } from './measure.js';

const LATENCIES_MAX = 4_000_000;
const HEADER_END = Buffer.from('\r\n\r\n');

const [file, portText, secondsText, connectionsText] = process.argv.slice(2) as [string, string, string, string];
const requests = (JSON.parse(readFileSync(file, 'utf8')) as string[]).map((text) => Buffer.from(text));
const latencies = new Float64Array(LATENCIES_MAX);
let done = 0;
let errors = 0;
let next = 0;
const start = performance.now();
const end = start + Number(secondsText) * 1000;

await Promise.all(Array.from({ length: Number(connectionsText) }, () => connection(Number(portText))));
const sorted = latencies.subarray(0, Math.min(done, LATENCIES_MAX)).sort();
const duration_us = (performance.now() - start) * 1000;
const [p50_us, p99_us] = [0.5, 0.99].map((q) => sortedQuantile(sorted, q) * 1000);
process.stdout.write(`RESULT ${done} ${duration_us} ${p50_us} ${p99_us} ${errors}\n`);

/** Sends the next request as soon as the last one is answered, until the time is up. */
function connection(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sent = 0;
    let held: Buffer | null = null;
    const send = (): void => {
      sent = performance.now();
      if (sent >= end) return void socket.end();
      socket.write(requests[next] as Buffer);
      next = (next + 1) % requests.length;
    };
    socket.on('connect', send);
    socket.on('data', (chunk: Buffer) => {
      const data: Buffer = held === null ? chunk : Buffer.concat([held, chunk]);
      const status = answerStatus(data);
      if (status === 0) {
        held = data;
        return;
      }
      held = null;
      if (status !== 200 && status !== 204) errors++;
      if (done < LATENCIES_MAX) latencies[done] = performance.now() - sent;
      done++;
      send();
    });
    finish(socket, resolve);
  });
}

function finish(socket: Socket, resolve: () => void): void {
  socket.on('error', () => {
    errors++;
  });
  socket.on('close', () => resolve());
}

/** The status of a whole answer; 0 while there is more to come. */
function answerStatus(data: Buffer): number {
  const header = data.indexOf(HEADER_END);
  if (header < 0) return 0;
  const head = data.toString('latin1', 0, header);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  const bytes = length === null ? 0 : Number(length[1]);
  return data.length >= header + 4 + bytes ? Number(head.slice(9, 12)) : 0;
}
