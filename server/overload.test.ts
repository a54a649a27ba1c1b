// Overload control against a simulated event loop: requests arrive at times of their own, the loop takes what is there,
// works through it, and looks again. The true wait of each request is known here.

import t from 'tap';
import { seededRandom } from '../bidcore/testing/random.js';
import { type Loop, Overload } from './overload.js';

const TARGET_MS = 4;
const ASK_MS = 0.01;
const REFUSAL_MS = 0.008;

interface Request {
  readonly arrivedMs: number;
  readonly waitedMs: number;
  readonly refused: boolean;
  readonly doneMs: number;
}

/** A loop in which an answer takes `bidMs` and a refusal less. */
function simulate(arrivals: readonly number[], bidMs: number, pauses: ReadonlyMap<number, number> = new Map()) {
  let nowMs = 0;
  let turn: (() => void) | undefined;
  const loop: Loop = {
    now: () => nowMs,
    behind: (callback) => {
      turn = callback;
    },
  };
  const overload = new Overload(TARGET_MS, loop);
  const requests: Request[] = [];
  for (let next = 0; next < arrivals.length; ) {
    nowMs = Math.max(nowMs + ASK_MS, arrivals[next] as number);
    const polledMs = nowMs;
    for (; next < arrivals.length && (arrivals[next] as number) <= polledMs; next++) {
      nowMs += pauses.get(next) ?? 0;
      const arrivedMs = arrivals[next] as number;
      const waitedMs = nowMs - arrivedMs;
      const refused = overload.refuses();
      nowMs += refused ? REFUSAL_MS : bidMs;
      requests.push({ arrivedMs, waitedMs, refused, doneMs: nowMs });
    }
    turn?.();
    turn = undefined;
  }
  return { requests, overload };
}

/** Poisson arrivals, so many a millisecond, from one time to another. */
function arrivals(perMs: number, fromMs: number, toMs: number, seed: number): number[] {
  const random = seededRandom(seed);
  const times: number[] = [];
  for (let ms = fromMs; ms < toMs; ms += -Math.log(1 - random()) / perMs) times.push(ms);
  return times;
}

const share = (requests: readonly Request[], is: (request: Request) => boolean): number =>
  requests.filter(is).length / requests.length;

t.test('at nine tenths of what can be answered nothing is refused', async (t) => {
  const { requests } = simulate(arrivals(36, 0, 5000, 1), 0.025);
  t.equal(
    share(requests, ({ refused }) => refused),
    0,
  );
});

t.test('at twice of what can be answered, whatever is answered has waited less than twice the target', async (t) => {
  const { requests, overload } = simulate(arrivals(80, 0, 5000, 2), 0.025);
  t.ok(overload.shedding);
  const answered = requests.filter(({ refused }) => !refused);
  const worst = Math.max(...answered.map(({ waitedMs }) => waitedMs));
  t.ok(worst <= 2 * TARGET_MS, `worst ${worst}`);
  // 40 of 80 can be answered if nothing is spent on the others; a refusal costs a third of an answer.
  const most = (1 - 80 * REFUSAL_MS) / (0.025 - REFUSAL_MS) / 80;
  t.ok(answered.length / requests.length > 0.8 * most, `${answered.length / requests.length} of at most ${most}`);
});

t.test('without it they wait without end', async (t) => {
  const times = arrivals(80, 0, 1000, 2);
  let nowMs = 0;
  for (const arrivedMs of times) nowMs = Math.max(nowMs, arrivedMs) + 0.025;
  t.ok(nowMs - (times.at(-1) as number) > 500);
});

t.test('a second after the load has fallen nothing is refused any more', async (t) => {
  const { requests } = simulate([...arrivals(80, 0, 2000, 3), ...arrivals(30, 2000, 5000, 4)], 0.025);
  const refusals = requests.filter(({ refused }) => refused);
  const last = refusals.at(-1) as Request;
  t.ok(refusals.length > 1000 && last.arrivedMs < 3000, `the last came at ${last.arrivedMs}`);
});

t.test('a pause costs those that have waited twice the target, and nobody else', async (t) => {
  const times = arrivals(20, 0, 1000, 5);
  for (const [pauseMs, some] of [
    [6, false],
    [15, true],
  ] as const) {
    const { requests } = simulate(times, 0.025, new Map([[10_000, pauseMs]]));
    const refused = requests.filter((request) => request.refused);
    t.equal(refused.length > 0, some, `${pauseMs} ms: ${refused.length}`);
    t.ok(refused.every(({ arrivedMs }) => Math.abs(arrivedMs - (times[10_000] as number)) < 2 * pauseMs));
  }
});

t.test('a target of 0 refuses nobody', async (t) => {
  const loop: Loop = { now: () => 0, behind: () => t.fail('nothing is to be known of the loop') };
  t.notOk(new Overload(0, loop).refuses());
});
