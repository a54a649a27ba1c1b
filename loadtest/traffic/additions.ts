// What real requests say beyond what a bidder must read: identifiers of users, client hints, deals of other buyers,
// segments, the programme on a television. It changes no outcome; it has to be scanned all the same.

import type { Random } from '../../bench/random.js';
import { hex, type Json, type JsonObject } from '../../bench/surroundings.js';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Providers of identifiers (`source` of an `eid`), the length of what they give, and its `atype`. */
const PROVIDERS: readonly (readonly [source: string, length: number, atype: number])[] = [
  ['sharedid.example', 36, 1],
  ['pairs.example', 64, 1],
  ['graph.example', 70, 3],
  ['panel.example', 44, 3],
  ['encrypted.example', 120, 3],
  ['retail.example', 86, 1],
  ['mail.example', 64, 3],
  ['household.example', 32, 2],
];
const AUDIENCES = ['auto', 'travel', 'sport', 'finance', 'parents', 'gaming', 'garden', 'fashion'];

/** Adds up to `most` identifiers, each of another provider, to those a user may have. */
export function identifiers(random: Random, user: JsonObject, most: number): JsonObject {
  const known = list(user['eids']);
  const count = random.int(0, most);
  if (count === 0) return user;
  const added = random.distinct(count, () => random.pick(PROVIDERS)).map((provider) => identifier(random, provider));
  return { ...user, eids: [...known, ...added] };
}

function identifier(random: Random, [source, length, atype]: (typeof PROVIDERS)[number]): JsonObject {
  const stable = random.chance(0.3) ? { ext: { stype: 'ppuid', rtiPartner: source.split('.')[0] as string } } : {};
  return { source, uids: [{ id: random.text(length, BASE64URL), atype, ...stable }] };
}

/** Structured client hints (`device.sua`) for the browsers that send them: those of the device's own platform. */
export function clientHints(random: Random, device: JsonObject): JsonObject {
  const os = device['os'] as string;
  if (!['Android', 'Windows', 'macOS'].includes(os) || random.chance(0.4)) return device;
  const mobile = os === 'Android';
  const version = `${random.int(118, 131)}`;
  const full = random.chance(0.5);
  const brand = (name: string): JsonObject => ({
    brand: name,
    version: full ? [version, '0', `${random.int(5000, 7000)}`, `${random.int(10, 200)}`] : [version],
  });
  const detail = full ? { architecture: mobile ? 'arm' : 'x86', bitness: '64', model: mobile ? 'Pixel 8' : '' } : {};
  return {
    ...device,
    sua: {
      browsers: [brand('Chromium'), brand('Google Chrome'), { brand: 'Not-A.Brand', version: ['99'] }],
      platform: { brand: os, version: [mobile ? '14' : '10', '0', '0'] },
      mobile: mobile ? 1 : 0,
      ...detail,
      source: full ? 2 : 1,
    },
  };
}

/** Adds deals that only others may buy, in the open auction of an impression that has no private one. */
export function dealsOfOthers(random: Random, imp: JsonObject, most: number): JsonObject {
  const pmp = (imp['pmp'] ?? { private_auction: 0, deals: [] }) as JsonObject;
  if (pmp['private_auction'] === 1) return imp;
  const others = Array.from({ length: random.int(1, most) }, () => ({
    id: `PM-${hex(random, 4)}-${random.int(100_000, 999_999)}`,
    bidfloor: random.int(50, 2500) / 100,
    bidfloorcur: 'USD',
    at: random.pick([1, 3]),
    wseat: [`dsp-${random.int(1, 40)}`],
  }));
  return { ...imp, pmp: { ...pmp, deals: [...list(pmp['deals']), ...others] } };
}

/** What runs on a television, as far as the publisher says. */
export function programme(random: Random, where: JsonObject): JsonObject {
  const app = where['app'] as JsonObject;
  const series = random.chance(0.6)
    ? { series: `Series ${random.int(1, 400)}`, season: `S${random.int(1, 9)}`, episode: random.int(1, 24) }
    : {};
  const content: JsonObject = {
    ...(app['content'] as JsonObject),
    title: `Programme ${random.int(1, 9000)}`,
    ...series,
    genre: random.pick(['drama', 'news', 'sports', 'comedy', 'documentary']),
    contentrating: random.pick(['TV-G', 'TV-PG', 'TV-14']),
    language: 'en',
    prodq: 1,
    network: { name: `Network ${random.int(1, 60)}` },
  };
  return { ...where, app: { ...app, content } };
}

/**
 * Adds segments of data providers and identifiers by turns until the request is of this length: what falls short of it
 * by less than one of them stays so.
 */
export function lengthen(random: Random, request: JsonObject, bytes: number): JsonObject {
  let missing = bytes - JSON.stringify(request).length;
  const user = request['user'] as JsonObject;
  const data = [...list(user['data'])];
  const eids = [...list(user['eids'])];
  for (let turn = 0; missing > 0; turn++) {
    const added: JsonObject = turn % 2 === 0 ? segments(random, turn) : identifier(random, random.pick(PROVIDERS));
    (turn % 2 === 0 ? data : eids).push(added);
    missing -= JSON.stringify(added).length + 1;
  }
  return { ...request, user: { ...user, data, eids } };
}

/** Named otherwise than the segments of books (`bench/vocabulary.ts`): of a provider the bidder does not buy from. */
function segments(random: Random, turn: number): JsonObject {
  const segment = Array.from({ length: random.int(3, 8) }, () => ({
    id: `${random.int(100_000, 999_999)}`,
    ...(random.chance(0.5) ? { name: `${random.pick(AUDIENCES)} ${random.int(1, 60)}` } : {}),
  }));
  return { id: `provider-${turn}`, name: `provider${turn}.example`, segment, ext: { segtax: 4 } };
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
