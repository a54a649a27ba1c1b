// The keeper of the ledger thread: whatever the thread dies of, and when, another one follows.

import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { makeLog } from '../log.js';
import { LedgerHost } from './ledger_host.js';
import type { LedgerStart } from './messages.js';

/** A ledger that dies of each plan in its first lives: their number is in the first byte. */
const DIES_OF_PLANS = `
import { parentPort, workerData } from 'node:worker_threads';
const lives = new Uint8Array(workerData.buffer);
parentPort.on('message', ({ kind, number }) => {
  if (kind === 'close') process.exit();
  if (kind !== 'plan') return;
  if (lives[0] === 0) return parentPort.postMessage({ kind: 'planned', number });
  lives[0] -= 1;
  process.exit();
});
parentPort.postMessage({ kind: 'ready' });
`;

t.test('a ledger that dies of its plan right after it was started again is started once more', async (t) => {
  const buffer = new SharedArrayBuffer(8);
  const lives = new Uint8Array(buffer);
  lives[0] = 3;
  let restarted = 0;
  const host = new LedgerHost({
    start: {
      buffer,
      folder: '',
      node: 1,
      tokenLifeS: 1,
      redis: undefined,
      summed: false,
      logLevel: 'silent',
    } satisfies LedgerStart,
    released: () => undefined,
    restarted: () => {
      restarted += 1;
    },
    log: makeLog('silent'),
    script: new URL(`data:text/javascript,${encodeURIComponent(DIES_OF_PLANS)}`),
  });
  t.equal(await host.start(), undefined);
  await host.plan([], new Map());
  t.equal(lives[0], 2, 'it died, and the plan is waited for no longer');
  for (let waited = 0; lives[0] > 0 && waited < 10_000; waited += 20) await sleep(20);
  t.equal(lives[0], 0);
  for (let waited = 0; restarted < 3 && waited < 10_000; waited += 20) await sleep(20);
  await host.plan([], new Map());
  t.ok(restarted >= 1, 'and those who take notices get a way to the one that lives');
  await host.close();
});
