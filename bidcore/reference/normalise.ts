// Body bytes to a request in normal form: docs/decisions.md sections 1 and 2, field by field.

import * as limits from '../../assembly/limits.js';
import { PLACE, SEGMENTS } from '../../assembly/privacy.js';
import * as reasons from '../../assembly/reasons.js';
import { bareDomain, lower } from '../vocabulary.js';
import {
  currencyOf,
  field,
  integerOf,
  isCurrency,
  numberOf,
  objectOf,
  objectsOf,
  rawIdOf,
  setOf,
  textOf,
  textsOf,
} from './fields.js';
import { type Json, type JsonArray, type JsonObject, readJson } from './json.js';
import { privacySignals, takenAway } from './privacy.js';
import type { Floor, Inventory, NormalBanner, NormalDeal, NormalImp, NormalRequest } from './request.js';

/** A malformed body (HTTP 400) or the request. */
export type Normalised =
  | { readonly reason: number; readonly request?: undefined }
  | { readonly reason: typeof reasons.REASON_NONE; readonly request: NormalRequest };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function normalise(body: Uint8Array): Normalised {
  const text = decode(body);
  const root = text === undefined ? undefined : readJson(text);
  if (root === undefined) return { reason: reasons.INVALID_JSON };
  if (root.kind !== 'object') return { reason: reasons.NOT_OBJECT };
  if (rawIdOf(field(root, 'id')) === undefined) return { reason: reasons.MISSING_ID };
  const imps = field(root, 'imp');
  if (imps?.kind !== 'array' || imps.items.length === 0) return { reason: reasons.MISSING_IMP };
  if (imps.items.some((imp) => rawIdOf(field(objectOf(imp), 'id')) === undefined)) {
    return { reason: reasons.IMP_MISSING_ID };
  }
  return { reason: reasons.REASON_NONE, request: normalRequest(root, imps) };
}

/** The body as text, undefined if it is not UTF-8. A byte order mark stays, and is then not JSON. */
function decode(body: Uint8Array): string | undefined {
  try {
    return decoder.decode(body);
  } catch (error) {
    if (error instanceof TypeError) return undefined; // the decoder's only error
    throw error;
  }
}

/** Counts what the limits are about while a request is read. */
class Tally {
  private deals = 0;
  private formats = 0;
  private listValues = 0;
  private longestIdBytes = 0;

  constructor(private readonly imps: number) {}

  id(raw: string): string {
    this.longestIdBytes = Math.max(this.longestIdBytes, Buffer.byteLength(raw));
    return raw;
  }

  texts(value: Json | undefined, counts: (text: string) => boolean = () => true): string[] {
    const texts = textsOf(value).filter(counts);
    this.listValues += texts.length;
    return texts;
  }

  addDeals<T>(deals: T[]): T[] {
    this.deals += deals.length;
    return deals;
  }

  addFormats<T>(formats: T[]): T[] {
    this.formats += formats.length;
    return formats;
  }

  overLimit(): string | undefined {
    const over = (count: number, max: number, what: string): string[] =>
      count > max ? [`${count} ${what}, at most ${max}`] : [];
    return [
      ...over(this.imps, limits.MAX_IMPS, 'impressions'),
      ...over(this.deals, limits.MAX_DEALS, 'deals'),
      ...over(this.formats, limits.MAX_FORMATS, 'banner formats'),
      ...over(this.longestIdBytes, limits.MAX_ID_BYTES, 'bytes in an id'),
      ...over(this.listValues, limits.MAX_LIST_VALUES, 'list values'),
    ][0];
  }
}

function normalRequest(root: JsonObject, imps: JsonArray): NormalRequest {
  const tally = new Tally(imps.items.length);
  const device = objectOf(field(root, 'device'));
  const geo = objectOf(field(device, 'geo'));
  const signals = privacySignals(root);
  const taken = takenAway(signals);
  const tmaxMs = numberOf(field(root, 'tmax'));
  // All three are read, whichever counts: their lists are part of the limit.
  const inventories = (['site', 'app', 'dooh'] as const).map((kind) => inventoryOf(root, kind, tally));
  const segments = segmentsOf(root, tally);
  const request = {
    id: tally.id(rawIdOf(field(root, 'id')) as string),
    test: integerOf(field(root, 'test')) === 1,
    auction: integerOf(field(root, 'at')) === 1 ? 1 : 2,
    tmaxMs: tmaxMs !== undefined && tmaxMs > 0 ? tmaxMs : undefined,
    currencies: tally.texts(field(root, 'cur'), isCurrency).map((code) => code.toUpperCase()),
    wseat: tally.texts(field(root, 'wseat')),
    bseat: tally.texts(field(root, 'bseat')),
    bcat: new Set(tally.texts(field(root, 'bcat')).map(lower)),
    acat: new Set(tally.texts(field(root, 'acat')).map(lower)),
    cattax: integerOf(field(root, 'cattax')) ?? 1,
    badv: new Set(tally.texts(field(root, 'badv')).map(bareDomain)),
    bapp: new Set(tally.texts(field(root, 'bapp')).map(lower)),
    inventory: inventories.find((inventory) => inventory !== undefined),
    country: lowerText(field(geo, 'country')),
    region: lowerText(field(geo, 'region')),
    city: taken & PLACE ? undefined : lowerText(field(geo, 'city')),
    postcode: taken & PLACE ? undefined : lowerText(field(geo, 'zip')),
    deviceType: integerOf(field(device, 'devicetype')),
    os: lowerText(field(device, 'os')),
    language: lowerText(field(device, 'language'))?.split(/[-_]/)[0] || undefined,
    connectionType: integerOf(field(device, 'connectiontype')),
    carrier: lowerText(field(device, 'carrier')),
    segments: taken & SEGMENTS ? [] : segments,
    privacy: signals,
    imps: imps.items.map((imp, index) => impOf(imp as JsonObject, index, tally)),
  } as const;
  return { ...request, overLimit: tally.overLimit() };
}

function lowerText(value: Json | undefined): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : lower(text);
}

function inventoryOf(root: JsonObject, kind: Inventory['kind'], tally: Tally): Inventory | undefined {
  const object = objectOf(field(root, kind));
  if (object === undefined) return undefined;
  return {
    kind,
    domain: domainOf(textOf(field(object, 'domain'))) ?? domainOf(hostOf(textOf(field(object, 'page')))),
    bundle: lowerText(field(object, 'bundle')),
    publisher: textOf(field(objectOf(field(object, 'publisher')), 'id')),
    categories: tally.texts(field(object, 'cat')).map(lower),
    cattax: integerOf(field(object, 'cattax')) ?? 1,
  };
}

/** A domain as it is compared; none if nothing is left of it, or more than a domain name can hold. */
function domainOf(text: string | undefined): string | undefined {
  const domain = bareDomain(text ?? '');
  return domain === '' || Buffer.byteLength(domain) > limits.MAX_DOMAIN_BYTES ? undefined : domain;
}

/** The host of a page's URL. */
function hostOf(page: string | undefined): string | undefined {
  const scheme = page?.indexOf('://') ?? -1;
  if (page === undefined || scheme < 0) return undefined;
  return page.slice(scheme + 3).split(/[/?#:]/)[0] || undefined;
}

function segmentsOf(root: JsonObject, tally: Tally): string[] {
  const data = objectsOf(field(objectOf(field(root, 'user')), 'data'));
  const segments = data.flatMap((one) => objectsOf(field(one, 'segment')));
  const ids: Json = { kind: 'array', items: segments.flatMap((segment) => field(segment, 'id') ?? []) };
  return tally.texts(ids);
}

function impOf(imp: JsonObject, index: number, tally: Tally): NormalImp {
  const banner = objectOf(field(imp, 'banner'));
  const native = field(imp, 'native');
  const others = {
    video: objectOf(field(imp, 'video')) !== undefined,
    audio: objectOf(field(imp, 'audio')) !== undefined,
    native: native?.kind === 'object' || native?.kind === 'string',
  };
  const pmp = objectOf(field(imp, 'pmp'));
  const usable = objectsOf(field(pmp, 'deals')).filter((deal) => textOf(field(deal, 'id')) !== undefined);
  return {
    index,
    id: tally.id(rawIdOf(field(imp, 'id')) as string),
    banner: banner === undefined ? undefined : bannerOf(banner, tally),
    otherFormats: Object.entries(others).flatMap(([format, present]) => (present ? [format] : [])),
    privateAuction: integerOf(field(pmp, 'private_auction')) === 1,
    deals: tally.addDeals(usable).map((deal, at) => dealOf(deal, at, tally)),
    tagid: textOf(field(imp, 'tagid')),
    interstitial: integerOf(field(imp, 'instl')) === 1,
    floor: floorOf(imp),
    secure: integerOf(field(imp, 'secure')) === 1,
  };
}

/** A floor's currency never inherits: USD unless given, for a deal as for an impression (2.6 section 3.2.12). */
function floorOf(object: JsonObject): Floor {
  return { amount: numberOf(field(object, 'bidfloor')), currency: currencyOf(field(object, 'bidfloorcur')) ?? 'USD' };
}

function bannerOf(banner: JsonObject, tally: Tally): NormalBanner {
  const integer = (object: JsonObject, name: string): number | undefined => integerOf(field(object, name));
  return {
    w: integer(banner, 'w'),
    h: integer(banner, 'h'),
    pos: integer(banner, 'pos'),
    formats: tally.addFormats(objectsOf(field(banner, 'format'))).map((format) => ({
      w: integer(format, 'w'),
      h: integer(format, 'h'),
      wratio: integer(format, 'wratio'),
      hratio: integer(format, 'hratio'),
      wmin: integer(format, 'wmin'),
    })),
    btype: setOf(field(banner, 'btype')),
    battr: setOf(field(banner, 'battr')),
    api: setOf(field(banner, 'api')),
    mimes: tally.texts(field(banner, 'mimes')).map(lower),
  };
}

function dealOf(deal: JsonObject, index: number, tally: Tally): NormalDeal {
  const auction = integerOf(field(deal, 'at'));
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
