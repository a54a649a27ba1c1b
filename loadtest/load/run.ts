// One run: a job made of the options, done against a target, told as figures.

import type { ServerProcess } from '../../bench/processes.js';
import { load } from './client.js';
import { figuresOf } from './figures.js';
import type { JobResult } from './job.js';
import { broken } from './objective.js';
import type { Options } from './options.js';
import { type Piece, profile } from './profile.js';
import type { Run } from './report.js';
import type { Target } from './target.js';

export const say = (line: string): void => void process.stderr.write(`loadtest: ${line}\n`);

/** Where to send: a target, or the same of a server process. */
export type Address = Pick<Target, 'host' | 'port' | 'path' | 'pid'>;

export function addressOf({ port, pid }: ServerProcess, path: string): Address {
  return { host: '127.0.0.1', port, path, pid };
}

export interface Variation {
  readonly rate: number;
  readonly seconds?: number;
  /** In place of the shape's. */
  readonly pieces?: readonly Piece[];
  readonly anyCore?: boolean;
  /** Notices are for bidders. */
  readonly withoutNotices?: boolean;
}

/** Loads a target once. Throws LoadError. */
export function loadOnce(options: Options, target: Address, variation: Variation): Promise<JobResult> {
  const { shape, peak, warmupSeconds } = options;
  const seconds = variation.seconds ?? options.seconds;
  const pieces = variation.pieces ?? profile({ shape, peak, rate: variation.rate, seconds, warmupSeconds });
  return load(
    {
      host: target.host,
      port: target.port,
      path: target.path,
      serverPid: target.pid,
      pieces,
      warmupMs: warmupSeconds * 1000,
      arrivals: options.arrivals,
      connections: options.connections,
      timeoutMs: options.timeoutMs,
      waits: options.waits,
      traffic: options.traffic,
      bodies: options.bodies,
      replay: options.replay,
      winShare: variation.withoutNotices ? 0 : options.winShare,
    },
    variation.anyCore,
  );
}

/** The same, told and judged. */
export async function measure(options: Options, target: Address, name: string, variation: Variation): Promise<Run> {
  const result = await loadOnce(options, target, variation);
  const figures = figuresOf(name, result);
  const p99 = `p99 ${(figures.p99_us / 1000).toFixed(2)} ms${figures.p99_trusted ? '' : ' (the client was late)'}`;
  say(`${name}: ${Math.round(figures.achieved_per_s)} a second answered, ${p99}`);
  return { figures, result, broken: broken(options.objective, figures) };
}
