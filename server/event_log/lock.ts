// One process has a log's folder open. The lock is a file lock.N that names its owner:
//
//   take      N + 1 is made, with its content and only if it is not there (link), when the owner of the highest, N, has
//             released it or is dead. Then the folder is looked at again: who finds a higher one than their own gives
//             theirs up, for somebody was faster by more than one step.
//   release   the file's content says so; it stays. The highest is never deleted, only those below one's own: so a
//             number is used once, and two who take over the same dead lock cannot both get it.
//
// An owner is dead if the machine has started again since, or no process has its number, or one that started at another
// time. Of another container (pid namespace) or another thread of this process that cannot be told: there, an owner is
// alive if it touches its file.

import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, readdir, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import type { EventLogError } from './errors.js';

const TOUCH_MS = 1000;
const UNTOUCHED_MS = 5000;
const TRIES = 20;

export interface Held {
  release(): Promise<void>;
}

/** Takes the lock of a folder that is there. */
export type FolderLock = (folder: string) => Promise<Held | EventLogError>;

interface Owner {
  readonly pid: number;
  readonly thread: number;
  /** When the process started, in the kernel's ticks. */
  readonly started: string;
  readonly boot: string;
  readonly namespace: string;
}

export const folderLock: FolderLock = async (folder) => {
  for (let tries = 0; tries < TRIES; tries++) {
    const highest = Math.max(0, ...(await numbers(folder)));
    if (highest > 0) {
      const owner = await ownerOf(lockPath(folder, highest));
      if (owner !== undefined && (await isAlive(owner, lockPath(folder, highest)))) {
        const problem = `${folder} is open in process ${owner.pid} (${lockPath(folder, highest)})`;
        return { code: 'event_log_locked', problem };
      }
    }
    const mine = highest + 1;
    if (!(await make(folder, mine))) continue;
    const all = await numbers(folder);
    if (all.some((number) => number > mine)) {
      await unlink(lockPath(folder, mine));
      continue;
    }
    for (const number of all) if (number < mine) await unlinkIfThere(lockPath(folder, number));
    return held(lockPath(folder, mine));
  }
  return { code: 'event_log_locked', problem: `${folder}: others keep taking its lock` };
};

function held(path: string): Held {
  const touching = setInterval(() => {
    const now = new Date();
    // Gone with its folder: then there is nothing left to hold.
    utimes(path, now, now).catch(() => clearInterval(touching));
  }, TOUCH_MS);
  touching.unref();
  return {
    release: async () => {
      clearInterval(touching);
      await writeFile(path, 'released\n');
    },
  };
}

async function numbers(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => (/^lock\.\d+$/.test(name) ? [Number(name.slice(5))] : []));
}

function lockPath(folder: string, number: number): string {
  return `${folder}/lock.${number}`;
}

async function make(folder: string, number: number): Promise<boolean> {
  const unfinished = `${folder}/lock-${process.pid}-${randomBytes(6).toString('hex')}.new`;
  await writeFile(unfinished, `${JSON.stringify(self())}\n`);
  try {
    await link(unfinished, lockPath(folder, number));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(unfinished);
  }
}

/** Undefined: released, or gone. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text.startsWith('{') ? (JSON.parse(text) as Owner) : undefined;
  } catch (error) {
    // A machine that lost its power may have kept the name without the content.
    if ((error as { code?: string }).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function isAlive(owner: Owner, path: string): Promise<boolean> {
  const here = self();
  if (owner.boot !== here.boot) return false;
  if (owner.namespace === here.namespace) {
    if (!isRunning(owner.pid) || startOf(owner.pid) !== owner.started) return false;
    if (owner.pid !== here.pid || owner.thread === here.thread) return true;
  }
  const before = await touchedMs(path);
  await sleep(UNTOUCHED_MS);
  return (await touchedMs(path)) !== before;
}

async function touchedMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return 0;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

function self(): Owner {
  return {
    pid: process.pid,
    thread: threadId,
    started: startOf(process.pid),
    boot: textOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: textOr('', () => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Field 22 of /proc/PID/stat, counted from behind the name, which may have spaces. Empty where there is no /proc. */
function startOf(pid: number): string {
  return textOr('', () => {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  });
}

function textOr(fallback: string, read: () => string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}
