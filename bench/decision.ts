// Decision time: request bytes to response bytes, in this process. Each single decision is timed (copy into the arena
// and one call), over all bodies in turn and in several passes, so that caches are as warm as they are under load and
// no warmer. The clock's own cost is measured and taken off.

import { type Benchmark, type Context, middleAds } from './benchmark.js';
import { campaignFile } from './book.js';
import { clockOverheadUs, collectGarbage, median, sortedQuantile } from './measure.js';
import { bidsByFormat, describeAnswers, jsonOf } from './outcomes.js';
import type { Report } from './report.js';
import { generatedBodies, MIXED, mixedRealBodies, realBodies } from './requests.js';
import { type Answers, answersTo, campaignStates, decide, loadBook, makeRig, modelFile, type Rig } from './rig.js';
import { makeTwin } from './twin.js';

const GENERATED = 2000;
/** Decisions of the twin before it is timed. */
const TWIN_WARM = 20;

export const decision: Benchmark = {
  name: 'decision',
  help: 'request bytes to response bytes, one at a time, with 1,000, 10,000 and 100,000 ads; the slow twin; JSON.parse',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const generated = generatedBodies(GENERATED, seed, MIXED);
  const real = realBodies();
  const realMix = mixedRealBodies(GENERATED);
  const bodies = real.length > 0 ? real : generated;
  report.progress(`  ${bodies.length} ${real.length > 0 ? 'real' : 'generated'} bodies`);
  const overhead_us = clockOverheadUs();
  report.figure('clock_overhead_us', overhead_us, 'us', 'cost of the clock, taken off every single timing');
  const rig = await makeRig(seed);
  const timings = new Map<number, DecisionTimes>();
  for (const ads of size.ads) {
    const start = performance.now();
    const file = campaignFile(ads, seed);
    const made = performance.now();
    const book = await loadBook(rig, file, ads);
    const compile_ms = performance.now() - made;
    report.progress(`  ${ads} ads: file generated in ${Math.round(made - start)} ms`);
    report.figure(
      `book_compile_ms_${ads}`,
      compile_ms,
      'ms',
      'campaign file in memory to live book, ad vectors included',
    );
    const answers = answersTo(rig.hotpath, bodies);
    report.work(`decision ${ads}`, answers.hash, describeAnswers(answers, bodies.length));
    const times = timeDecisions(rig, bodies, size.warmPasses, size.timedPasses, overhead_us);
    timings.set(ads, times);
    reportTimes(report, `${ads}`, times, real.length > 0 ? 'on the collected bodies' : 'on generated bodies');
    const mixAnswers = answersTo(rig.hotpath, generated);
    report.work(`decision mix ${ads}`, mixAnswers.hash, describeAnswers(mixAnswers, generated.length));
    const mix = timeDecisions(rig, generated, size.warmPasses, size.timedPasses, overhead_us);
    reportTimes(report, `mix_${ads}`, mix, 'on generated bodies of all formats');
    if (ads !== middleAds(size)) continue;
    if (realMix.length > 0) {
      const realMixTimes = timeDecisions(rig, realMix, size.warmPasses, size.timedPasses, overhead_us);
      reportTimes(
        report,
        `collected_mix_${ads}`,
        realMixTimes,
        'on collected bodies, 60% banner, 25 video, 10 native, 5 audio',
      );
    }
    report.figure(`decision_us_median_${ads}_generated`, mix.median_us, 'us', `as decision_us_median_mix_${ads}`);
    report.figure(`decision_us_p99_${ads}_generated`, mix.p99_us, 'us', `as decision_us_p99_mix_${ads}`);
    if (real.length > 0) reportBidShares(report, 'collected', real, answers);
    reportBidShares(report, 'mix', generated, mixAnswers);
    const twin = makeTwin(book, modelFile(seed, 1), campaignStates(rig, book));
    const twinSample = every(bodies, size.twinDecisions);
    for (const body of twinSample.slice(0, TWIN_WARM)) twin(body);
    report.figure(
      `twin_us_median_${ads}`,
      timeEach(twinSample, overhead_us, (body) => void twin(body)),
      'us',
      `the slow twin, ${twinSample.length} of the same bodies`,
    );
  }
  const [small, large] = [timings.get(10_000), timings.get(100_000)];
  if (small && large) {
    report.figure('decision_ratio_100000_10000', large.median_us / small.median_us, 'ratio', 'medians');
    report.figure(
      'decision_ratio_100000_10000_quiet',
      large.median_quiet_us / small.median_quiet_us,
      'ratio',
      'medians of fastest passes',
    );
  }
  const texts = bodies.map((body) => body.toString());
  const parse = (text: string): void => void jsonOf(text);
  for (let pass = 0; pass < size.warmPasses; pass++) texts.forEach(parse);
  report.figure(
    'json_parse_us_median',
    timeEach(texts, overhead_us, parse),
    'us',
    'JSON.parse alone, of the same bodies as strings',
  );
}

function reportTimes(report: Report, which: string, times: DecisionTimes, bodies: string): void {
  report.figure(`decision_us_median_${which}`, times.median_us, 'us', bodies);
  report.figure(`decision_us_p99_${which}`, times.p99_us, 'us', bodies);
  report.figure(
    `decision_us_median_${which}_quiet`,
    times.median_quiet_us,
    'us',
    'each body by its fastest pass: what a machine with nothing else to do would show',
  );
  report.figure(`decision_us_p99_${which}_quiet`, times.p99_quiet_us, 'us', 'the same');
}

/** What the timings are of: bids by format, and by how many of the bodies asked for that format. */
function reportBidShares(report: Report, which: string, bodies: readonly Buffer[], answers: Answers): void {
  report.figure(`bid_share_${which}`, answers.bids / bodies.length, 'share', `of ${bodies.length} bodies`);
  for (const [format, { asked, bid }] of bidsByFormat(bodies, answers)) {
    if (asked === 0) continue;
    report.figure(`bid_share_${which}_${format}`, bid / asked, 'share', `of ${asked} bodies that take the format`);
  }
}

interface DecisionTimes {
  readonly median_us: number;
  readonly p99_us: number;
  readonly median_quiet_us: number;
  readonly p99_quiet_us: number;
}

function timeDecisions(
  rig: Rig,
  bodies: readonly Buffer[],
  warm: number,
  timed: number,
  overhead_us: number,
): DecisionTimes {
  const { hotpath } = rig;
  for (let pass = 0; pass < warm; pass++) for (const body of bodies) decide(hotpath, body);
  collectGarbage();
  const samples = new Float64Array(bodies.length * timed);
  for (let pass = 0, n = 0; pass < timed; pass++) {
    for (let i = 0; i < bodies.length; i++, n++) {
      const body = bodies[i] as Buffer;
      const start = performance.now();
      decide(hotpath, body);
      samples[n] = performance.now() - start;
    }
  }
  const fastest = new Float64Array(bodies.length).fill(Number.POSITIVE_INFINITY);
  samples.forEach((ms, n) => {
    const i = n % bodies.length;
    fastest[i] = Math.min(fastest[i] as number, ms);
  });
  fastest.sort();
  const us = (ms: number): number => Math.max(0, ms * 1000 - overhead_us);
  const sorted = samples.sort();
  return {
    median_us: us(sortedQuantile(sorted, 0.5)),
    p99_us: us(sortedQuantile(sorted, 0.99)),
    median_quiet_us: us(sortedQuantile(fastest, 0.5)),
    p99_quiet_us: us(sortedQuantile(fastest, 0.99)),
  };
}

/** Median of one timing of each item. */
function timeEach<T>(items: readonly T[], overhead_us: number, work: (item: T) => void): number {
  const samples = new Float64Array(items.length);
  items.forEach((item, i) => {
    const start = performance.now();
    work(item);
    samples[i] = (performance.now() - start) * 1000;
  });
  return median(samples) - overhead_us;
}

/** About `count` of the items, evenly spread. */
function every<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, i) => i % step === 0);
}
