// Where a decision's time goes: the hot path is stopped after each of its stages in turn, over whole passes of bodies;
// the differences are the stages. Matching and scoring take turns, chunk by chunk; `match` is the matching of as many
// chunks as the whole decision needs. The order of stages is rotated, so that a slow minute of the machine hits all
// alike.

import { CHUNK_ADS } from '../assembly/memory_map.js';
import { NO_TARGETING } from '../assembly/reasons.js';
import type { Benchmark, Context } from './benchmark.js';
import { campaignFile } from './book.js';
import { quantile } from './measure.js';
import { generatedBodies, MIXED, realBodies } from './requests.js';
import { answersTo, DEFAULT_EXCHANGE, loadBook, makeRig, NOW_US, type Rig } from './rig.js';

/** In order; a stage's number is what `bidStage` takes, 0 is the copy of the body alone. */
const STAGES = ['copy', 'scan', 'match', 'score', 'price', 'encode'] as const;
const ADS = 10_000;
const GENERATED = 2000;

export const stages: Benchmark = {
  name: 'stages',
  help: 'shares of copy, scan, match, score, price and encode in a decision with 10,000 ads',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const rig = await makeRig(seed);
  await loadBook(rig, campaignFile(ADS, seed), 1);
  const generated = generatedBodies(GENERATED, seed, MIXED);
  const real = realBodies();
  const sets: [string, Buffer[]][] = [
    ['', real.length > 0 ? real : generated],
    ['_generated', generated],
  ];
  for (const [suffix, bodies] of sets) {
    report.work(`stages${suffix}`, answersTo(rig.hotpath, bodies).hash, `${bodies.length} bodies`);
    const chunks = bodies.map((body) => chunksOf(rig, body));
    const matched = chunks.filter((count) => count > 0);
    report.figure(
      `matched_share${suffix}`,
      matched.reduce((sum, count) => sum + count, 0) / Math.max(1, matched.length) / Math.ceil(ADS / CHUNK_ADS),
      'share',
      `of the book, mean of ${matched.length} requests that come to matching; it stops when no later ad can win`,
    );
    const cumulative = timeStages(rig, bodies, chunks, size.warmPasses, size.stagePasses);
    const whole = cumulative[STAGES.length - 1] as number;
    STAGES.forEach((stage, n) => {
      const own = (cumulative[n] as number) - (n === 0 ? 0 : (cumulative[n - 1] as number));
      report.figure(
        `stage_us_${stage}${suffix}`,
        own,
        'us',
        `${((100 * own) / whole).toFixed(0)}% of the mean decision`,
      );
    });
    report.figure(`stage_us_all${suffix}`, whole, 'us', 'mean of a decision, in whole passes');
  }
}

/** Chunks of the book that the decision on a body matches. */
function chunksOf({ hotpath }: Rig, body: Buffer): number {
  hotpath.input.set(body);
  const result = hotpath.bidStage(body.length, NOW_US, DEFAULT_EXCHANGE, STAGES.length - 1);
  return result > 0 || -result >= NO_TARGETING ? hotpath.chunksMatched() : 0;
}

/** Mean microseconds of a call that ends after each stage: the lower quartile over passes, other work only adds. */
function timeStages(
  rig: Rig,
  bodies: readonly Buffer[],
  chunks: readonly number[],
  warm: number,
  timed: number,
): number[] {
  const samples = STAGES.map((): number[] => []);
  for (let pass = -warm; pass < timed; pass++) {
    for (let i = 0; i < STAGES.length; i++) {
      const stage = (i + Math.max(0, pass)) % STAGES.length;
      const us = passUs(rig, bodies, chunks, stage);
      if (pass >= 0) samples[stage]?.push(us);
    }
  }
  return samples.map((passes) => quantile(passes, 0.25));
}

function passUs({ hotpath }: Rig, bodies: readonly Buffer[], chunks: readonly number[], stage: number): number {
  const start = performance.now();
  for (const [i, body] of bodies.entries()) {
    hotpath.input.set(body);
    if (stage > 0) hotpath.bidStage(body.length, NOW_US, DEFAULT_EXCHANGE, stage, chunks[i]);
  }
  return ((performance.now() - start) * 1000) / bodies.length;
}
