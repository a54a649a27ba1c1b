// What `npm run ctr` does: learns a file in passes, stops when what is held back gets worse, calibrates on that, and
// judges the result on another file.

import { type CalibrationCurve, type CalibrationMethod, Calibrator } from '../calibration/calibrator.js';
import { ExampleBlock } from '../fm/example_block.js';
import { FmTrainer } from '../fm/fm_trainer.js';
import type { FmOptions } from '../fm/options.js';
import { sampledWeight } from '../fm/sampling.js';
import { auc, calibrationRatio, ece, logLoss, normalisedEntropy } from '../metrics/metrics.js';
import { type CsvOptions, CsvReader, CsvSchema } from './csv.js';
import { HeldBack } from './held_back.js';
import { IndexedReader } from './indexed.js';
import { type LineFileError, readLines } from './line_file.js';
import { Row, type RowReader } from './row.js';

export const FORMATS = ['libsvm', 'csv', 'iclick'] as const;
export type Format = (typeof FORMATS)[number];

export interface Experiment {
  readonly train: string;
  readonly test: string;
  readonly format: Format;
  readonly csv: CsvOptions;
  /** At most so many; fewer if what is held back gets worse. */
  readonly passes: number;
  /** Share of the examples without a click that is learnt from. */
  readonly negatives: number;
  readonly calibrate: CalibrationMethod | 'none';
  readonly fm: Partial<FmOptions>;
}

/** How good predictions of the test file are. */
export interface Quality {
  readonly auc: number;
  readonly log_loss: number;
  readonly ne: number;
  readonly calibration: number;
  readonly ece: number;
}

export interface Outcome {
  /** Calibrated as asked for. */
  readonly quality: Quality;
  readonly uncalibrated: Quality;
  /** Lines of the training file a second, over all passes, from reading to learning. */
  readonly examplesPerSecond: number;
  /** Passes whose weights are used. */
  readonly passes: number;
  /** Lines of the files, and those with a click. */
  readonly trainExamples: number;
  readonly trainPositives: number;
  readonly heldBack: number;
  readonly testExamples: number;
  readonly testPositives: number;
  readonly trainer: FmTrainer;
  readonly calibrator: Calibrator | undefined;
}

/** The pass after which what is held back was predicted best, and the weights then. */
interface Best {
  readonly passes: number;
  readonly loss: number;
  readonly state?: Uint8Array;
}

/** Milliseconds between two lines of progress inside a pass. */
const PROGRESS_MS = 2000;

/** Runs an experiment. `progress` is told a line now and then. */
export async function runExperiment(
  experiment: Experiment,
  progress: (text: string) => void,
): Promise<Outcome | LineFileError> {
  const trainer = await FmTrainer.create(experiment.fm);
  const row = new Row(trainer);
  const readers = readersOf(experiment);
  // With nothing to choose and nothing to fit there is no need to hold anything back.
  const holds = experiment.passes > 1 || experiment.calibrate !== 'none';
  const held = holds ? new HeldBack(trainer.options.seed) : undefined;
  const started = performance.now();
  let best: Best = { passes: 0, loss: Number.POSITIVE_INFINITY };
  let counted: PassCounts = { examples: 0, positives: 0 };
  let lines = 0;
  for (let pass = 1; pass <= experiment.passes; pass++) {
    const result = await learnFile({ experiment, reader: readers(), row, trainer, held, pass, progress });
    if ('code' in result) return result;
    counted = result;
    lines += result.examples;
    if (held === undefined) {
      best = { ...best, passes: pass };
      continue;
    }
    const { predictions, labels } = held.predictions(trainer);
    const loss = logLoss(predictions, labels);
    progress(`pass ${pass}: log loss ${loss.toFixed(5)} on ${held.examples} examples held back`);
    if (!(loss < best.loss) && pass > 1) {
      if (best.state !== undefined) trainer.restore(best.state);
      break;
    }
    best = pass < experiment.passes ? { passes: pass, loss, state: trainer.save() } : { passes: pass, loss };
  }
  const seconds = (performance.now() - started) / 1000;
  const calibrator = experiment.calibrate === 'none' ? undefined : new Calibrator(experiment.calibrate);
  if (calibrator !== undefined && held !== undefined) fit(calibrator, held.predictions(trainer));
  const test = await predictFile(experiment.test, readers(), row, trainer);
  if ('code' in test) return test;
  const curve = calibrator?.curve();
  const uncalibrated = qualityOf(test.predictions, test.labels);
  return {
    quality: curve === undefined ? uncalibrated : qualityOf(calibrated(test.predictions, curve), test.labels),
    uncalibrated,
    examplesPerSecond: lines / seconds,
    passes: best.passes,
    trainExamples: counted.examples,
    trainPositives: counted.positives,
    heldBack: held?.examples ?? 0,
    testExamples: test.labels.length,
    testPositives: test.labels.reduce((sum, label) => sum + label, 0),
    trainer,
    calibrator,
  };
}

/** A reader for each file, in the order they are read; all csv files have the columns of the first. */
function readersOf({ format, csv }: Experiment): () => RowReader {
  const schema = new CsvSchema(csv);
  return () => (format === 'csv' ? new CsvReader(schema) : new IndexedReader(format));
}

interface PassCounts {
  readonly examples: number;
  readonly positives: number;
}

interface Pass {
  readonly experiment: Experiment;
  readonly reader: RowReader;
  readonly row: Row;
  readonly trainer: FmTrainer;
  readonly held: HeldBack | undefined;
  readonly pass: number;
  readonly progress: (text: string) => void;
}

async function learnFile(of: Pass): Promise<PassCounts | LineFileError> {
  const { reader, row, trainer, held, pass, progress } = of;
  const { train: file, negatives } = of.experiment;
  const block = new ExampleBlock();
  const predictions = new Float32Array(block.labels.length);
  let [examples, positives, learnt, loss, told] = [0, 0, 0, 0, performance.now()];
  const learn = (): void => {
    if (trainer.examples === 0) startAtRate(trainer, examples, positives);
    trainer.learnMany(block, predictions);
    const { examples: count } = block;
    loss += count === 0 ? 0 : count * logLoss(predictions.subarray(0, count), block.labels.subarray(0, count));
    learnt += count;
    block.clear();
  };
  const take = (line: Buffer, number: number): string | undefined => {
    const problem = reader.read(line, row);
    if (problem !== undefined || reader.isHeader === true) return problem;
    const ordinal = row.label === 1 ? positives : examples - positives;
    examples++;
    positives += row.label;
    if (held?.has(row.label, ordinal)) {
      if (pass === 1) held.keep(row, ordinal);
      return undefined;
    }
    const weight = sampledWeight(row.label, 0, number, negatives);
    if (weight === 0 || block.add(row.features, row.label, weight, row.count)) return undefined;
    learn();
    block.add(row.features, row.label, weight, row.count);
    return undefined;
  };
  const error = await readLines(file, take, () => {
    if (performance.now() - told < PROGRESS_MS || learnt === 0) return;
    told = performance.now();
    progress(`pass ${pass}: ${examples} lines, log loss ${(loss / learnt).toFixed(5)} before each was learnt`);
  });
  if (error !== undefined) return error;
  learn();
  if (examples === 0) return { code: 'unreadable', problem: `${file}: no examples` };
  return { examples, positives };
}

/** Starts at the rate of the first block; half a click more, and half an example without one, keep it off 0 and 1. */
function startAtRate(trainer: FmTrainer, examples: number, positives: number): void {
  trainer.startAt((positives + 0.5) / (examples + 1));
}

interface Predicted {
  readonly predictions: Float32Array;
  readonly labels: Uint8Array;
}

async function predictFile(
  file: string,
  reader: RowReader,
  row: Row,
  trainer: FmTrainer,
): Promise<Predicted | LineFileError> {
  const block = new ExampleBlock();
  const [predictions, labels]: [Float32Array[], Uint8Array[]] = [[], []];
  const predict = (): void => {
    const of = new Float32Array(block.examples);
    trainer.predictMany(block, of);
    predictions.push(of);
    labels.push(block.labels.slice(0, block.examples));
    block.clear();
  };
  const error = await readLines(file, (line) => {
    const problem = reader.read(line, row);
    if (problem !== undefined || reader.isHeader === true) return problem;
    if (block.add(row.features, row.label, 1, row.count)) return undefined;
    predict();
    block.add(row.features, row.label, 1, row.count);
    return undefined;
  });
  if (error !== undefined) return error;
  predict();
  return { predictions: joined(predictions, Float32Array), labels: joined(labels, Uint8Array) };
}

function joined<T extends Float32Array | Uint8Array>(parts: readonly T[], make: new (length: number) => T): T {
  const whole = new make(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function fit(calibrator: Calibrator, { predictions, labels }: Predicted): void {
  predictions.forEach((p, i) => {
    calibrator.add(Math.log(p) - Math.log1p(-p), labels[i] as 0 | 1);
  });
}

const calibrated = (predictions: Float32Array, curve: CalibrationCurve): Float32Array =>
  predictions.map((p) => curve.probability(Math.log(p) - Math.log1p(-p)));

function qualityOf(predictions: Float32Array, labels: Uint8Array): Quality {
  return {
    auc: auc(predictions, labels),
    log_loss: logLoss(predictions, labels),
    ne: normalisedEntropy(predictions, labels),
    calibration: calibrationRatio(predictions, labels),
    ece: ece(predictions, labels),
  };
}
