// Scores a candidate and the live model on what is held back, and has the gate judge its parts: clicks always,
// conversions and prices where there is enough of them to say anything.

import type { PriceObservation } from '../landscape/observation.js';
import { PublishedLandscape } from '../landscape/published_landscape.js';
import { ModelScorer } from '../model_scorer.js';
import { figuresOf, judge, judgeLosses, LEAST_CLICKS, LEAST_CONVERSIONS, type Verdict } from './gate.js';
import type { HeldBack, HeldExamples } from './held_back.js';

/** Prices before they are judged. */
const LEAST_PRICES = 200;

/** What a model predicts, and what can be learned, judged and published apart from the rest. */
export const PARTS = ['clicks', 'conversions', 'prices'] as const;
export type Part = (typeof PARTS)[number];

export interface Evaluation {
  /** Passes if a part does. */
  readonly verdict: Verdict;
  /** The parts of the candidate that may follow; of the others the live model's stay. */
  readonly passed: ReadonlySet<Part>;
  /** Of what would go live: where a part passes, the others have the live model's figures. All finite. */
  readonly metrics: Figures;
}

interface Figures {
  readonly candidate: Record<string, number>;
  readonly incumbent: Record<string, number>;
}

export function evaluate(candidate: Uint8Array, incumbent: Uint8Array, held: HeldBack): Evaluation {
  const [now, before] = [new ModelScorer(candidate), new ModelScorer(incumbent)];
  const verdicts = new Map<Part, Verdict>();
  const figures = new Map<Part, Figures>();

  const clicks = {
    labels: held.impressions.labels,
    candidate: scores(now, held.impressions, 'ctr'),
    incumbent: scores(before, held.impressions, 'ctr'),
  };
  verdicts.set('clicks', judge(clicks, LEAST_CLICKS));
  figures.set('clicks', {
    candidate: figuresOf(clicks.candidate, clicks.labels),
    incumbent: figuresOf(clicks.incumbent, clicks.labels),
  });

  const conversions = {
    labels: held.clicks.labels,
    candidate: scores(now, held.clicks, 'cvr'),
    incumbent: scores(before, held.clicks, 'cvr'),
  };
  figures.set('conversions', {
    candidate: prefixed('cvr_', figuresOf(conversions.candidate, conversions.labels)),
    incumbent: prefixed('cvr_', figuresOf(conversions.incumbent, conversions.labels)),
  });
  const converted = conversions.labels.reduce((total, label) => total + label, 0);
  if (held.clicks.count >= LEAST_CONVERSIONS.examples && converted >= LEAST_CONVERSIONS.positives) {
    verdicts.set('conversions', judge(conversions, LEAST_CONVERSIONS));
  }

  if (held.prices.length >= LEAST_PRICES) {
    const [ours, theirs] = [priceLosses(candidate, held.prices), priceLosses(incumbent, held.prices)];
    figures.set('prices', { candidate: priceFigures(ours), incumbent: priceFigures(theirs) });
    verdicts.set('prices', judgeLosses(ours, theirs, LEAST_PRICES));
  }
  const passed = new Set([...verdicts].filter(([, { passes }]) => passes).map(([part]) => part));
  return {
    verdict: { passes: passed.size > 0, reason: told(verdicts, passed) },
    passed,
    metrics: metricsOf(figures, passed),
  };
}

/** Refused as a whole, a candidate has its own figures; else those of the image that is made of what passed. */
function metricsOf(figures: ReadonlyMap<Part, Figures>, passed: ReadonlySet<Part>): Figures {
  const all: Figures = { candidate: {}, incumbent: {} };
  for (const [part, { candidate, incumbent }] of figures) {
    Object.assign(all.candidate, passed.size === 0 || passed.has(part) ? candidate : incumbent);
    Object.assign(all.incumbent, incumbent);
  }
  return all;
}

function prefixed(prefix: string, figures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}${name}`, value]));
}

function priceFigures(losses: readonly number[]): Record<string, number> {
  const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
  return { ...(Number.isFinite(mean) ? { price_nll: mean } : {}), prices: losses.length };
}

/** Why the candidate, or nothing of it, may follow; and why not with all its parts. */
function told(verdicts: ReadonlyMap<Part, Verdict>, passed: ReadonlySet<Part>): string {
  const kept = passed.size > 0 ? ' kept as they are' : '';
  return [...verdicts].map(([part, { passes, reason }]) => `${part}${passes ? '' : kept}: ${reason}`).join('; ');
}

function scores(scorer: ModelScorer, examples: HeldExamples, target: 'ctr' | 'cvr'): Float64Array {
  return Float64Array.from({ length: examples.count }, (_, i) => scorer.score(examples.features(i))[target]);
}

/** Half-width, in the logarithm of the price, of the interval that stands for an exact price. */
const EXACT_WIDTH = 0.05;
const LEAST_PROBABILITY = 1e-6;

/** Negative log likelihood of each observation under the table that bids. */
function priceLosses(image: Uint8Array, prices: readonly PriceObservation[]): number[] {
  const landscape = new PublishedLandscape(image);
  return prices.map(({ features, exchangeFeature, bidMicros, outcome, priceMicros }) => {
    const below = (micros: number): number => landscape.winProbability(features, exchangeFeature, micros);
    const likelihood =
      outcome === 'below'
        ? below(bidMicros)
        : outcome === 'above'
          ? 1 - below(bidMicros)
          : below(priceMicros * Math.exp(EXACT_WIDTH)) - below(priceMicros * Math.exp(-EXACT_WIDTH));
    return -Math.log(Math.max(likelihood, LEAST_PROBABILITY));
  });
}
