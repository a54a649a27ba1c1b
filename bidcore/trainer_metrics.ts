// What is counted of a trainer, for Prometheus: one list, which the bidder beside it shows (server/metrics.ts) and the
// trainer itself where it runs alone (models/sidecar/status_port.ts). So dashboards and alerts read both.

import { DRIFT_TESTS, type DriftTest } from './drift_tests.js';

/** What a trainer learns from. */
export const EXAMPLES = ['impression', 'click', 'conversion', 'price'] as const;

export interface TrainerFigures {
  readonly up: boolean;
  /** Taken since the first start. */
  readonly notices: number;
  /** Seconds. */
  readonly lagS: number;
  /** What stands in the way of its work; '' if nothing. */
  readonly problem: string;
  readonly examples: Readonly<Record<(typeof EXAMPLES)[number], number>>;
  readonly drift: Readonly<Record<DriftTest, number>>;
}

export interface TrainerMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Name of its label, if it has one. */
  readonly label?: 'label' | 'test';
  /** A value for each value of the label; one under '' where there is none. */
  values(figures: TrainerFigures): Readonly<Record<string, number>>;
}

const one = (value: number): Readonly<Record<string, number>> => ({ '': value });
const each = <T extends string>(names: readonly T[], of: Readonly<Record<T, number>>): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, of[name]]));

export const TRAINER_METRICS: readonly TrainerMetric[] = [
  {
    name: 'gavel_trainer_up',
    type: 'gauge',
    help: '1 while the trainer of this node works or stands by.',
    values: ({ up }) => one(up ? 1 : 0),
  },
  {
    name: 'gavel_trainer_problem',
    type: 'gauge',
    help: '1 while something stands in the way of the trainer: its log says what.',
    values: ({ up, problem }) => one(up && problem !== '' ? 1 : 0),
  },
  {
    name: 'gavel_trainer_events_total',
    type: 'counter',
    help: 'Notices the trainer of this node has taken.',
    values: ({ notices }) => one(notices),
  },
  {
    name: 'gavel_trainer_lag_seconds',
    type: 'gauge',
    help: 'How old the notices are that it takes; 0 when it has all.',
    values: ({ lagS }) => one(lagS),
  },
  {
    name: 'gavel_trainer_examples_total',
    type: 'counter',
    help: 'What it has learned from, by label.',
    label: 'label',
    values: ({ examples }) => each(EXAMPLES, examples),
  },
  {
    name: 'gavel_drift_alerts_total',
    type: 'counter',
    help: 'Alerts of drift, by test.',
    label: 'test',
    values: ({ drift }) => each(DRIFT_TESTS, drift),
  },
];
