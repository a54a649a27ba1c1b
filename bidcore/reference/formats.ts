// The formats of an impression, and which ads of a book could fit in them by size or duration alone.
// docs/decisions.md section 3.

import { type Book, willingMost } from '../book.js';
import { type Creative, FORMATS } from '../creative_file.js';
import type { ExchangeProfile } from '../exchange_file.js';
import { sizeFits } from './banner_rules.js';
import { remember } from './remember.js';
import type { NormalImp } from './request.js';
import { durationFits } from './stream_rules.js';

/** The formats an impression has and the exchange's profile allows. */
export type Formats = Pick<NormalImp, (typeof FORMATS)[number]>;

export function formatsOf(imp: NormalImp, { formats }: ExchangeProfile): Formats {
  if (formats === undefined) return imp;
  const allowed = <F>(name: (typeof FORMATS)[number], format: F): F | undefined =>
    formats.includes(name) ? format : undefined;
  return {
    banner: allowed('banner', imp.banner),
    video: allowed('video', imp.video),
    audio: allowed('audio', imp.audio),
    native: allowed('native', imp.native),
  };
}

/** Names of the formats that are there. */
export function formatNames(formats: Formats): string[] {
  return FORMATS.filter((name) => formats[name] !== undefined);
}

/** Whether a creative fits by its size or duration. */
export function fits(creative: Creative, formats: Formats): boolean {
  switch (creative.type) {
    case 'banner':
      return formats.banner !== undefined && sizeFits(creative, formats.banner);
    case 'native':
      return formats.native !== undefined;
    default: {
      const stream = formats[creative.type];
      return stream !== undefined && durationFits(creative.duration_s, stream);
    }
  }
}

/** The ads of a book that are of one format and one size or duration. */
export interface Shape {
  /** One of their creatives. */
  readonly creative: Creative;
  /** The most one of them can be willing to pay, CPM micros of the book's currency. */
  readonly most: number;
}

const shapesByBook = new WeakMap<Book, readonly Shape[]>();

export function shapesOf(book: Book): readonly Shape[] {
  return remember(shapesByBook, book, () => {
    const shapes = new Map<string, Shape>();
    for (const { creative, adGroup } of book.ads) {
      const name = shapeName(creative);
      const most = Math.max(shapes.get(name)?.most ?? 0, willingMost(adGroup));
      shapes.set(name, { creative, most });
    }
    return [...shapes.values()];
  });
}

/** `300×250 banner`, `15 s video`, `native`. */
export function shapeName(creative: Creative): string {
  switch (creative.type) {
    case 'banner':
      return `${creative.w}×${creative.h} banner`;
    case 'native':
      return 'native';
    default:
      return `${creative.duration_s} s ${creative.type}`;
  }
}
