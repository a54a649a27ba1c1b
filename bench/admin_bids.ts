// The bidding client of the admin benchmark, a process of its own: bids as they come, whether or not those before were
// answered. A bid that finds no connection idle waits, and its time runs.

import { connect, type Socket } from 'node:net';
import { type AdminOrder, type AdminResult, type AdminTask, poisson } from './admin_shared.js';
import { generatedBodies, MIXED } from './requests.js';

const BODIES = 300;
const HEADER_END = Buffer.from('\r\n\r\n');

const { port, seed, perSecond, connections } = JSON.parse(process.argv[2] as string) as AdminTask;
const requests = generatedBodies(BODIES, seed, MIXED).map((body) =>
  Buffer.concat([
    Buffer.from(`POST /openrtb2/bid HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]),
);
const waiting: number[] = [];
const idle: { send(intendedMs: number): void }[] = [];
let latencies: number[] = [];
let problems = 0;
let next = 0;
let on = false;
let round = 0;

for (let i = 0; i < connections; i++) open();

process.on('disconnect', () => process.exit());
process.on('message', (order: AdminOrder) => {
  on = order === 'start';
  if (on) return void poisson(perSecond, seed + round++, take);
  process.send?.({ latencies, problems } satisfies AdminResult);
  latencies = [];
  problems = 0;
});

function take(intendedMs: number): boolean {
  const connection = idle.pop();
  if (connection === undefined) waiting.push(intendedMs);
  else connection.send(intendedMs);
  return on;
}

function open(): void {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let intended = 0;
  let held: Buffer = Buffer.alloc(0);
  const connection = {
    send(intendedMs: number): void {
      intended = intendedMs;
      socket.write(requests[next++ % requests.length] as Buffer);
    },
  };
  socket.on('connect', () => idle.push(connection));
  socket.on('error', () => {
    problems += 1;
  });
  // The server closes what is idle for long, as while its database opens.
  socket.on('close', () => {
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
    else problems += 1;
    open();
  });
  socket.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const status = wholeStatus(held);
    if (status === 0) return;
    held = Buffer.alloc(0);
    if (status !== 200 && status !== 204) problems += 1;
    latencies.push((performance.now() - intended) * 1000);
    const late = waiting.shift();
    if (late === undefined) idle.push(connection);
    else connection.send(late);
  });
}

/** The status of a whole answer; 0 while there is more to come. */
function wholeStatus(data: Buffer): number {
  const header = data.indexOf(HEADER_END);
  if (header < 0) return 0;
  const head = data.toString('latin1', 0, header);
  const bytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return data.length >= header + HEADER_END.length + bytes ? Number(head.slice(9, 12)) : 0;
}
