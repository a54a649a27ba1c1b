// The thread of the ledger: its clock, its ports, its end. It ends by itself on an error nobody expected, and the
// control thread starts another, which reads everything from the log.

import { setTimeout as sleep } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { decodeNotices } from '../../bidcore/money/notice_codec.js';
import { outcomeNumber } from '../../bidcore/money/notice_outcomes.js';
import { makeLog } from '../log.js';
import type { FromLedger, ToLedger } from '../notices/messages.js';
import type { FromLedgerThread, LedgerStart, ToLedgerThread } from './messages.js';
import { isLedgerProblem, type NodeLedger, openNodeLedger } from './node_ledger.js';

const TICK_MS = 200;
const STATS_MS = 1000;

if (parentPort === null) throw new Error('ledger_thread.js runs as a worker thread');
const control = parentPort;
const start = workerData as LedgerStart;
const ports = new Set<MessagePort>();
let released: string[] = [];
/** Ticks run one behind the other: a snapshot must see no lease grow. */
let ticking: Promise<void> = Promise.resolve();
let ticksWaiting = 0;
let tickedStatsMs = 0;

process.on('uncaughtException', (error) => {
  tell({ kind: 'failed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(); // a thread's own end: it has no sockets of uWebSockets.js, and its log is closed by the system
});

const ledger = await openNodeLedger({
  ...start,
  nowMs: Date.now(),
  clock: () => Date.now(),
  released: ({ id }) => released.push(id),
  note: (note) => tell({ kind: 'note', note }),
  tell: makeLog(start.logLevel),
  failed: (error) => {
    throw error; // out of a promise: an error nobody expected
  },
});
if (isLedgerProblem(ledger)) {
  tell({ kind: 'cannot_start', problem: ledger.problem });
  control.close();
} else run(ledger);

function run(its: NodeLedger): void {
  const timer = setInterval(() => {
    if (ticksWaiting === 0) void inTurn(its);
  }, TICK_MS);
  control.on('message', (message: ToLedgerThread) => {
    if (message.kind === 'port') take(its, message.port);
    else if (message.kind === 'plan') {
      its.plan(message.plans, message.counted);
      // Answered once bids may be made under the new plans.
      void inTurn(its).then(() => tell({ kind: 'planned', number: message.number }));
    } else if (message.kind === 'summed') void its.summed(message.next);
    else {
      clearInterval(timer);
      void close(its);
    }
  });
  tell({ kind: 'ready' });
}

function inTurn(its: NodeLedger): Promise<void> {
  ticksWaiting++;
  ticking = ticking.then(() => tick(its)).finally(() => ticksWaiting--);
  return ticking;
}

async function tick(its: NodeLedger): Promise<void> {
  const nowMs = Date.now();
  await its.tick(nowMs);
  if (released.length > 0) tell({ kind: 'released', ids: released });
  released = [];
  if (nowMs - tickedStatsMs < STATS_MS) return;
  tickedStatsMs = nowMs;
  tell({ kind: 'stats', stats: its.stats() });
}

/** Takes notices from a thread, and answers when they are durable: those of one turn with one message. */
function take(its: NodeLedger, port: MessagePort): void {
  ports.add(port);
  let answers: number[] = [];
  const answer = (number: number, outcome: number): void => {
    if (answers.push(number, outcome) > 2) return;
    setImmediate(() => {
      const message: FromLedger = { kind: 'answers', answers: Uint32Array.from(answers) };
      answers = [];
      port.postMessage(message, [message.answers.buffer as ArrayBuffer]);
    });
  };
  port.on('message', ({ notices }: ToLedger) => {
    for (const { number, notice } of decodeNotices(notices)) {
      void its.receive(notice).then((booking) => {
        // What is not durable is not answered: the sender gives it up, and the exchange comes again.
        if (booking !== 'failed') answer(number, outcomeNumber(booking));
      });
    }
  });
  port.on('close', () => ports.delete(port));
}

async function close(its: NodeLedger): Promise<void> {
  await ticking;
  await sleep(0); // what has arrived is taken
  await its.close(Date.now());
  for (const port of ports) port.close();
  control.close();
}

function tell(message: FromLedgerThread): void {
  control.postMessage(message);
}
