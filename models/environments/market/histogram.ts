// Reads a histogram of prices: a JSON object whose `price_counter_train` counts auctions by price 0, 1, 2, …, with
// `imp_train` and `clk_train` (impressions and clicks) for the click rate. (The form of rlb-dp, Cai et al. 2017.)

import { readFileSync } from 'node:fs';
import { PRICE_MAX } from './profile.js';

export interface PriceHistogram {
  /** Auctions by price, 0 to `PRICE_MAX`. */
  readonly prices: Float64Array;
  /** Clicks an impression. */
  readonly clickRate: number;
}

/** Why a file is no histogram. */
export interface HistogramError {
  readonly code: 'unreadable' | 'bad_histogram';
  /** With the file's name. */
  readonly problem: string;
}

export function readHistogram(file: string): PriceHistogram | HistogramError {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return { code: 'unreadable', problem: `${file}: ${(error as Error).message}` };
  }
  const fields = (read ?? {}) as Record<string, unknown>;
  const counts = fields['price_counter_train'];
  if (!Array.isArray(counts) || !counts.every(isCount)) return bad(file, 'price_counter_train is no list of counts');
  if (counts.length > PRICE_MAX + 1) return bad(file, `a price above ${PRICE_MAX}`);
  if (!counts.slice(1).some((count) => count > 0)) return bad(file, 'no auction has a price');
  const { imp_train: impressions, clk_train: clicks } = fields;
  if (!isCount(impressions) || !isCount(clicks) || impressions === 0 || clicks === 0 || clicks > impressions) {
    return bad(file, 'imp_train and clk_train are no impressions and clicks');
  }
  const prices = new Float64Array(PRICE_MAX + 1);
  prices.set(counts);
  return { prices, clickRate: clicks / impressions };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function bad(file: string, problem: string): HistogramError {
  return { code: 'bad_histogram', problem: `${file}: ${problem}` };
}
