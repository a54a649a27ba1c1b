// The keys of the trainer (GAVEL_TRAIN_*): their schema, which the bidder's is made of too, since a key it does not
// know refuses its start. What they mean for the learning: docs/training.md.

import { z } from 'zod';
import { describeIssue, type Environment, fraction, key, onOrOff, whole } from './environment.js';

const DAY_S = 86_400;
const TRAINER_PREFIX = 'GAVEL_TRAIN_';

export const trainerKeys = {
  GAVEL_TRAIN_PUBLISH_SECONDS: key(
    fraction(0.1, DAY_S),
    '60',
    'Seconds between two models. Shorter: newer predictions, more work for disk, Redis and bidders (21 MB each).',
  ),
  GAVEL_TRAIN_CLICK_WINDOW_SECONDS: key(
    whole(1, DAY_S),
    '300',
    'Seconds an impression waits for its click before it is learned. Longer: fewer late clicks, older examples.',
  ),
  GAVEL_TRAIN_CONVERSION_WINDOW_SECONDS: key(
    whole(1, 30 * DAY_S),
    '3600',
    'Seconds a click waits for its conversion before it is learned.',
  ),
  GAVEL_TRAIN_HOLDBACK: key(
    fraction(0.01, 0.5),
    '0.1',
    'Share of bids that is never learned from and judges the models instead.',
  ),
  GAVEL_TRAIN_NEGATIVES: key(
    fraction(0.001, 1),
    '1',
    'Share of impressions without a click that is learned, each with the weight of those left out. Less: less work.',
  ),
  GAVEL_TRAIN_EXAMPLES_MIN: key(
    whole(1, 1_000_000_000),
    '2000',
    'Examples to learn from before the first model is made. The gate needs some that were held back besides.',
  ),
  GAVEL_TRAIN_TRIAL_SHARE: key(
    fraction(0, 0.5),
    '0',
    'Share of traffic on which a model that has passed the gate is tried first. 0 makes it live at once.',
  ),
  GAVEL_TRAIN_TRIAL_SECONDS: key(
    whole(1, 7 * DAY_S),
    '600',
    'Shortest time of a trial, seconds; it goes on until there is enough to judge by.',
  ),
  GAVEL_TRAIN_ROLLBACK: key(
    onOrOff,
    'off',
    'What drift does besides raising an alert: on goes back to the parent of the live model.',
  ),
  GAVEL_TRAIN_CHECKPOINT_SECONDS: key(
    fraction(0.1, 3600),
    '30',
    'Seconds between two checkpoints. Longer: less to write, more to read again after a crash.',
  ),
  GAVEL_TRAIN_KEEP: key(
    whole(1, 1000),
    '5',
    'Models beside those that are live whose bytes are kept, to go back to: 21 MB each.',
  ),
  GAVEL_TRAIN_POLICY_S: key(
    whole(0, 30 * DAY_S),
    '21600',
    'Seconds between two retrainings of the policy of bid multipliers from the event log; 0: never.',
  ),
  GAVEL_TRAIN_POLICY_CPU: key(
    fraction(0.01, 1),
    '0.25',
    'Share of one core that retraining the policy may use, at the lowest priority. Less: it takes longer.',
  ),
  GAVEL_TRAIN_POLICY_STEPS: key(
    whole(1, 1_000_000_000),
    '400000',
    'Slots of simulated days a retraining lives through; 96 are a day. A core does about 2500 a second.',
  ),
  GAVEL_TRAIN_POLICY_AUCTIONS_MIN: key(
    whole(1, 1_000_000_000),
    '20000',
    'Auctions with a bill or a loss that the event log must hold before the policy is retrained.',
  ),
  GAVEL_TRAIN_POLICY_SIGMA: key(
    fraction(0, 0.5),
    '0.05',
    'Standard deviation with which a retrained policy explores. 0: nothing can be estimated from its decisions.',
  ),
  GAVEL_TRAIN_PORT: key(
    whole(0, 65_535),
    '0',
    'TCP port of health and metrics of a trainer that runs by itself. 0: none; a bidder beside it shows the same.',
  ),
};

/** As the keys say; durations in seconds. */
export interface TrainerConfig {
  readonly publishS: number;
  readonly clickWindowS: number;
  readonly conversionWindowS: number;
  readonly holdback: number;
  readonly negatives: number;
  readonly examplesMin: number;
  readonly trialShare: number;
  readonly trialS: number;
  readonly rollback: boolean;
  readonly checkpointS: number;
  readonly keep: number;
  readonly policy: PolicyRunConfig;
  /** Of health and metrics; 0: none. */
  readonly port: number;
}

/** Of the retraining of the policy. */
export interface PolicyRunConfig {
  readonly everyS: number;
  /** Of one core. */
  readonly cpuShare: number;
  readonly steps: number;
  readonly auctionsMin: number;
  readonly sigma: number;
}

const schema = z.strictObject(trainerKeys).partial();

/**
 * Reads the keys that start with GAVEL_TRAIN_; an empty value counts as not set. Every problem at once, a line
 * each.
 */
export function readTrainerKeys(environment: Environment): TrainerConfig | { readonly problems: readonly string[] } {
  const given = Object.entries(environment).filter(([name, value]) => name.startsWith(TRAINER_PREFIX) && value !== '');
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success) return { problems: parsed.error.issues.flatMap(describeIssue) };
  const env = parsed.data;
  return {
    publishS: env.GAVEL_TRAIN_PUBLISH_SECONDS ?? 60,
    clickWindowS: env.GAVEL_TRAIN_CLICK_WINDOW_SECONDS ?? 300,
    conversionWindowS: env.GAVEL_TRAIN_CONVERSION_WINDOW_SECONDS ?? 3600,
    holdback: env.GAVEL_TRAIN_HOLDBACK ?? 0.1,
    negatives: env.GAVEL_TRAIN_NEGATIVES ?? 1,
    examplesMin: env.GAVEL_TRAIN_EXAMPLES_MIN ?? 2000,
    trialShare: env.GAVEL_TRAIN_TRIAL_SHARE ?? 0,
    trialS: env.GAVEL_TRAIN_TRIAL_SECONDS ?? 600,
    rollback: env.GAVEL_TRAIN_ROLLBACK ?? false,
    checkpointS: env.GAVEL_TRAIN_CHECKPOINT_SECONDS ?? 30,
    keep: env.GAVEL_TRAIN_KEEP ?? 5,
    policy: {
      everyS: env.GAVEL_TRAIN_POLICY_S ?? 21_600,
      cpuShare: env.GAVEL_TRAIN_POLICY_CPU ?? 0.25,
      steps: env.GAVEL_TRAIN_POLICY_STEPS ?? 400_000,
      auctionsMin: env.GAVEL_TRAIN_POLICY_AUCTIONS_MIN ?? 20_000,
      sigma: env.GAVEL_TRAIN_POLICY_SIGMA ?? 0.05,
    },
    port: env.GAVEL_TRAIN_PORT ?? 0,
  };
}
