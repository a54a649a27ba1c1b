// First-price shading: the bid with the highest expected surplus under the landscape (docs/decisions.md section 5).
//
// The win probability F is piecewise linear over the grid, so on each piece (v − b) × F(b) is a parabola, and its top,
// kept inside the piece, is known in closed form. The best of the pieces' tops is the best bid.

import type { Landscape } from './model.js';

/**
 * The bid at the landscape's price level: that of level 1 for a value and a floor so many times lower, times the level.
 * @param v the most the bidder pays, micros
 * @param floor lowest valid bid, micros
 * @returns the bid, from min(floor, v) to v
 */
export function shade(v: number, floor: number, landscape: Landscape): number {
  const { level } = landscape;
  return level * shadeAtLevelOne(v / level, floor / level, landscape);
}

function shadeAtLevelOne(v: number, floor: number, landscape: Landscape): number {
  const { gridMicros, win } = landscape;
  const lo = Math.min(floor, v);
  let best = { bid: lo, gain: (v - lo) * winAtLevelOne(lo, landscape) };
  let left = 0;
  let winLeft = 0;
  for (let i = 0; i < gridMicros.length && left < v; i++) {
    const right = gridMicros[i] as number;
    const winRight = win[i] as number;
    const from = Math.max(left, lo);
    const to = Math.min(right, v);
    if (from < to) {
      const slope = (winRight - winLeft) / (right - left);
      const top = slope > 0 ? (v + left - winLeft / slope) / 2 : from;
      const bid = Math.min(Math.max(top, from), to);
      const gain = (v - bid) * (winLeft + slope * (bid - left));
      if (gain > best.gain) best = { bid, gain };
    }
    left = right;
    winLeft = winRight;
  }
  return best.bid;
}

/** Probability that a bid wins: 0 at price 0, linear between the grid's prices, constant above the last. */
export function winProbability(bid: number, landscape: Landscape): number {
  return winAtLevelOne(bid / landscape.level, landscape);
}

function winAtLevelOne(bid: number, { gridMicros, win }: Landscape): number {
  let left = 0;
  let winLeft = 0;
  for (let i = 0; i < gridMicros.length; i++) {
    const right = gridMicros[i] as number;
    const winRight = win[i] as number;
    if (right >= bid) return winLeft + ((winRight - winLeft) / (right - left)) * (bid - left);
    left = right;
    winLeft = winRight;
  }
  return winLeft;
}
