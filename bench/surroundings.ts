// What surrounds the impressions of a generated body: where the ad would stand (site or app), the device, the user, the
// supply chain, and the privacy signals.

import { gppOfUs, tcfString } from './consent.js';
import type { Random } from './random.js';
import * as words from './vocabulary.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Where a request comes from: a page, an app of a telephone, or an app of a television. */
export type Place = 'site' | 'app' | 'ctv';

export const hex = (random: Random, length: number): string => random.text(length, '0123456789abcdef');

export function inventory(random: Random, place: Place): JsonObject {
  return place === 'site' ? { site: site(random) } : { app: app(random, place) };
}

function site(random: Random): JsonObject {
  const domain = words.drawDomain(random);
  const publisher = words.drawPublisher(random);
  return {
    id: String(random.int(1000, 99_999)),
    domain,
    page: `https://www.${domain}/${random.pick(['news', 'story', 'guide'])}/${hex(random, 10)}.html`,
    ref: 'https://www.google.com/',
    cat: random.distinct(random.int(1, 3), () => words.drawCategory(random)),
    publisher: { id: publisher, name: `Publisher ${publisher}`, domain },
  };
}

function app(random: Random, place: Place): JsonObject {
  const bundle = words.drawBundle(random);
  const publisher = words.drawPublisher(random);
  return {
    id: String(random.int(1000, 99_999)),
    name: `App ${bundle}`,
    bundle,
    storeurl: `https://play.google.com/store/apps/details?id=${bundle}`,
    ver: '7.2.1',
    cat: random.distinct(random.int(1, 3), () => words.drawCategory(random)),
    publisher: { id: publisher, name: `Publisher ${publisher}` },
    ...(place === 'ctv' ? { content: { id: hex(random, 12), livestream: random.int(0, 1), len: 2700 } } : {}),
  };
}

/** One in a hundred is a crawler, and one in a hundred stands in a data centre. */
export function device(random: Random, place: Place, country: string): JsonObject {
  const mobile = place === 'app' || (place === 'site' && random.chance(0.5));
  const os =
    place === 'ctv'
      ? random.pick(['Roku OS', 'tvOS', 'Tizen', 'Android TV'])
      : mobile
        ? random.pick(['iOS', 'Android'])
        : random.pick(['Windows', 'Windows', 'macOS']);
  const us = country === 'USA';
  return {
    ua: random.chance(0.01)
      ? 'Mozilla/5.0 (compatible; ExampleBot/2.1; +http://bot.example/about.html)'
      : userAgent(os),
    ...address(random),
    geo: {
      country,
      type: 2,
      ...(us
        ? { region: random.pick(words.US_REGIONS), city: random.pick(words.US_CITIES), zip: words.drawPostcode(random) }
        : {}),
    },
    devicetype: place === 'ctv' ? random.pick([3, 3, 7]) : mobile ? random.pick([1, 4, 4, 5]) : 2,
    os,
    osv: '17.4',
    make: 'Apple',
    language: us
      ? random.weighted([
          [9, 'en'],
          [1, 'es'],
        ])
      : random.weighted(words.LANGUAGES),
    connectiontype: random.pick([0, 1, 2, 2, 6]),
    carrier: random.pick(words.CARRIERS),
    w: mobile ? 390 : 1920,
    h: mobile ? 844 : 1080,
    js: 1,
    dnt: 0,
    lmt: random.chance(0.1) ? 1 : 0,
    ...(place === 'site' ? {} : { ifa: random.chance(0.2) ? '00000000-0000-0000-0000-000000000000' : hex(random, 32) }),
  };
}

function userAgent(os: string): string {
  const system: Readonly<Record<string, string>> = {
    iOS: 'iPhone; CPU iPhone OS 17_4 like Mac OS X',
    Android: 'Linux; Android 14; Pixel 8',
    Windows: 'Windows NT 10.0; Win64; x64',
    macOS: 'Macintosh; Intel Mac OS X 10_15_7',
    'Roku OS': 'Roku/DVP-12.5',
    Tizen: 'SMART-TV; Linux; Tizen 7.0',
  };
  return `Mozilla/5.0 (${system[os] ?? os}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36`;
}

function address(random: Random): JsonObject {
  if (random.chance(0.15)) return { ipv6: `2001:db8:${hex(random, 4)}:${hex(random, 4)}::` };
  return { ip: random.chance(0.01) ? words.drawDatacentreAddress(random) : words.drawAddress(random) };
}

/** Consent of a European user, and everything else that is known of one. */
export interface Privacy {
  readonly regs: JsonObject;
  /** Members of `user` and of `user.ext`. */
  readonly user: JsonObject;
  readonly userExt: JsonObject;
}

/**
 * Of European bodies, 55% say that GDPR applies and carry a consent string (a fifth of all bodies); the others leave
 * it to the country, as older senders do. Of those of the USA, 15% carry GPP and the others a US privacy string.
 * Senders of OpenRTB 2.5 have the signals in `ext`.
 */
export function privacy(random: Random, country: string): Privacy {
  const old = random.chance(0.3);
  if (words.EUROPE.includes(country) && random.chance(0.55)) {
    const consent = { consent: tcfString(random) };
    if (old) return { regs: { coppa: 0, ext: { gdpr: 1 } }, user: {}, userExt: consent };
    return { regs: { coppa: 0, gdpr: 1 }, user: consent, userExt: {} };
  }
  if (country !== 'USA') return { regs: { coppa: 0 }, user: {}, userExt: {} };
  const signals: JsonObject = random.chance(0.15)
    ? { ...gppOfUs(random) }
    : { gdpr: 0, us_privacy: random.chance(0.04) ? '1YYN' : '1YNN' };
  const coppa = random.chance(0.01) ? 1 : 0;
  return { regs: old ? { coppa, ext: signals } : { coppa, ...signals }, user: {}, userExt: {} };
}

export function user(random: Random, { user: signals, userExt }: Privacy): JsonObject {
  const segments = random.chance(0.35) ? random.distinct(random.int(1, 8), () => words.drawSegment(random)) : [];
  const eids = random.chance(0.4)
    ? Array.from({ length: random.int(1, 2) }, (_, n) => ({
        source: `id${n}.example`,
        uids: [{ id: hex(random, 20), atype: 1 }],
      }))
    : [];
  const ext = { ...userExt, ...(eids.length > 0 && random.chance(0.3) ? { eids } : {}) };
  return {
    id: hex(random, 24),
    buyeruid: hex(random, 24),
    ...(segments.length === 0
      ? {}
      : { data: [{ id: 'dmp', name: 'segments', segment: segments.map((id) => ({ id })) }] }),
    ...(eids.length > 0 && !('eids' in ext) ? { eids } : {}),
    ...signals,
    ...(Object.keys(ext).length > 0 ? { ext } : {}),
  };
}

/** Four in five have a supply chain of one to three nodes, a third of these where 2.5 has it; one in forty is open. */
export function source(random: Random): JsonObject {
  const common = { fd: 0, tid: hex(random, 32) };
  if (random.chance(0.2)) return common;
  const schain = {
    ver: '1.0',
    complete: random.chance(0.025) ? 0 : 1,
    nodes: random
      .distinct(random.pick([1, 1, 1, 2, 2, 3]), () => words.drawSeller(random))
      .map((asi) => ({ asi, sid: words.drawPublisher(random), hp: 1 })),
  };
  return random.chance(0.33) ? { ...common, ext: { schain } } : { ...common, schain };
}
