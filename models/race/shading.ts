// What to bid for a value in first price: the bid b of most (value − b) W(b), with W the share of training prices that
// b wins. Prices go with rates (the impressions that predict more clicks are wanted by others too), so there is a W for
// each eighth of the rates, which leans on that of all auctions with the weight of LEAN of them.
//
// (value − b) W(b) is a line over the value for each b, so the best bid is known from the lines' upper envelope: a list
// of values from which on one bids so much.

import type { Auctions } from './day.js';

const GROUPS = 8;
const LEAN = 200;
/** Bids that are tried. */
const BIDS_MAX = 512;
/** A price of 0 wants a bid above 0. */
const BID_MIN = 1e-6;

/** Of one group: from each value on, one bids so much. Both rise. */
interface Steps {
  readonly values: Float64Array;
  readonly bids: Float64Array;
}

/**
 * The shading of a log's prices.
 * @returns the bid for an impression of a predicted rate and a value, CPM units; 0 where nothing is to be gained
 */
export function shadingOf({ price, rate }: Auctions): (rate: number, value: number) => number {
  const sorted = rate.slice().sort();
  const edges = Array.from({ length: GROUPS - 1 }, (_, n) => sorted[Math.floor(((n + 1) * rate.length) / GROUPS)] ?? 0);
  const groupOf = (each: number): number => {
    let group = 0;
    while (group < edges.length && each >= (edges[group] as number)) group++;
    return group;
  };
  const bids = bidsOf(price);
  const all = winsOf(price, bids);
  const groups = Array.from({ length: GROUPS }, (_, group) => {
    const own = price.filter((_price, n) => groupOf(rate[n] as number) === group);
    const wins = winsOf(own, bids).map(
      (share, n) => (share * own.length + (all[n] as number) * LEAN) / (own.length + LEAN),
    );
    return envelope(bids, wins);
  });
  return (each, value) => bidAt(groups[groupOf(each)] as Steps, value);
}

/** Prices to bid at, from low to high: evenly over all there are. */
function bidsOf(price: Float64Array): Float64Array {
  const distinct = [...new Set(price.slice().sort())];
  const count = Math.min(BIDS_MAX, distinct.length);
  const step = (distinct.length - 1) / Math.max(1, count - 1);
  return Float64Array.from({ length: count }, (_, n) => Math.max(BID_MIN, distinct[Math.round(n * step)] as number));
}

/** The share of prices that each bid wins. */
function winsOf(price: Float64Array, bids: Float64Array): Float64Array {
  const sorted = price.slice().sort();
  let won = 0;
  return bids.map((bid) => {
    while (won < sorted.length && (sorted[won] as number) <= bid) won++;
    return sorted.length === 0 ? 0 : won / sorted.length;
  });
}

/** Lines of rising slopes `wins`; what is never the highest is left out. */
function envelope(bids: Float64Array, wins: Float64Array): Steps {
  const kept: { readonly bid: number; readonly win: number; readonly from: number }[] = [];
  bids.forEach((bid, n) => {
    const win = wins[n] as number;
    for (;;) {
      const last = kept.at(-1);
      if (last !== undefined && win <= last.win) return; // dearer, and wins no more
      const from = last === undefined ? bid : (win * bid - last.win * last.bid) / (win - last.win);
      if (last !== undefined && from <= last.from) kept.pop();
      else {
        if (win > 0) kept.push({ bid, win, from });
        return;
      }
    }
  });
  return { values: Float64Array.from(kept, ({ from }) => from), bids: Float64Array.from(kept, ({ bid }) => bid) };
}

function bidAt({ values, bids }: Steps, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : (bids[low - 1] as number);
}
