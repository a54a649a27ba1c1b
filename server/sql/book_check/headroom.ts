// Whether a book still fits after parts of it have changed, without compiling the whole. Bounds from above: what the
// whole took when it was last compiled, and what every part took that was since. Near a limit the whole is compiled
// again, which says it exactly.

import * as limits from '../../../assembly/limits.js';
import * as map from '../../../assembly/memory_map.js';
import type { BookUsage } from './messages.js';

/** From this share of a limit on, a bound is not enough. */
const SHARE_MAX = 0.8;

/** Two books' worth, as if they had nothing in common. */
export function together(one: BookUsage, other: BookUsage): BookUsage {
  return {
    ads: one.ads + other.ads,
    campaigns: one.campaigns + other.campaigns,
    bytes: one.bytes + other.bytes,
    values: one.values + other.values,
    sizes: one.sizes + other.sizes,
    durations: one.durations + other.durations,
    images: one.images + other.images,
  };
}

/** Whether the whole with the parts fits for certain. False: it may not. */
export function surelyFits(whole: BookUsage, parts: BookUsage): boolean {
  const all = together(whole, parts);
  return (
    below(all.ads, limits.MAX_ADS) &&
    below(all.campaigns, limits.MAX_CAMPAIGNS) &&
    below(all.sizes, limits.MAX_SIZES) &&
    below(all.durations, limits.MAX_DURATIONS) &&
    below(all.images, limits.MAX_IMAGES) &&
    below(bytesOf(whole, parts), map.BOOK_HALF_BYTES)
  );
}

/** Bitmaps grow with the ads, and each value of the parts may become one. */
function bytesOf(whole: BookUsage, parts: BookUsage): number {
  const bitmap = (ads: number): number => Math.max(1, Math.ceil(ads / map.CHUNK_ADS)) * map.CHUNK_BYTES;
  const grown = bitmap(whole.ads + parts.ads);
  return (whole.bytes * grown) / bitmap(whole.ads) + parts.bytes + parts.values * grown;
}

function below(count: number, limit: number): boolean {
  return count <= limit * SHARE_MAX;
}
