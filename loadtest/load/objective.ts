// Service objectives: `p99<1ms,errors<0.1%`, judged for a run. A run that breaks one fails the command.

import { UsageError } from '../exchange/options.js';
import type { Figures } from './figures.js';

/** What can be asked for: how it is read off a run, and in which unit it is written. */
const METRICS: Readonly<Record<string, { readonly of: (run: Figures) => number; readonly unit: 'time' | 'share' }>> = {
  p50: { of: (run) => run.p50_us, unit: 'time' },
  p90: { of: (run) => run.p90_us, unit: 'time' },
  p99: { of: (run) => run.p99_us, unit: 'time' },
  'p99.9': { of: (run) => run.p999_us, unit: 'time' },
  max: { of: (run) => run.max_us, unit: 'time' },
  errors: { of: (run) => run.errors_share, unit: 'share' },
  over10ms: { of: (run) => run.over_10_ms_share, unit: 'share' },
  overtmax: { of: (run) => run.over_tmax_share, unit: 'share' },
  shed: { of: (run) => run.shed_share, unit: 'share' },
  achieved: { of: (run) => run.achieved_per_s / run.offered_per_s, unit: 'share' },
};
const TIMES: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1e6 };
const TERM = /^([a-z0-9.]+)(<=|<|>=|>)([0-9.]+)(us|ms|s|%|)$/;

export const OBJECTIVE_HELP = `terms that must all hold, commas between: ${Object.keys(METRICS).join(', ')};
                     <, <=, > or >=; times in us, ms or s, shares in %, such as p99<1ms,errors<0.1%,achieved>99%`;

interface Term {
  readonly text: string;
  holds(run: Figures): boolean;
}

export type Objective = readonly Term[];

/** Reads an objective. Throws UsageError. */
export function readObjective(text: string): Objective {
  return text.split(',').map((part) => {
    const term = part.replaceAll(' ', '').toLowerCase();
    const [, name = '', operator, digits, unit = ''] = TERM.exec(term) ?? [];
    const metric = METRICS[name];
    const scale = metric?.unit === 'time' ? TIMES[unit] : unit === '%' ? 0.01 : unit === '' ? 1 : undefined;
    if (metric === undefined || scale === undefined || !Number.isFinite(Number(digits))) {
      throw new UsageError(`--slo: ${part === '' ? 'an empty term' : `"${part}"`} is none of ${OBJECTIVE_HELP}`);
    }
    const bound = Number(digits) * scale;
    const holds = (run: Figures): boolean => {
      const value = metric.of(run);
      if (operator === '<') return value < bound;
      if (operator === '<=') return value <= bound;
      return operator === '>' ? value > bound : value >= bound;
    };
    return { text: term, holds };
  });
}

/** The terms a run breaks. */
export function broken(objective: Objective, run: Figures): string[] {
  return objective.filter((term) => !term.holds(run)).map(({ text }) => text);
}
