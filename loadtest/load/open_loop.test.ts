// The arithmetic of the load on a virtual clock: latencies are those of a queue that is computed beside it, a stall is
// the queue it makes and not one slow request, and what is given up is counted.

import t from 'tap';
import { Latencies } from './histogram.js';
import { type Connections, OpenLoop, type Sent } from './open_loop.js';
import { Arrivals } from './profile.js';
import { type Recorded, Recorder } from './recorder.js';

const TICK_MS = 0.01;
/** Answers and arrivals are seen a tick late at most each; in the tail the next rank is a service time away. */
const CLOSE_US = 3 * TICK_MS * 1000;
const RANK_US = 1000;

interface Case {
  readonly rate: number;
  readonly ms: number;
  readonly lanes: number;
  /** Milliseconds of service of the nth request; one after the other. */
  readonly service: (n: number) => number;
  readonly timeoutMs?: number;
  readonly waits?: boolean;
}

/** A server with one service at a time behind so many connections, and the loop that loads it, in virtual time. */
function played({ rate, ms, lanes, service, timeoutMs = 60_000, waits = true }: Case): Recorded {
  let nowMs = 0;
  let freeMs = 0;
  let served = 0;
  const underway: { sent: Sent; dueMs: number }[] = [];
  const connections: Connections = {
    send: (sent) => {
      if (underway.length >= lanes) return false;
      freeMs = Math.max(freeMs, nowMs) + service(served++);
      underway.push({ sent, dueMs: freeMs });
      return true;
    },
  };
  const recorder = new Recorder({ fromMs: 0, untilMs: ms, sliceMs: ms / 10, phasesUntilMs: [ms] });
  const loop = new OpenLoop({
    arrivals: new Arrivals([{ untilMs: ms, rate }], 'even', 1),
    requests: [{ bytes: Buffer.alloc(0), tmaxMs: 20 }],
    recorder,
    connections,
    now: () => nowMs,
    timeoutMs,
    waits,
  });
  for (; loop.nextMs < Number.POSITIVE_INFINITY || underway.length + loop.waiting > 0; nowMs += TICK_MS) {
    loop.turn();
    while (underway[0] !== undefined && underway[0].dueMs <= nowMs) {
      loop.answered((underway.shift() as (typeof underway)[number]).sent, 'no_bid');
    }
  }
  return recorder.result();
}

/** Latencies of the same requests, from the recursion of Lindley: when each is done that comes evenly spaced. */
function computed({ rate, ms, service }: Case): Latencies {
  const latencies = new Latencies();
  const count = Math.floor((ms * rate) / 1000);
  for (let n = 0, freeMs = 0; n < count; n++) {
    const cameMs = ((n + 1) * 1000) / rate;
    freeMs = Math.max(freeMs, cameMs) + service(n);
    latencies.record(freeMs - cameMs);
  }
  return latencies;
}

const stalling = (stallMs: number) => (n: number) => (n === 400 ? stallMs : 0.3 + (n % 7) * 0.05);

t.test('percentiles are those of the queue, whether requests wait at the server or for a connection', async (t) => {
  for (const lanes of [1, 4, 1000]) {
    const one: Case = { rate: 1000, ms: 2000, lanes, service: stalling(100) };
    const { latency, offered, answered } = played(one);
    const wanted = computed(one);
    t.equal(answered, offered);
    t.ok(Math.abs(offered - wanted.count) <= 1, `${offered} of ${wanted.count}`);
    for (const [key, percent] of [
      ['p50_us', 50],
      ['p90_us', 90],
      ['p99_us', 99],
      ['p999_us', 99.9],
    ] as const) {
      const [got, want] = [latency[key], wanted.at(percent)];
      t.ok(
        Math.abs(got - want) <= CLOSE_US + (want > 1000 ? RANK_US : 0.002 * want),
        `${lanes} connections, ${key}: ${got} for ${want}`,
      );
    }
  }
});

t.test('a stall is seen as the queue it makes, not as one slow request', async (t) => {
  const stalled = played({ rate: 1000, ms: 2000, lanes: 1, service: stalling(100) });
  const smooth = played({ rate: 1000, ms: 2000, lanes: 1, service: stalling(0.3) });
  t.equal(smooth.over_10_ms, 0);
  // A closed loop would have counted one. 100 ms of arrivals wait, and the queue is worked off at 0.55 of its growth.
  t.ok(stalled.over_10_ms > 150, `${stalled.over_10_ms} requests are late`);
  t.ok(stalled.over_tmax > 130 && stalled.over_tmax < stalled.over_10_ms, `${stalled.over_tmax} over tmax`);
  t.ok(stalled.latency.p99_us > 80_000, 'and the percentiles say so');
  t.ok(stalled.latency.p50_us < 1000);
});

t.test('requests that wait too long for a connection are given up, and stay among the latencies', async (t) => {
  const { errors, answered, offered, latency } = played({
    rate: 1000,
    ms: 1000,
    lanes: 1,
    service: () => 2,
    timeoutMs: 50,
  });
  const given = errors['not_sent'] ?? 0;
  t.ok(given > 400 && answered > 480, `${given} given up, ${answered} answered`);
  t.equal(given + answered, offered);
  t.equal(latency.count, offered);
  t.ok(latency.p99_us >= 50_000);
});

t.test('requests that are not to wait are skipped, and counted', async (t) => {
  const { errors, answered, offered } = played({ rate: 1000, ms: 1000, lanes: 1, service: () => 2, waits: false });
  const skipped = errors['skipped'] ?? 0;
  t.equal(skipped + answered, offered);
  t.ok(skipped > 450 && skipped < 700, `${skipped} skipped`);
});

t.test('what the client is late itself is told apart from what the server takes', async (t) => {
  const recorder = new Recorder({ fromMs: 0, untilMs: 100, sliceMs: 100, phasesUntilMs: [] });
  let nowMs = 50; // it wakes up 50 ms late
  const loop = new OpenLoop({
    arrivals: new Arrivals([{ untilMs: 100, rate: 100 }], 'even', 1),
    requests: [{ bytes: Buffer.alloc(0), tmaxMs: 100 }],
    recorder,
    connections: {
      send: (sent) => {
        loop.answered(sent, 'bid');
        return true;
      },
    },
    now: () => nowMs,
    timeoutMs: 1000,
    waits: true,
  });
  loop.turn();
  nowMs = 101;
  const { send_lag, latency, waited } = recorder.result();
  t.ok(send_lag.max_us >= 39_900 && send_lag.max_us <= 40_100, `${send_lag.max_us}`);
  t.equal(latency.max_us, send_lag.max_us);
  t.equal(waited, 0, 'none of it for want of a connection');
});
