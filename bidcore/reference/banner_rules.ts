// What a banner impression takes: a size, a type, a MIME type. docs/decisions.md section 3, "no_creative".

import type { BannerCreative } from '../creative_file.js';
import { isRatio, isSize, type NormalBanner, type NormalFormat } from './request.js';
import type { Traits } from './traits.js';
import { some } from './wording.js';

type Size = Pick<BannerCreative, 'w' | 'h'>;

/** Why a creative does not fit a banner. */
export function bannerRefusal(
  creative: BannerCreative,
  { mimes }: Traits,
  banner: NormalBanner,
): (() => string) | undefined {
  const { id, w, h, banner_type: type } = creative;
  if (!sizeFits(creative, banner)) {
    return () => `creative ${id} is ${w}×${h}; the impression takes ${some(sizesTaken(banner))}`;
  }
  if (banner.btype.has(type)) return () => `btype blocks banner type ${type} of creative ${id}`;
  if (banner.mimes.length > 0 && !mimes.some((one) => banner.mimes.includes(one))) {
    return () => `creative ${id} is ${creative.mime}; mimes lists ${some(banner.mimes)}`;
  }
  return undefined;
}

/** With usable formats one of them must fit, else the banner's own size. */
export function sizeFits(size: Size, banner: NormalBanner): boolean {
  if (banner.formats.length === 0) return isSize(banner) && banner.w === size.w && banner.h === size.h;
  return banner.formats.some((format) =>
    isSize(format) ? format.w === size.w && format.h === size.h : ratioFits(size, format),
  );
}

/** A size by ratio and least width (2.6 section 3.2.10). */
function ratioFits({ w, h }: Size, { wratio, hratio, wmin }: NormalFormat): boolean {
  const ratioHolds = w * (hratio ?? 0) === h * (wratio ?? 0);
  return ratioHolds && (wmin === undefined || w >= wmin);
}

export function sizesTaken(banner: NormalBanner): string[] {
  const formats = banner.formats.flatMap((format) => {
    if (isSize(format)) return `${format.w}×${format.h}`;
    return isRatio(format) ? `${format.wratio}:${format.hratio} from width ${format.wmin ?? 1}` : [];
  });
  if (formats.length > 0) return formats;
  return isSize(banner) ? [`${banner.w}×${banner.h}`] : [];
}
