// Whether a creative and its ad group suit an impression: its format, the kind of place it is, and what it says of
// attributes, API frameworks and https. docs/decisions.md section 3, "no_creative".

import type { Ad, Book } from '../book.js';
import type { Creative } from '../creative_file.js';
import { bannerRefusal } from './banner_rules.js';
import { type Formats, formatNames } from './formats.js';
import { nativeRefusal } from './native_rules.js';
import type { NormalImp } from './request.js';
import { streamRefusal } from './stream_rules.js';
import { type Traits, traitsOf } from './traits.js';
import { some } from './wording.js';

/** Why an ad does not suit an impression. */
export function creativeRefusal(ad: Ad, imp: NormalImp, formats: Formats, book: Book): (() => string) | undefined {
  const { creative } = ad;
  const { id, type } = creative;
  const format = formats[type];
  if (format === undefined) {
    return () => `creative ${id} is of format ${type}; the impression takes ${some(formatNames(formats))}`;
  }
  const traits = traitsOf(creative, book.file.category_parents);
  const own = formatRefusal(creative, traits, formats) ?? placeRefusal(ad, imp);
  if (own !== undefined) return own;
  if (imp.secure && !ad.secure) return () => `secure=1, but creative ${id} has an http:// URL`;
  const attribute = traits.attributes.find((one) => format.battr.has(one));
  if (attribute !== undefined) return () => `battr blocks attribute ${attribute} of creative ${id}`;
  const api = creative.apis.find((one) => !format.api.has(one));
  if (api !== undefined) return () => `creative ${id} needs API framework ${api}; api lists ${some(format.api)}`;
  return undefined;
}

function formatRefusal(creative: Creative, traits: Traits, formats: Formats): (() => string) | undefined {
  switch (creative.type) {
    case 'banner':
      return formats.banner && bannerRefusal(creative, traits, formats.banner);
    case 'native':
      return formats.native && nativeRefusal(creative, formats.native);
    default: {
      const stream = formats[creative.type];
      return stream && streamRefusal(creative, traits, stream);
    }
  }
}

const PLACEMENT_NAMES: Readonly<Record<number, string>> = {
  1: 'in-stream',
  2: 'accompanying content',
  3: 'interstitial',
  4: 'no content',
};

/** A kind of video place with its name: `1 (in-stream)`. */
export function placementText(placement: number): string {
  const name = PLACEMENT_NAMES[placement];
  return name === undefined ? String(placement) : `${placement} (${name})`;
}

/** Why the ad group does not want such a place. */
function placeRefusal({ adGroup, creative }: Ad, imp: NormalImp): (() => string) | undefined {
  const { rewarded, interstitial, video_placements: placements = [] } = adGroup.targeting;
  if (rewarded !== undefined && rewarded !== imp.rewarded) {
    return () => `has rewarded ${rewarded}; the impression is ${imp.rewarded ? '' : 'not '}rewarded`;
  }
  if (interstitial !== undefined && interstitial !== imp.interstitial) {
    return () => `has interstitial ${interstitial}; the impression is ${imp.interstitial ? 'one' : 'none'}`;
  }
  if (creative.type !== 'video' || placements.length === 0) return undefined;
  const placement = imp.video?.placement;
  if (placement !== undefined && placements.includes(placement)) return undefined;
  const said = placement === undefined ? 'does not say its placement' : `has placement ${placementText(placement)}`;
  return () => `targets video placements ${some(placements.map(placementText))}; the impression ${said}`;
}
