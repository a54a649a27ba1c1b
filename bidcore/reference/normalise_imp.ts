// One impression in normal form: docs/decisions.md section 1, the rows from `imp` to `native`.

import { MAX_QUANTITY } from '../../assembly/limits.js';
import { bareDomain, lower } from '../vocabulary.js';
import { currencyOf, field, integerOf, numberOf, objectOf, objectsOf, rawIdOf, setOf, textOf } from './fields.js';
import type { Json, JsonObject } from './json.js';
import { nativeOf } from './normalise_native.js';
import {
  type DurationFloor,
  type Floor,
  isRatio,
  isSize,
  type NormalBanner,
  type NormalDeal,
  type NormalFormat,
  type NormalImp,
  type NormalStream,
  type Sides,
} from './request.js';
import type { Tally } from './tally.js';

export function impOf(imp: JsonObject, index: number, tally: Tally): NormalImp {
  const [banner, video, audio, native] = ['banner', 'video', 'audio', 'native'].map((name) =>
    objectOf(field(imp, name)),
  );
  const pmp = objectOf(field(imp, 'pmp'));
  const usable = objectsOf(field(pmp, 'deals')).filter((deal) => textOf(field(deal, 'id')) !== undefined);
  const normalNative = native && nativeOf(native, tally);
  return {
    index,
    id: tally.id(rawIdOf(field(imp, 'id')) as string),
    banner: banner && bannerOf(banner, tally),
    video: video && videoOf(video, tally),
    audio: audio && streamOf(audio, tally),
    native: normalNative,
    nativeUnreadable: native !== undefined && normalNative === undefined,
    privateAuction: integerIn(pmp, 'private_auction') === 1,
    deals: tally.count('deals', usable).map((deal, at) => dealOf(deal, at, tally)),
    tagid: textOf(field(imp, 'tagid')),
    interstitial: integerIn(imp, 'instl') === 1,
    rewarded: isRewarded(imp),
    floor: floorOf(imp),
    secure: integerIn(imp, 'secure') === 1,
    quantity: quantityOf(imp),
  };
}

function integerIn(object: JsonObject | undefined, name: string): number | undefined {
  return integerOf(field(object, name));
}

/** Of 2.6, or as exchanges marked it before. */
function isRewarded(imp: JsonObject): boolean {
  const prebid = objectOf(field(objectOf(field(imp, 'ext')), 'prebid'));
  return integerIn(imp, 'rwdd') === 1 || integerIn(prebid, 'is_rewarded_inventory') === 1;
}

function quantityOf(imp: JsonObject): number {
  const multiplier = numberOf(field(objectOf(field(imp, 'qty')), 'multiplier'));
  return multiplier !== undefined && multiplier > 0 ? Math.min(multiplier, MAX_QUANTITY) : 1;
}

/** A floor's currency never inherits: USD unless given, for a deal as for an impression (2.6 section 3.2.12). */
function floorOf(object: JsonObject): Floor {
  return { amount: numberOf(field(object, 'bidfloor')), currency: currencyOf(field(object, 'bidfloorcur')) ?? 'USD' };
}

function sidesOf(object: JsonObject): Sides {
  return { w: integerIn(object, 'w'), h: integerIn(object, 'h') };
}

function bannerOf(banner: JsonObject, tally: Tally): NormalBanner {
  const formats = tally.count('banner formats', objectsOf(field(banner, 'format'))).map(formatOf);
  return {
    ...sidesOf(banner),
    pos: integerIn(banner, 'pos'),
    formats: formats.filter((format) => isSize(format) || isRatio(format)),
    btype: setOf(field(banner, 'btype')),
    battr: setOf(field(banner, 'battr')),
    api: setOf(field(banner, 'api')),
    mimes: tally.texts(field(banner, 'mimes')).map(lower),
  };
}

function formatOf(format: JsonObject): NormalFormat {
  return {
    ...sidesOf(format),
    wratio: integerIn(format, 'wratio'),
    hratio: integerIn(format, 'hratio'),
    wmin: integerIn(format, 'wmin'),
  };
}

function videoOf(video: JsonObject, tally: Tally): NormalStream {
  return {
    ...streamOf(video, tally),
    ...sidesOf(video),
    pos: integerIn(video, 'pos'),
    linearity: integerIn(video, 'linearity'),
    skip: integerIn(video, 'skip'),
    placement: placementOf(video),
  };
}

/** The kinds of `placement` (before 2.6-202303) as kinds of `plcmt`: 1 in-stream, 3 interstitial, 4 no content. */
const PLACEMENTS: ReadonlyMap<number | undefined, number> = new Map([
  [1, 1],
  [2, 4],
  [3, 4],
  [4, 4],
  [5, 3],
]);

function placementOf(video: JsonObject): number | undefined {
  return integerIn(video, 'plcmt') ?? PLACEMENTS.get(integerIn(video, 'placement'));
}

/** What video and audio share. */
function streamOf(stream: JsonObject, tally: Tally): NormalStream {
  return {
    w: undefined,
    h: undefined,
    pos: undefined,
    mimes: tally.texts(field(stream, 'mimes')).map(lower),
    minDuration: integerIn(stream, 'minduration'),
    maxDuration: integerIn(stream, 'maxduration'),
    requiredDurations: tally.integers(field(stream, 'rqddurs')),
    protocols: protocolsOf(field(stream, 'protocols'), field(stream, 'protocol')),
    linearity: undefined,
    skip: undefined,
    placement: undefined,
    battr: setOf(field(stream, 'battr')),
    api: setOf(field(stream, 'api')),
    companions: tally.listed(objectsOf(field(stream, 'companionad'))).map(sidesOf),
    podId: textOf(field(stream, 'podid')),
    podDuration: integerIn(stream, 'poddur'),
    maxSequence: integerIn(stream, 'maxseq'),
    minCpmPerSecond: numberOf(field(stream, 'mincpmpersec')),
    durationFloors: tally.count('floors by duration', objectsOf(field(stream, 'durfloors'))).map(durationFloorOf),
  };
}

/** The list, and the one that older exchanges name. */
function protocolsOf(list: Json | undefined, one: Json | undefined): ReadonlySet<number> {
  const single = setOf(one === undefined ? undefined : { kind: 'array', items: [one] });
  return single.size === 0 ? setOf(list) : new Set([...setOf(list), ...single]);
}

function durationFloorOf(floor: JsonObject): DurationFloor {
  return {
    min: integerIn(floor, 'mindur'),
    max: integerIn(floor, 'maxdur'),
    amount: numberOf(field(floor, 'bidfloor')),
  };
}

function dealOf(deal: JsonObject, index: number, tally: Tally): NormalDeal {
  const auction = integerIn(deal, 'at');
  return {
    index,
    id: tally.id(rawIdOf(field(deal, 'id')) as string),
    text: textOf(field(deal, 'id')) as string,
    floor: floorOf(deal),
    auction: auction === 1 || auction === 2 || auction === 3 ? auction : undefined,
    wseat: tally.texts(field(deal, 'wseat')),
    wadomain: tally.texts(field(deal, 'wadomain')).map(bareDomain),
  };
}
