// The load test's parts that are figures and words: profiles, the knee, objectives, recovery, what is trusted; and the
// command line.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type Figures, figuresOf, isTrusted } from './figures.js';
import type { JobResult } from './job.js';
import { findKnee } from './knee.js';
import { broken, readObjective } from './objective.js';
import { readOptions } from './options.js';
import { recoverySeconds } from './overload.js';
import { Arrivals, profile } from './profile.js';
import { Recorder, type Slice } from './recorder.js';
import { csvText, htmlText, tableText } from './report.js';
import { prepare, readHead, replayed, SHED_HEADER } from './wire.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const USUAL = { rate: 1000, seconds: 10, warmupSeconds: 0, peak: 3 };

function counted(arrivals: Arrivals, fromMs: number, untilMs: number): number {
  let count = 0;
  for (let at = arrivals.next(); at < Number.POSITIVE_INFINITY; at = arrivals.next()) {
    if (at >= fromMs && at < untilMs) count++;
  }
  return count;
}

t.test('as many requests are due as the shape says, in each part of it', async (t) => {
  const due = (shape: 'constant' | 'step' | 'spike' | 'sine', from: number, until: number): number =>
    counted(new Arrivals(profile({ ...USUAL, shape }), 'even', 1), from, until);
  const near = (what: string, count: number, wanted: number): void => {
    t.ok(Math.abs(count - wanted) <= 2, `${what}: ${count} for ${wanted}`);
  };
  near('constant', due('constant', 0, 10_000), 10_000);
  near('first step', due('step', 0, 2000), 400);
  near('last step', due('step', 8000, 10_000), 2000);
  near('before the spike', due('spike', 0, 4000), 4000);
  near('the spike', due('spike', 4000, 6000), 6000);
  near('a day', due('sine', 0, 10_000), 10_000);
  t.ok(due('sine', 4000, 6000) > 2.5 * due('sine', 0, 2000), 'most traffic in the middle of it');
  const random = counted(new Arrivals(profile({ ...USUAL, shape: 'constant' }), 'poisson', 7), 0, 10_000);
  t.ok(Math.abs(random - 10_000) < 400, `${random} of a Poisson process`);
  const warm = profile({ ...USUAL, shape: 'step', warmupSeconds: 2 });
  t.match(warm[0], { untilMs: 2000, rate: 200 }, 'the warm-up is at the first rate');
});

t.test('gaps of a Poisson process are spread as an exponential, and the same for the same seed', async (t) => {
  const times = (seed: number): number[] => {
    const arrivals = new Arrivals([{ untilMs: 20_000, rate: 1000 }], 'poisson', seed);
    return Array.from({ length: 10_000 }, () => arrivals.next());
  };
  const gaps = times(3).map((at, n, all) => at - (n === 0 ? 0 : (all[n - 1] as number)));
  const share = gaps.filter((gap) => gap > 1).length / gaps.length;
  t.ok(Math.abs(share - Math.exp(-1)) < 0.02, `${share} are longer than the mean`);
  t.same(times(3).slice(0, 50), times(3).slice(0, 50));
  t.notSame(times(3).slice(0, 50), times(4).slice(0, 50));
});

t.test('the knee is found within its distance, from above and from below', async (t) => {
  for (const truth of [130, 2000, 41_000]) {
    let tries = 0;
    const knee = await findKnee(async (rate) => {
      tries++;
      return rate <= truth;
    }, 2000);
    t.ok(knee <= truth && knee > truth / 1.07, `${knee} of ${truth}`);
    t.ok(tries < 15, `${tries} tries`);
  }
  t.equal(await findKnee(async () => false, 2000), 0);
});

const slice = (from_s: number, p99_us: number, shed_per_s = 0): Slice => ({
  ...{ from_s, seconds: 0.1, offered_per_s: 100, answered_per_s: 100, shed_per_s, errors_per_s: 0 },
  ...{ p50_us: 100, p99_us, max_us: p99_us },
});

t.test('recovery ends with the last slice that is late or sheds', async (t) => {
  const slices = [slice(0, 90_000), slice(0.1, 50_000), slice(0.2, 900), slice(0.3, 900, 5), slice(0.4, 900)];
  t.equal(Number(recoverySeconds(slices, 0.1, 10_000).toFixed(3)), 0.3);
  t.equal(recoverySeconds(slices, 0.4, 10_000), 0);
  t.equal(recoverySeconds(slices.slice(0, 2), 0.1, 10_000), Number.POSITIVE_INFINITY);
});

function resultOf(): JobResult {
  const recorder = new Recorder({ fromMs: 0, untilMs: 1000, sliceMs: 100, phasesUntilMs: [1000] });
  for (let n = 0; n < 1000; n++) {
    recorder.offered(n, 0.01);
    if (n < 990) recorder.answered(n, n + 1 + n / 1000, 100, n % 4 === 0 ? 'bid' : 'no_bid');
    else if (n < 995) recorder.answered(n, n + 30, 20, 'shed');
    else recorder.failed(n, n + 1000, 100, 'timeout');
  }
  const none = recorder.result().send_lag;
  const measured = { seconds: 1, server_cpu_s: 0.02, client_cpu_s: 1, client_turn: none };
  return { ...recorder.result(), ...measured, notices: { sent: 0, answered: 0, failed: 0 } };
}

t.test('outcomes, errors and what is late are told apart', async (t) => {
  const result = resultOf();
  t.match(result.outcomes, { bid: 248, no_bid: 742, shed: 5 });
  t.same(result.errors, { timeout: 5 });
  t.equal(result.over_10_ms, 10);
  t.equal(result.over_tmax, 10);
  t.ok(result.answered_latency.max_us < 2100 && result.latency.max_us > 999_000);
  t.match(result.phases[0], { answered_per_s: 995, shed_per_s: 5, errors: 5 });
  const figures = figuresOf('run', result);
  t.equal(figures.achieved_per_s, 995);
  t.ok(Math.abs((figures.server_cpu_us as number) - 0.02e6 / 995) < 0.01);
});

t.test('an objective is judged term by term', async (t) => {
  const figures = figuresOf('run', resultOf());
  t.same(broken(readObjective('p50<2ms, errors<1%,over10ms<=0.01,achieved>99%'), figures), []);
  t.same(broken(readObjective('p99<1500us,errors<0.1%,shed<0.1%'), figures), [
    'p99<1500us',
    'errors<0.1%',
    'shed<0.1%',
  ]);
  for (const wrong of ['p98<1ms', 'p99<1', 'p99=1ms', 'errors<1ms', '', 'p99<ms']) {
    t.throws(() => readObjective(wrong), { message: /--slo/ }, wrong);
  }
});

t.test('a percentile that the client was as late for is not trusted', async (t) => {
  t.ok(isTrusted(40, 60), 'below what a clock and a write take');
  t.ok(isTrusted(200, 1000));
  t.notOk(isTrusted(300, 1000));
  const figures: Figures = { ...figuresOf('late', resultOf()), p99_trusted: false };
  const run = { figures, result: resultOf(), broken: ['p99<1ms'] };
  t.match(tableText([run]), /late: the client was late itself/);
  t.match(tableText([run]), /late: objective missed: p99<1ms/);
  const [head, row, ...rest] = csvText([run]).trim().split('\n');
  t.equal(rest.length, 0);
  t.equal(head?.split(',').length, row?.split(',').length);
  const html = htmlText('Runs', [run]);
  t.match(html, /<svg [\s\S]*latency over time/);
  t.notMatch(html, /NaN|undefined|https?:\/\/(?!www\.w3\.org)/, 'it needs nothing from elsewhere');
});

t.test('answers are read as far as is needed', async (t) => {
  const head = (text: string) => {
    const bytes = Buffer.from(text);
    return readHead(Buffer.concat([bytes, Buffer.from('\r\n\r\nleft over')]), bytes.length);
  };
  t.match(head('HTTP/1.1 204 No Content\r\n\r\n'), { status: 204, shed: false });
  t.match(head(`HTTP/1.1 204 No Content\r\n${SHED_HEADER}: 1\r\n\r\n`), { status: 204, shed: true });
  const bid = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
  t.match(head(bid), { status: 200, bytes: bid.length, closes: false });
  t.match(head('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'), { closes: true });
  t.equal(head('HTTP/1.1 200 OK\r\nContent-'), undefined);
  t.match(head('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), { status: 0 });
  t.match(head('hello\r\n\r\n'), { status: 0 });
});

t.test('a replayed request keeps its text and its tmax', async (t) => {
  const [plain, squeezed] = replayed('{"id":"1","tmax":120}\n{"id":"2"}\n', () => false);
  t.match(plain, { tmaxMs: 120, gzip: false });
  t.equal(squeezed?.tmaxMs, Number.POSITIVE_INFINITY);
  const { bytes } = prepare(plain as NonNullable<typeof plain>, '127.0.0.1');
  t.match(
    bytes.toString(),
    /^POST \/openrtb2\/bid HTTP\/1.1\r\n[\s\S]*Content-Length: 21\r\n\r\n\{"id":"1","tmax":120\}$/,
  );
});

t.test('options are read, and what cannot be is refused with status 2', async (t) => {
  t.match(readOptions([]), { verb: 'latency', rates: [], shape: 'constant', url: undefined, waits: true });
  t.match(readOptions(['overload', '--capacity', '9000']), { verb: 'overload', capacity: 9000 });
  t.same(readOptions(['--rates', '100,200', '--env', 'A=b=c']).rates, [100, 200]);
  for (const [args, message] of [
    [['fly'], /the verb is one of/],
    [['--rate', '0'], /--rate takes/],
    [['--rates', '10,x'], /--rates takes/],
    [['--shape', 'step'], /--shape needs --rate/],
    [['--shape', 'square', '--rate', '5'], /--shape is one of/],
    [['compare', '--url', 'http://127.0.0.1:1'], /no --url/],
    [['--url', 'https://h'], /--url is such as/],
    [['--slo', 'p99'], /--slo/],
    [['--env', 'A'], /--env is KEY=VALUE/],
    [['--no-such'], /no-such/],
  ] as const) {
    t.throws(() => readOptions(args), { message }, args.join(' '));
  }
  const run = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  t.match(run('--help'), { status: 0, stdout: /--when-busy/ });
  t.match(run('--rate', 'fast'), { status: 2, stderr: /^loadtest: --rate takes/ });
  t.match(run('--replay', 'no/such/file', '--rate', '5'), { status: 2, stderr: /--replay: no file/ });
  t.match(run('--url', 'http://127.0.0.1:9', '--rate', '5'), { status: 1, stderr: /ECONNREFUSED/ });
});
