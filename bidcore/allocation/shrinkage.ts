// What a campaign brings for its money, as far as one can know. Few clicks say little, so each campaign's ratio is
// drawn towards that of all, the more the less it has seen: events are taken as Poisson, the true rates of campaigns as
// spread around the common one as a gamma distribution, whose spread is found by moments (empirical Bayes: Casella, The
// American Statistician 39, 1985; the estimate of the spread as of DerSimonian and Laird, 1986).

import type { Sums } from '../metrics/metrics.js';
import type { AllocationGoal } from './allocation_schema.js';

/** Events and what they were for (impressions, or spend). */
export interface Trial {
  readonly events: number;
  readonly size: number;
}

/** A gamma posterior of a rate: mean = shape / rate. */
export interface Posterior {
  readonly shape: number;
  readonly rate: number;
}

/**
 * Events by goal. Revenue is counted in conversions of the mean value, since a Poisson law needs events; where single
 * conversions are worth very different amounts, this takes it for surer than it is.
 */
export function trialsOf(goal: AllocationGoal, sums: readonly Sums[]): Trial[] {
  if (goal === 'ctr') return sums.map(({ clicks, impressions }) => ({ events: clicks, size: impressions }));
  if (goal === 'conversions') {
    return sums.map(({ conversions, spend_micros }) => ({ events: conversions, size: spend_micros / 1e6 }));
  }
  const revenue = sums.reduce((sum, { revenue_micros }) => sum + revenue_micros, 0);
  const conversions = sums.reduce((sum, one) => sum + one.conversions, 0);
  const worth = revenue > 0 && conversions > 0 ? revenue / conversions : 1e6;
  return sums.map(({ revenue_micros, spend_micros }) => ({ events: revenue_micros / worth, size: spend_micros / 1e6 }));
}

/** The posterior of each; undefined where nothing has happened anywhere. */
export function posteriors(trials: readonly Trial[]): Posterior[] | undefined {
  const sum = (f: (trial: Trial) => number): number => trials.reduce((total, trial) => total + f(trial), 0);
  const size = sum((trial) => trial.size);
  const events = sum((trial) => trial.events);
  if (!(size > 0 && events > 0)) return undefined;
  const mean = events / size;
  const scatter = sum((trial) => (trial.size > 0 ? trial.size * (trial.events / trial.size - mean) ** 2 : 0));
  const active = trials.filter((trial) => trial.size > 0).length;
  const room = size - sum((trial) => trial.size ** 2) / size;
  const spread = room > 0 ? Math.max(0, (scatter - (active - 1) * mean) / room) : 0;
  // Rates that do not differ more than chance explains are still given a spread of a tenth: they might.
  const prior = mean / Math.max(spread, (mean / 10) ** 2);
  return trials.map((trial) => ({ shape: trial.events + mean * prior, rate: trial.size + prior }));
}
