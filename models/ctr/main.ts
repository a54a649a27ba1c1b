// `npm run ctr`: how well the factorization machine predicts a click log, by the same trainer that learns beside the
// bidder.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EXCHANGE_SLOTS, NO_EXCHANGE } from '../../assembly/model_layout.js';
import { writeModelFile } from '../../bidcore/model_file.js';
import { CALIBRATION_METHODS } from '../calibration/calibrator.js';
import { FM_DEFAULTS } from '../fm/options.js';
import { seedModel } from '../seed_model.js';
import { type Experiment, FORMATS, type Outcome, type Quality, runExperiment } from './experiment.js';

const PASSES = 5;
const METHODS = [...CALIBRATION_METHODS, 'none'] as const;

const HELP = `Usage: npm run ctr -- --train FILE --test FILE --format ${FORMATS.join('|')} [options]

Learns the first file, and prints how well it predicts the second. Files may be compressed by gzip.

  --train FILE       examples to learn, in the order they happened
  --test FILE        examples to judge by; nothing is chosen or fitted on them
  --format libsvm    label index:value …, labels 1, 0 or -1
  --format csv       columns, by tabs or commas, with a header row or without; see --label
  --format iclick    click price … index:1 …: logs of iPinYou; what stands between click and indices is skipped
  --passes N         passes over the training file at most (default ${PASSES}); a tenth of its lines is held back, and
                     when they are predicted worse after a pass than before, it is undone and was the last
  --negatives W      learn this share of the examples without a click, and correct for it (default 1)
  --calibrate ${METHODS.join('|')}
                     fitted on the lines held back (default ${METHODS[0]})
  --factors on|off   off: logistic regression (default on)
  --seed S           of new factors and of the lines held back (default ${FM_DEFAULTS.seed})
  --label NAME       csv: the label's column (default click, label or clk; without a header the first)
  --columns A,B,…    csv: features, by name or, without a header, number from 1 (default all but the label)
  --numeric A,B,…    csv: columns whose whole numbers are amounts, not names; those with a decimal point always are
  --out FILE         write a model file: this model in place of the CTR of \`npm run model\`
  --json             one line on standard output: {"auc","log_loss","ne","calibration","ece","examples_per_s", …}
  --help             this text

auc, log_loss (nats), ne (normalised entropy), calibration (clicks predicted / clicks seen) and ece (expected
calibration error, 20 bins of equally many examples) are of the test file; docs/prediction.md defines them.
`;

const OPTIONS = {
  train: { type: 'string' },
  test: { type: 'string' },
  format: { type: 'string' },
  passes: { type: 'string', default: String(PASSES) },
  negatives: { type: 'string', default: '1' },
  calibrate: { type: 'string', default: METHODS[0] },
  factors: { type: 'string', default: 'on' },
  seed: { type: 'string', default: String(FM_DEFAULTS.seed) },
  label: { type: 'string' },
  columns: { type: 'string' },
  numeric: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const values = parsed();
  if (typeof values === 'string') return refuse(values);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const experiment = experimentOf(values);
  if (typeof experiment === 'string') return refuse(experiment);
  const outcome = await runExperiment(experiment, (text) => process.stderr.write(`ctr: ${text}\n`));
  if ('code' in outcome) {
    process.stderr.write(`ctr: ${outcome.problem}\n`);
    return 1;
  }
  if (values.out !== undefined) {
    try {
      writeFileSync(values.out, modelOf(outcome));
    } catch (error) {
      process.stderr.write(`ctr: ${(error as Error).message}\n`);
      return 1;
    }
    process.stderr.write(`ctr: wrote ${values.out}\n`);
  }
  process.stdout.write(values.json ? json(outcome) : table(outcome, experiment));
  return 0;
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function parsed(): Values | string {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return (error as Error).message; // an option nobody knows, or one without its value
  }
}

function refuse(problem: string): number {
  process.stderr.write(`ctr: ${problem}\n\n${HELP}`);
  return 2;
}

/** The experiment asked for, or what is wrong with the options. */
function experimentOf(values: Values): Experiment | string {
  const { train, test, label } = values;
  const format = FORMATS.find((name) => name === values.format);
  const calibrate = METHODS.find((name) => name === values.calibrate);
  const [passes, negatives, seed] = [values.passes, values.negatives, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  if (train === undefined || test === undefined) return 'wants --train and --test';
  if (format === undefined) return `--format wants ${FORMATS.join(', ')}`;
  if (!Number.isInteger(passes) || passes < 1) return `--passes ${values.passes}: wants a whole number from 1`;
  if (!(negatives > 0 && negatives <= 1)) return `--negatives ${values.negatives}: wants a share above 0, at most 1`;
  if (seed >>> 0 !== seed) return `--seed ${values.seed}: wants a whole number below 2^32`;
  if (calibrate === undefined) return `--calibrate wants ${METHODS.join(', ')}`;
  if (values.factors !== 'on' && values.factors !== 'off') return '--factors wants on or off';
  const list = (text: string | undefined): string[] | undefined => text?.split(',').map((name) => name.trim());
  const [columns, numeric] = [list(values.columns), list(values.numeric)];
  const csv = {
    ...(label === undefined ? {} : { label }),
    ...(columns === undefined ? {} : { columns }),
    ...(numeric === undefined ? {} : { numeric }),
  };
  if (format !== 'csv' && Object.keys(csv).length > 0) return `--${Object.keys(csv)[0]} is of --format csv`;
  return { train, test, format, csv, passes, negatives, calibrate, fm: { seed, factors: values.factors === 'on' } };
}

/** A model file: the first model of a new bidder with what was learnt. */
function modelOf({ trainer, calibrator }: Outcome): Uint8Array {
  const image = seedModel(trainer.options.seed);
  trainer.writeTo(image, 'ctr');
  calibrator?.writeTo(image, 'ctr', new Array(EXCHANGE_SLOTS).fill(NO_EXCHANGE));
  return writeModelFile(image, 1, Date.now());
}

function json(outcome: Outcome): string {
  const { passes, trainExamples, trainPositives, heldBack, testExamples, testPositives } = outcome;
  const rounded = Object.entries(outcome.quality).map(([name, value]) => [name, Number(value.toPrecision(6))]);
  return `${JSON.stringify({
    ...Object.fromEntries(rounded), // what is NaN, as of a file without clicks, becomes null
    examples_per_s: Math.round(outcome.examplesPerSecond),
    passes,
    train_examples: trainExamples,
    train_positives: trainPositives,
    held_back: heldBack,
    test_examples: testExamples,
    test_positives: testPositives,
  })}\n`;
}

function table(outcome: Outcome, { calibrate, train, test }: Experiment): string {
  const row = (name: string, { auc, log_loss, ne, calibration, ece }: Quality): string =>
    [
      name.padEnd(14),
      auc.toFixed(4).padStart(8),
      log_loss.toFixed(5).padStart(10),
      ne.toFixed(4).padStart(8),
      calibration.toFixed(3).padStart(12),
      ece.toFixed(5).padStart(9),
    ].join('');
  const { trainExamples, trainPositives, heldBack, testExamples, testPositives, passes, examplesPerSecond } = outcome;
  return `train  ${train}: ${trainExamples} examples, ${trainPositives} clicks, ${heldBack} held back
test   ${test}: ${testExamples} examples, ${testPositives} clicks
passes ${passes}, ${Math.round(examplesPerSecond)} examples a second

                   auc  log_loss      ne calibration      ece
${calibrate === 'none' ? '' : `${row(calibrate, outcome.quality)}\n`}${row('not calibrated', outcome.uncalibrated)}
`;
}
