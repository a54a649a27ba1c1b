// Notices against a server that fails: sent again until they are accepted, entered once, lost and repeated as drawn.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { Books } from './books.js';
import { Chance } from './chance.js';
import { HttpPool } from './http_pool.js';
import { NoticeDesk, type NoticeHabits, type ToldBid } from './notice_desk.js';

const told = (id: string): ToldBid => ({
  id,
  campaign: 'c',
  chargeMicros: 7,
  billedBy: 'bill',
  accepted: new Set(),
});

async function withServer(
  answer: (path: string, times: number) => number,
  habits: Partial<NoticeHabits>,
  use: (desk: NoticeDesk) => void,
): Promise<{ books: Books; counts: NoticeDesk['counts']; paths: string[] }> {
  const paths: string[] = [];
  const server: Server = createServer((request, response) => {
    paths.push(request.url as string);
    const status = answer(request.url as string, paths.filter((path) => path === request.url).length);
    if (status === 0) response.destroy();
    else response.writeHead(status, { 'content-length': 0 }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const pool = new HttpPool('127.0.0.1', (server.address() as AddressInfo).port, 1);
  const books = new Books();
  const desk = new NoticeDesk([pool], books, { lost: 0, repeated: 0, timeScale: 0.001, ...habits }, () =>
    performance.now(),
  );
  desk.start();
  use(desk);
  await desk.drain();
  pool.close();
  await new Promise((resolve) => server.close(resolve));
  return { books, counts: desk.counts, paths };
}

t.test('a notice is sent again after 503 and after no answer, and entered once', async (t) => {
  const { books, counts, paths } = await withServer(
    (_, times) => [503, 0, 200][times - 1] as number,
    {},
    (desk) => desk.send('bill', '/n/bill/x', told('x'), 0, new Chance(1)),
  );
  t.equal(paths.length, 3);
  t.equal(counts.again, 2);
  t.equal(books.total().bill, 1);
  t.equal(books.total().chargeMicros, 7);
});

t.test('what is refused is not entered and not sent again', async (t) => {
  const { books, counts, paths } = await withServer(
    () => 410,
    {},
    (desk) => desk.send('bill', '/n/bill/x', told('x'), 0, new Chance(1)),
  );
  t.equal(paths.length, 1);
  t.equal(counts.refused, 1);
  t.equal(books.total().bill, 0);
});

t.test('of many, shares are lost and come twice, and each that came is entered once', async (t) => {
  const { books, counts, paths } = await withServer(
    () => 200,
    { lost: 0.2, repeated: 0.3 },
    (desk) => {
      for (let n = 0; n < 400; n++) desk.send('bill', `/n/bill/${n}`, told(String(n)), n % 50, new Chance(n));
    },
  );
  t.ok(counts.lost > 40 && counts.lost < 120, `${counts.lost} lost`);
  t.ok(counts.repeated > 60 && counts.repeated < 150, `${counts.repeated} twice`);
  t.equal(paths.length, 400 - counts.lost + counts.repeated);
  t.equal(books.total().bill, 400 - counts.lost);
  t.equal(books.charges?.size, 400 - counts.lost);
});

t.test('notices overtake each other: they go in the order in which they are due', async (t) => {
  const { paths } = await withServer(
    () => 200,
    { timeScale: 1 },
    (desk) => {
      for (const due of [30, 10, 50, 20, 40]) desk.send('imp', `/${due}`, told(String(due)), due, new Chance(due));
    },
  );
  t.same(paths, ['/10', '/20', '/30', '/40', '/50']);
});
