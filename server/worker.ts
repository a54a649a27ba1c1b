// A bidding worker: one thread, one instance of the hot path, one uWebSockets.js app on the port all workers share.
//
// A thread must close its sockets before it ends: Node aborts the whole process over handles left open. So nothing in
// here calls process.exit, and an error nobody expected closes the app first.

import { App, type us_listen_socket, us_listen_socket_close } from 'uWebSockets.js';
import { parentPort, workerData } from 'node:worker_threads';
import { HotPath } from '../bidcore/hotpath.js';
import { KeyRing } from '../bidcore/money/key_ring.js';
import { NoticeCounts } from '../bidcore/money/notice_counts.js';
import { Activity } from './activity.js';
import { BatchRoute } from './batch_route.js';
import { BidRoutes } from './bid_routes.js';
import { Bidding } from './bidding.js';
import { WallClock } from './clock.js';
import { Exchanges } from './exchanges.js';
import type { FromWorker, ToWorker, WorkerStart } from './messages.js';
import { LedgerPort } from './notices/ledger_port.js';
import { NoticeRoutes } from './notices/notice_routes.js';
import { PriceReaders } from './notices/price_readers.js';
import { Overload } from './overload.js';
import { StatusRoutes } from './status_routes.js';

/** Draining: how long connections must have been quiet before they are closed, and how often that is looked at. */
const QUIET_MS = 250;
const LOOK_MS = 25;

if (parentPort === null) throw new Error('worker.js runs as a worker thread');
const control = parentPort;
const start = workerData as WorkerStart;

const activity = new Activity();
const clock = new WallClock();
const hotPath = new HotPath(start.memory, start.module, start.worker);
hotPath.warmUp(Date.now() * 1000); // book and model are live before workers start
const exchanges = new Exchanges(start.workers, start.exchangeHeader);
exchanges.set(start.exchanges);
const bidding = new Bidding(hotPath, clock, exchanges);

const prices = new PriceReaders(start.notices.priceKeys);
prices.set(start.exchanges);
const ledger = new LedgerPort(start.notices.waitingMax);
if (start.ledger !== undefined) ledger.use(start.ledger);
const noticeContext = {
  ring: KeyRing.of(start.notices.keys, (key, message) => hotPath.mac(key, message)),
  lifeS: start.notices.lifeS,
  price: (exchange: number) => prices.at(exchange),
};

const scrapes = new Map<number, (answer: { contentType: string; text: string }) => void>();
let scrapeNumber = 0;
const scrape = (): Promise<{ contentType: string; text: string }> =>
  new Promise((resolve) => {
    scrapes.set(++scrapeNumber, resolve);
    tell({ kind: 'scrape', number: scrapeNumber });
  });

const app = App();
const overload = new Overload(start.queueMs);
new BidRoutes(bidding, activity, overload, start.gzipResponses).register(app);
new BatchRoute(bidding, activity, overload, start.gzipResponses).register(app);
new NoticeRoutes(noticeContext, ledger, new NoticeCounts(start.memory, start.worker), activity).register(app);
new StatusRoutes(activity, scrape).register(app);

let listening: us_listen_socket | undefined;
let closed = false;

process.on('uncaughtException', (error) => {
  tell({ kind: 'failed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  close();
});
control.on('message', receive);
app.listen(start.host, start.port, (socket) => {
  if (socket === false) {
    tell({ kind: 'cannot_listen' });
    close();
    return;
  }
  listening = socket;
  tell({ kind: 'listening' });
});

function receive(message: ToWorker): void {
  switch (message.kind) {
    case 'exchanges':
      exchanges.set(message.exchanges);
      prices.set(message.exchanges);
      tell({ kind: 'exchanges', number: message.number });
      return;
    case 'metrics':
      scrapes.get(message.number)?.(message);
      scrapes.delete(message.number);
      return;
    case 'ledger':
      ledger.use(message.port);
      return;
    case 'drain':
      drain();
      return;
    case 'close':
      close();
      return;
    default:
      throw new Error(`unknown message ${JSON.stringify(message)}`);
  }
}

function tell(message: FromWorker): void {
  control.postMessage(message);
}

function stopListening(): void {
  if (listening !== undefined) us_listen_socket_close(listening);
  listening = undefined;
}

/** Every answer ends its connection from now on; what then stays open is idle and is closed. */
function drain(): void {
  if (activity.closing) return;
  activity.closing = true;
  stopListening();
  activity.lastMs = performance.now();
  const timer = setInterval(() => {
    if (!closed && (activity.waiting > 0 || performance.now() - activity.lastMs < QUIET_MS)) return;
    clearInterval(timer);
    close();
  }, LOOK_MS);
}

/** Closes all sockets; with nothing left to wait for, the thread then ends by itself. */
function close(): void {
  if (closed) return;
  closed = true;
  stopListening();
  app.close();
  ledger.close();
  clock.stop();
  control.close();
}
