// Starts the client process, pinned to the load's core where there are two, and hands it its job.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LOAD_CORE, pinned } from '../../bench/processes.js';
import type { Job, JobResult } from './job.js';

const SCRIPT = fileURLToPath(new URL('client_process.js', import.meta.url));
/** A large nursery: what a request leaves behind is dead by its next collection, which is then short. */
const FLAGS = ['--max-semi-space-size=64', '--enable-source-maps'];

/** The load could not be made: no server, no file. */
export class LoadError extends Error {}

/**
 * Loads a server once. Throws LoadError.
 * @param anyCore not on the load's core alone
 */
export function load(job: Job, anyCore = false): Promise<JobResult> {
  return inProcess<Job, JobResult>(SCRIPT, job, anyCore);
}

/** Gives a job to a script in a process of its own, and resolves with what it answers. Throws LoadError. */
export function inProcess<In extends object, Out>(script: string, job: In, anyCore: boolean): Promise<Out> {
  const words = [process.execPath, ...FLAGS, script];
  const [file, ...args] = (anyCore ? words : pinned(LOAD_CORE, words)) as [string, ...string[]];
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('message', (message: { result?: Out; problem?: string }) => {
      if (message.result !== undefined) resolve(message.result);
      else reject(new LoadError(message.problem));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new LoadError(`the client ended with ${code ?? signal}`)));
    child.send(job);
  });
}
