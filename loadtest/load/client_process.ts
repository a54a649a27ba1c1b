// The process that makes the load, on a core of its own: takes one job from whoever started it, answers with what was
// measured, ends. A process, because its garbage and its timers must not be anybody else's.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../../bench/processes.js';
import { Random } from '../../bidcore/fuzz/random.js';
import { Traffic } from '../traffic/traffic.js';
import { Latencies } from './histogram.js';
import type { Job, JobResult } from './job.js';
import { Notices } from './notices.js';
import { OpenLoop } from './open_loop.js';
import { Arrivals } from './profile.js';
import { Recorder } from './recorder.js';
import { Sockets } from './sockets.js';
import { type Prepared, prepare, replayed } from './wire.js';

/** With less than this until the next request the client spins: a timer may be late by as much. */
const SPIN_MS = 2;
const LOOK_MS = 10;
const SLICES = 200;
const SLICE_MS_MIN = 100;

process.once('message', (job: Job) => {
  run(job).then(
    (result) => {
      process.send?.({ result }, () => process.exit());
    },
    (error: Error) => {
      process.send?.({ problem: error.message }, () => process.exit()); // connections are still tried
    },
  );
});

function prepared({ traffic, bodies, replay, host, path }: Job): Prepared[] {
  const chance = new Random(traffic.seed);
  const requests =
    replay === undefined
      ? new Traffic(traffic).take(bodies)
      : replayed(readFileSync(replay, 'utf8'), () => chance.chance(traffic.gzipShare));
  if (requests.length === 0) throw new Error(`${replay} has no requests`);
  return requests.map((request) => prepare(request, host, path));
}

async function run(job: Job): Promise<JobResult> {
  const { host, port, warmupMs, timeoutMs } = job;
  const requests = prepared(job);
  const untilMs = job.pieces.at(-1)?.untilMs as number;
  const sliceMs = Math.max(SLICE_MS_MIN, (untilMs - warmupMs) / SLICES);
  const phasesUntilMs = job.pieces.map((piece) => piece.untilMs).filter((ms) => ms > warmupMs);
  const recorder = new Recorder({ fromMs: warmupMs, untilMs, sliceMs, phasesUntilMs });
  const notices = new Notices(host, port, job.winShare);
  const turns = new Latencies();
  const connections = new Sockets(host, port, job.connections, {
    answered: (sent, outcome) => {
      loop.answered(sent, outcome);
      if (loop.nextMs <= now()) loop.turn(); // others may have become due while answers are read
    },
    failed: (sent, kind) => loop.failed(sent, kind),
    bid: (data, length) => notices.bid(data, length),
  });
  await Promise.all([connections.open(), notices.open()]);
  const started = performance.now();
  const now = (): number => performance.now() - started;
  const loop: OpenLoop = new OpenLoop({
    arrivals: new Arrivals(job.pieces, job.arrivals, job.traffic.seed),
    requests,
    recorder,
    connections,
    now,
    timeoutMs,
    waits: job.waits,
  });
  const cpu = cpuOver(job.serverPid);
  const looks = setInterval(() => connections.giveUp(now() - timeoutMs), LOOK_MS);
  await spin(loop, now, warmupMs, () => undefined);
  cpu.start();
  await spin(loop, now, untilMs, (ms) => turns.record(ms));
  const used = cpu.end();
  for (const end = now() + timeoutMs; now() < end && connections.busy + loop.waiting > 0; await sleep(1)) loop.turn();
  clearInterval(looks);
  connections.giveUp(Number.POSITIVE_INFINITY);
  loop.giveUp();
  connections.close();
  notices.close();
  const { counts } = notices;
  const seconds = (untilMs - warmupMs) / 1000;
  return { ...recorder.result(), seconds, ...used, client_turn: turns.percentiles(), notices: { ...counts } };
}

/** Sends what is due until a moment, and tells how long each round through sockets and timers took. */
function spin(loop: OpenLoop, now: () => number, untilMs: number, turned: (ms: number) => void): Promise<void> {
  return new Promise((resolve) => {
    let before = now();
    let slept = false;
    const round = (): void => {
      const nowMs = now();
      if (!slept) turned(nowMs - before);
      before = nowMs;
      loop.turn();
      if (nowMs >= untilMs) {
        resolve();
        return;
      }
      slept = Math.min(loop.nextMs, untilMs) - nowMs > SPIN_MS && loop.waiting === 0;
      if (slept) setTimeout(round, 1);
      else setImmediate(round);
    };
    round();
  });
}

interface Used {
  readonly server_cpu_s: number | undefined;
  readonly client_cpu_s: number;
}

/** CPU time of the server, from /proc, and of this process, between `start` and `end`. */
function cpuOver(serverPid: number | undefined): { start(): void; end(): Used } {
  let server = 0;
  let client = process.cpuUsage();
  return {
    start: () => {
      server = serverPid === undefined ? 0 : cpuSeconds(serverPid);
      client = process.cpuUsage();
    },
    end: () => {
      const { user, system } = process.cpuUsage(client);
      const used = serverPid === undefined ? undefined : cpuSeconds(serverPid) - server;
      return { server_cpu_s: used, client_cpu_s: (user + system) / 1e6 };
    },
  };
}
