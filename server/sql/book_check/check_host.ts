// The one thread of a process that checks books, from outside: started with the first check, it keeps no process alive.

import { Worker } from 'node:worker_threads';
import type { Checked, CheckOrder } from './messages.js';

const SCRIPT = new URL('./check_thread.js', import.meta.url);

interface Waiting {
  resolve(checked: Checked): void;
  reject(error: Error): void;
}

let thread: Worker | undefined;
let next = 0;
const waiting = new Map<number, Waiting>();

/** Compiles a campaign file, or part of one, as a bidder would. Throws when the thread dies. */
export function checkBook(order: Omit<CheckOrder, 'id'>): Promise<Checked> {
  return new Promise((resolve, reject) => {
    const id = next++;
    waiting.set(id, { resolve, reject });
    thread ??= started();
    thread.ref(); // while somebody waits
    thread.postMessage({ id, ...order } satisfies CheckOrder);
  });
}

function started(): Worker {
  const worker = new Worker(SCRIPT, { name: 'book check' });
  worker.on('message', (checked: Checked) => {
    waiting.get(checked.id)?.resolve(checked);
    waiting.delete(checked.id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on('error', (error) => lose(error));
  worker.once('exit', () => lose(new Error('the thread that checks books has ended')));
  return worker;
}

function lose(error: Error): void {
  thread = undefined;
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
}
