// A real Gavel that finds hundreds of requests waiting: it was stopped while they came.

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { startGavel, until } from './testing/gavel_process.js';
import { get } from './testing/wire.js';

const CONNECTIONS = 800;

/** A connection and the status lines it was answered with. */
interface Client {
  readonly socket: Socket;
  readonly statuses: number[];
  broken: boolean;
}

function client(port: number): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const one: Client = { socket, statuses: [], broken: false };
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3}) /g)) one.statuses.push(Number(status));
    });
    socket.on('close', () => {
      one.broken = true;
    });
    socket.once('connect', () => resolve(one));
    socket.once('error', reject);
  });
}

t.test('those that have waited too long get a 204 at once, are counted, and keep their connections', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'a' }]), env: { GAVEL_QUEUE_MS: '1' } });
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => client(gavel.port)));
  const body = bidRequest();
  const head = `POST /openrtb2/bid HTTP/1.1\r\nHost: gavel\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const answers = async (count: number): Promise<void> =>
    until(() => clients.every(({ statuses }) => statuses.length >= count));

  gavel.signal('SIGSTOP');
  // Every other body comes in two pieces, of which the second follows behind the answer of who is refused.
  clients.forEach(({ socket }, i) => void socket.write(i % 2 === 0 ? head + body : head + body.slice(0, 20)));
  await sleep(100);
  gavel.signal('SIGCONT');
  await sleep(100);
  clients.forEach(({ socket }, i) => void (i % 2 === 1 && socket.write(body.slice(20))));
  await answers(1);
  const refused = clients.filter(({ statuses }) => statuses[0] === 204).length;
  t.ok(refused > 0 && refused < CONNECTIONS, `${refused} of ${CONNECTIONS} are refused`);
  t.ok(clients.every(({ statuses }) => statuses[0] === 204 || statuses[0] === 200));
  const { text } = await get(gavel.port, '/metrics');
  t.match(text, new RegExp(`reason="overloaded"[^}]*} ${refused}\\b`));

  for (const { socket } of clients) {
    socket.write(head + body);
  }
  await answers(2);
  t.ok(
    clients.every(({ statuses, broken }) => statuses.length === 2 && !broken),
    'every connection goes on',
  );
  for (const { socket } of clients) socket.destroy();
});
