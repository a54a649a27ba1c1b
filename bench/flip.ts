// What a flip of the book or of the model costs the requests in flight: one thread decides without a pause while this
// one compiles books and loads models, then the same without. On a machine with fewer idle cores than two the
// scheduler is in the figures too, so they are given as ratios.

import { Worker } from 'node:worker_threads';
import { type Benchmark, type Context, middleAds } from './benchmark.js';
import { campaignFile } from './book.js';
import {
  BUCKETS,
  type FlipTask,
  latencyOf,
  PHASES,
  type Phase,
  WORD_DONE,
  WORD_PHASE,
  WORD_WRONG,
  WORDS,
} from './flip_shared.js';
import { median } from './measure.js';
import { sleep } from './processes.js';
import { generatedBodies, MIXED } from './requests.js';
import { answersTo, loadBook, makeRig, modelFile } from './rig.js';

const BODIES = 2000;

export const flip: Benchmark = {
  name: 'flip',
  help: 'new books and new models while another thread decides: cost of a flip, and decision p99 with and without',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const rig = await makeRig(seed);
  const ads = middleAds(size);
  const file = campaignFile(ads, seed);
  await loadBook(rig, file, 1);
  const bodies = generatedBodies(BODIES, seed, MIXED);
  const answers = answersTo(rig.hotpath, bodies);
  report.work('flip', answers.hash, `${bodies.length} bodies, each answer's length checked while books flip`);

  const words = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const counts = new Uint32Array(new SharedArrayBuffer(PHASES.length * BUCKETS * 4));
  const task: FlipTask = {
    memory: rig.memory,
    module: rig.module,
    words,
    counts,
    bodies,
    lengths: answers.texts.map((text) => Buffer.byteLength(text)),
  };
  const worker = new Worker(new URL('flip_worker.js', import.meta.url), { workerData: task });
  const failed = new Promise<never>((_, reject) => worker.once('error', reject));
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const inPhase = async (phase: Phase, work: () => Promise<void>): Promise<void> => {
    Atomics.store(words, WORD_PHASE, PHASES.indexOf(phase) + 1);
    await Promise.race([work(), failed]);
    Atomics.store(words, WORD_PHASE, 0);
  };

  await inPhase('warm', () => sleep(500));
  await inPhase('quiet', () => sleep(size.flipSeconds * 1000));
  const book_ms: number[] = [];
  await inPhase('book', () => repeat(size.flips, book_ms, async (n) => void (await loadBook(rig, file, 2 + n))));
  const model_ms: number[] = [];
  const models = Array.from({ length: size.flips }, (_, n) => modelFile(seed, 2 + n));
  await inPhase('model', () =>
    repeat(size.flips, model_ms, async (n) => void (await rig.control.loadModel(models[n] as Uint8Array))),
  );
  Atomics.store(words, WORD_DONE, 1);
  await Promise.race([ended, failed]);

  report.figure(
    'flip_book_ms',
    median(book_ms),
    'ms',
    `campaign file in memory to live book, ${ads} ads, while deciding`,
  );
  report.figure(
    'model_load_ms',
    median(model_ms),
    'ms',
    `model file to live model, ad vectors of ${ads} ads included, while deciding`,
  );
  const quiet = latencyOf(counts, 'quiet');
  report.figure('flip_decision_us_p99_quiet', quiet.p99_us, 'us', `${quiet.count} decisions`);
  report.figure('flip_decision_us_max_quiet', quiet.max_us, 'us');
  for (const phase of ['book', 'model'] as const) {
    const busy = latencyOf(counts, phase);
    report.figure(`flip_decision_us_p99_${phase}`, busy.p99_us, 'us', `${busy.count} decisions`);
    report.figure(`flip_decision_us_max_${phase}`, busy.max_us, 'us');
    report.figure(`flip_p99_ratio_${phase}`, busy.p99_us / quiet.p99_us, 'ratio', 'with flips / without');
    report.figure(`flip_max_ratio_${phase}`, busy.max_us / quiet.max_us, 'ratio', 'with flips / without');
  }
  report.figure(
    'flip_wrong_answers',
    Atomics.load(words, WORD_WRONG),
    'answers',
    'that differ in length while books flip from those before',
  );
}

/** Does something over and over with short pauses, as edits of a campaign file come. */
async function repeat(times: number, durations_ms: number[], work: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; n < times; n++) {
    const start = performance.now();
    await work(n);
    durations_ms.push(performance.now() - start);
    await sleep(50);
  }
}
