// Body bytes to a request in normal form: docs/decisions.md sections 1 and 2, field by field.

import { MAX_DOMAIN_BYTES } from '../../assembly/limits.js';
import { FREQUENCY, IDS, PLACE, SEGMENTS } from '../../assembly/privacy.js';
import * as reasons from '../../assembly/reasons.js';
import type { PrivacyChoices } from '../exchange_file.js';
import { bareDomain, lower } from '../vocabulary.js';
import { field, integerOf, isCurrency, numberOf, objectOf, objectsOf, rawIdOf, textOf } from './fields.js';
import { type Json, type JsonArray, type JsonObject, readJson } from './json.js';
import { impOf } from './normalise_imp.js';
import { privacyOf } from './privacy.js';
import type { Inventory, NormalRequest, SupplyChain, UserId } from './request.js';
import { Tally } from './tally.js';

/** A malformed body (HTTP 400) or the request. */
export type Normalised =
  | { readonly reason: number; readonly request?: undefined }
  | { readonly reason: typeof reasons.REASON_NONE; readonly request: NormalRequest };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param choices the file's, on privacy: what they take of the request is not in it */
export function normalise(body: Uint8Array, choices: PrivacyChoices): Normalised {
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
  return { reason: reasons.REASON_NONE, request: normalRequest(root, imps, choices) };
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

function normalRequest(root: JsonObject, imps: JsonArray, choices: PrivacyChoices): NormalRequest {
  const tally = new Tally(imps.items.length);
  const device = objectOf(field(root, 'device'));
  const geo = objectOf(field(device, 'geo'));
  const country = lowerText(field(geo, 'country'));
  const privacy = privacyOf(root, country, choices);
  const { taken } = privacy;
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
    country,
    region: lowerText(field(geo, 'region')),
    city: taken & PLACE ? undefined : lowerText(field(geo, 'city')),
    postcode: taken & PLACE ? undefined : lowerText(field(geo, 'zip')),
    deviceType: integerOf(field(device, 'devicetype')),
    os: lowerText(field(device, 'os')),
    language: lowerText(field(device, 'language'))?.split(/[-_]/)[0] || undefined,
    connectionType: integerOf(field(device, 'connectiontype')),
    carrier: lowerText(field(device, 'carrier')),
    userAgent: textOf(field(device, 'ua')),
    ip: textOf(field(device, 'ip')),
    segments: taken & SEGMENTS ? [] : segments,
    identified: !(taken & IDS) && userIdOf(root) !== undefined,
    user: taken & (IDS | FREQUENCY) ? undefined : userIdOf(root),
    privacy,
    schain: schainOf(root, tally),
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
  return domain === '' || Buffer.byteLength(domain) > MAX_DOMAIN_BYTES ? undefined : domain;
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

/** The id of the device, unless it is the zeros of a user who wants none; else one of the user. */
function userIdOf(root: JsonObject): UserId | undefined {
  const device = textOf(field(objectOf(field(root, 'device')), 'ifa')) ?? '';
  if (/[^0-]/.test(device)) return { id: lower(device), of: 'device' };
  const user = objectOf(field(root, 'user'));
  const id = textOf(field(user, 'buyeruid')) ?? textOf(field(user, 'id'));
  return id === undefined ? undefined : { id, of: 'exchange' };
}

/** Of 2.6, or where it stood before. Both are read, whichever counts: their nodes are part of the limit. */
function schainOf(root: JsonObject, tally: Tally): SupplyChain | undefined {
  const source = objectOf(field(root, 'source'));
  const chains = [source, objectOf(field(source, 'ext'))].map((holder) => chainOf(holder, tally));
  return chains.find((chain) => chain !== undefined);
}

function chainOf(holder: JsonObject | undefined, tally: Tally): SupplyChain | undefined {
  const schain = objectOf(field(holder, 'schain'));
  if (schain === undefined) return undefined;
  return {
    complete: integerOf(field(schain, 'complete')) === 1,
    nodes: tally.listed(objectsOf(field(schain, 'nodes'))).map((node) => ({
      asi: lowerText(field(node, 'asi')),
      sid: textOf(field(node, 'sid')),
    })),
  };
}
