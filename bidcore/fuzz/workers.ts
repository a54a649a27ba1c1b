// A run of the fuzzer in several processes: each takes every so many'th block of books and sends what it sees to the
// one that started it, which adds up and prints.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type RunOptions, run, type Watcher } from './run.js';
import { Tally, type TallyData } from './tally.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

type Message =
  | { readonly kind: 'progress'; readonly tally: TallyData }
  | { readonly kind: 'failure'; readonly signature: string; readonly lines: readonly string[] };

/** The child's part: runs its share and sends. */
export async function reportToParent(options: RunOptions): Promise<number> {
  const send = (message: Message): Promise<void> =>
    new Promise((resolve, reject) =>
      process.send === undefined
        ? reject(new Error('--share is for the processes of a run'))
        : process.send(message, undefined, {}, (error) => (error === null ? resolve() : reject(error))),
    );
  const sent: Promise<void>[] = [];
  const { tally, failures } = await run(options, {
    progress: (seen) => void sent.push(send({ kind: 'progress', tally: copyOf(seen) })),
    failure: (signature, lines) => void sent.push(send({ kind: 'failure', signature, lines })),
  });
  await Promise.all([...sent, send({ kind: 'progress', tally: copyOf(tally) })]);
  process.disconnect();
  return failures > 0 ? 1 : 0;
}

function copyOf(tally: Tally): TallyData {
  const copy = new Tally();
  copy.merge(tally);
  return copy;
}

/** The parent's part. */
export async function runWorkers(
  options: RunOptions,
  workers: number,
  watcher: Watcher,
): Promise<{ tally: Tally; failures: number }> {
  const from = performance.now();
  const tallies: (TallyData | undefined)[] = Array.from({ length: workers }, () => undefined);
  const found = new Set<string>();
  const children: ChildProcess[] = [];
  const merged = (): Tally => {
    const all = new Tally();
    for (const tally of tallies) if (tally !== undefined) all.merge(tally);
    return all;
  };
  const ended = Array.from({ length: workers }, (_, nth) => {
    const child = fork(MAIN, argumentsOf(options, nth, workers), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.push(child);
    child.on('message', (message: Message) => {
      if (message.kind === 'progress') {
        tallies[nth] = message.tally;
        // One line for all: when the first of them speaks.
        if (nth === 0) watcher.progress(merged(), performance.now() - from);
      } else if (!found.has(message.signature)) {
        found.add(message.signature);
        watcher.failure(message.signature, message.lines);
        if (found.size >= options.failures) for (const one of children) one.kill();
      }
    });
    return new Promise<void>((resolve) =>
      child.on('exit', (code, signal) => {
        // 1 is a failure found, a signal the end of all after enough of them. Anything else is a process lost.
        if (code !== 0 && code !== 1 && !(signal === 'SIGTERM' && found.size >= options.failures)) {
          found.add(`process ${nth}`);
          watcher.failure(`process ${nth}`, [`FAILED: process ${nth} of the run ended with ${code ?? signal}`]);
        }
        resolve();
      }),
    );
  });
  await Promise.all(ended);
  return { tally: merged(), failures: found.size };
}

function argumentsOf({ seed, seconds, cases, perBook, failures }: RunOptions, nth: number, of: number): string[] {
  const own = { seed, seconds, cases: Math.ceil(cases / of), 'per-book': perBook, failures, share: `${nth}/${of}` };
  return Object.entries(own).map(([name, value]) => `--${name}=${value}`);
}
