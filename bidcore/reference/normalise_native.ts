// A native request (IAB OpenRTB Native 1.2): JSON inside a string, or the object itself, in which some exchanges put
// one member `native` around everything. docs/decisions.md section 1, "Native".

import { lower } from '../vocabulary.js';
import { field, integerOf, objectOf, objectsOf, setOf } from './fields.js';
import { type Json, type JsonObject, readJson } from './json.js';
import type { AssetDemand, NormalAsset, NormalNative } from './request.js';
import type { Tally } from './tally.js';

const EVENT_IMPRESSION = 1;
const METHOD_IMAGE = 1;

/** Undefined if the native object has no request that can be read. */
export function nativeOf(native: JsonObject, tally: Tally): NormalNative | undefined {
  const outer = requestObject(field(native, 'request'));
  if (outer === undefined) return undefined;
  const inner = objectOf(field(outer, 'native'));
  const request = inner ?? outer;
  return {
    wrapped: inner !== undefined,
    assets: tally.count('native assets', objectsOf(field(request, 'assets'))).map((asset) => assetOf(asset, tally)),
    eventTrackers: objectsOf(field(request, 'eventtrackers')).some(asksForImpressionImage),
    battr: setOf(field(native, 'battr')),
    api: setOf(field(native, 'api')),
  };
}

function requestObject(request: Json | undefined): JsonObject | undefined {
  return objectOf(request?.kind === 'string' ? readJson(request.value) : request);
}

function asksForImpressionImage(tracker: JsonObject): boolean {
  return integerOf(field(tracker, 'event')) === EVENT_IMPRESSION && setOf(field(tracker, 'methods')).has(METHOD_IMAGE);
}

function assetOf(asset: JsonObject, tally: Tally): NormalAsset {
  return {
    id: integerOf(field(asset, 'id')),
    required: integerOf(field(asset, 'required')) === 1,
    asks: demandOf(asset, tally),
  };
}

/** The first kind the asset has an object of. */
function demandOf(asset: JsonObject, tally: Tally): AssetDemand | undefined {
  const [title, image, video, data] = ['title', 'img', 'video', 'data'].map((name) => objectOf(field(asset, name)));
  const integer = (object: JsonObject, name: string): number | undefined => integerOf(field(object, name));
  const above0 = (n: number | undefined): number | undefined => (n !== undefined && n > 0 ? n : undefined);
  const mimes = tally.texts(field(image, 'mimes')); // read also where a title goes before: it is part of the limit
  if (title !== undefined) return { kind: 'title', len: integer(title, 'len') };
  if (image !== undefined) {
    return {
      kind: 'image',
      type: integer(image, 'type'),
      w: above0(integer(image, 'w')),
      h: above0(integer(image, 'h')),
      wmin: above0(integer(image, 'wmin')),
      hmin: above0(integer(image, 'hmin')),
      mimes: mimes.map(lower),
    };
  }
  if (video !== undefined) return { kind: 'video' };
  if (data !== undefined) return { kind: 'data', type: integer(data, 'type'), len: integer(data, 'len') };
  return undefined;
}
