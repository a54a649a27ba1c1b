// Request bodies: the collected real ones, and a generated set of the same shape for where those are absent (they are
// not in the repository) and for the server benchmarks, which need bodies of one size and a known share of bids.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from './random.js';
import * as words from './vocabulary.js';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
/** One request a line, beside the repository. */
export const REAL_BODIES = join(REPOSITORY, '../shared/openrtb');

/** Every collected body, or nothing when the folder is absent. */
export function realBodies(folder: string = REAL_BODIES): Buffer[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    )
    .map((line) => Buffer.from(line));
}

export interface BodyShape {
  /** Bytes wanted; a body that is naturally longer stays so. */
  readonly bytes: (random: Random) => number;
  /** Impressions. */
  readonly imps: (random: Random) => number;
}

/** As exchanges send them: median 1.5 to 2 KB, one in sixteen 4 to 6 KB with several impressions. */
export const MIXED: BodyShape = {
  bytes: (random) => (random.chance(0.06) ? random.int(4000, 6000) : random.int(1350, 2250)),
  imps: (random) => (random.chance(0.12) ? random.int(2, 5) : 1),
};

/** One size, one impression, for the server benchmarks. */
export const TWO_KB: BodyShape = { bytes: (random) => random.int(1980, 2100), imps: () => 1 };

/**
 * Makes request bodies, as dense as the collected ones: about one token of JSON in ten bytes. About
 * 30% of them get a bid from a generated book; a third of the others lose to a floor above every cap, the rest to
 * format, size, deals or seats. (Of the real bodies without a bid, nine in ten lose to format or size.) `throughput`
 * reports the shares achieved.
 */
export function generatedBodies(count: number, seed: number, shape: BodyShape): Buffer[] {
  const random = new Random(seed ^ 0x5eed);
  return Array.from({ length: count }, () => body(random, shape));
}

/** What is to become of a request, and what its imp, deals and block lists say for it. */
const OUTCOMES = [
  [28, 'bid'],
  [2.5, 'bid with deals'],
  [24, 'high floor'],
  [9, 'private deal of others'],
  [18, 'video only'],
  [13, 'no such size'],
  [3, 'other seats'],
  [1.5, 'no time'],
] as const;
type Outcome = (typeof OUTCOMES)[number][1];

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

function body(random: Random, shape: BodyShape): Buffer {
  const outcome = random.weighted(OUTCOMES);
  const inApp = random.chance(0.35);
  const country = random.weighted(words.COUNTRIES);
  const request: JsonObject = {
    id: random.text(36, '0123456789abcdef-'),
    at: random.chance(0.8) ? 1 : 2,
    tmax: outcome === 'no time' ? random.int(1, 3) : random.int(80, 300),
    cur: ['USD'],
    imp: Array.from({ length: shape.imps(random) }, (_, n) => imp(random, n, outcome, inApp)),
    ...(inApp ? { app: app(random) } : { site: site(random) }),
    device: device(random, inApp, country),
    user: user(random),
    ...(outcome === 'other seats' ? { wseat: [`other-${random.int(1, 99)}`] } : {}),
    ...(random.chance(0.6)
      ? {
          bcat: random.distinct(random.int(2, 9), () =>
            random.chance(0.8) ? random.pick(words.ADULT_CATEGORIES) : words.drawCategory(random),
          ),
        }
      : {}),
    ...(random.chance(0.35)
      ? { badv: random.distinct(random.int(1, 5), () => `advertiser${random.int(0, 9000)}.example`) }
      : {}),
    regs: { coppa: 0, ext: { gdpr: country === 'USA' ? 0 : 1, us_privacy: '1YNN' } },
    source: { fd: 0, tid: hex(random, 32), ...(random.chance(0.4) ? { schain: supplyChain(random) } : {}) },
  };
  const text = JSON.stringify(request);
  const missing = shape.bytes(random) - text.length - '"ext":{"data":""},'.length;
  if (missing <= 0) return Buffer.from(text);
  // A consent string, signed signals, an opaque user blob: what makes real bodies long is mostly one such text.
  return Buffer.from(`{"ext":{"data":"${random.text(missing, BASE64)}"},${text.slice(1)}`);
}

function supplyChain(random: Random): JsonObject {
  const node = { asi: 'exchange.example', sid: String(random.int(1000, 99_999)), hp: 1, rid: hex(random, 12) };
  return { ver: '1.0', complete: 1, nodes: [node] };
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const hex = (random: Random, length: number): string => random.text(length, '0123456789abcdef');

function imp(random: Random, n: number, outcome: Outcome, inApp: boolean): JsonObject {
  const [w, h] = inApp
    ? random.weighted<readonly [number, number]>([
        [5, [320, 50]],
        [5, [300, 250]],
        [1, [320, 480]],
      ])
    : random.weighted(words.SIZES);
  const floor = outcome === 'high floor' ? random.int(2500, 9000) / 100 : random.int(1, 60) / 100;
  return {
    id: String(n + 1),
    ...(outcome === 'video only' ? { video: video(random) } : { banner: banner(random, w, h, outcome) }),
    ...deals(random, outcome),
    tagid: String(random.int(10_000, 99_999)),
    instl: inApp && random.chance(0.2) ? 1 : 0,
    displaymanager: inApp ? 'GoogleMobileAds' : 'prebid.js',
    displaymanagerver: '8.52.0',
    bidfloor: floor,
    bidfloorcur: 'USD',
    secure: 1,
    exp: 300,
    ext: { gpid: `/1234/${words.drawDomain(random)}/slot-${n}`, tid: hex(random, 32) },
  };
}

function banner(random: Random, w: number, h: number, outcome: Outcome): JsonObject {
  if (outcome === 'no such size') return { w: 123, h: 457, pos: 1 };
  const others = random.chance(0.3)
    ? [
        { w: 300, h: 600 },
        { w: 336, h: 280 },
      ]
    : [];
  return {
    format: [{ w, h }, ...others],
    w,
    h,
    pos: random.int(0, 3),
    ...(random.chance(0.5) ? { battr: random.distinct(random.int(1, 5), () => random.int(1, 16)) } : {}),
    ...(random.chance(0.2) ? { btype: [4] } : {}),
    api: [3, 5, 6],
    ...(random.chance(0.3) ? { mimes: ['text/html', 'text/javascript', 'image/jpeg', 'image/png'] } : {}),
  };
}

function video(random: Random): JsonObject {
  return {
    mimes: ['video/mp4', 'video/webm'],
    minduration: 5,
    maxduration: random.pick([15, 30]),
    protocols: [2, 3, 5, 6],
    w: 640,
    h: 360,
    startdelay: 0,
    linearity: 1,
    playbackmethod: [1, 2],
    api: [1, 2, 7],
    skip: 1,
    skipafter: 5,
  };
}

function deals(random: Random, outcome: Outcome): JsonObject {
  if (outcome === 'private deal of others') {
    return { pmp: { private_auction: 1, deals: [{ id: `theirs-${random.int(1, 999)}`, bidfloor: 2, at: 1 }] } };
  }
  if (outcome !== 'bid with deals') return {};
  const ids = random.distinct(random.int(1, 3), () => words.drawDeal(random));
  return {
    pmp: {
      private_auction: 0,
      deals: ids.map((id) => ({ id, bidfloor: random.int(5, 80) / 100, bidfloorcur: 'USD', at: 1 })),
    },
  };
}

function site(random: Random): JsonObject {
  const domain = words.drawDomain(random);
  const publisher = words.drawPublisher(random);
  return {
    id: String(random.int(1000, 99_999)),
    domain,
    page: `https://www.${domain}/${random.pick(['news', 'story', 'guide'])}/${hex(random, 10)}.html?utm_source=feed`,
    ref: 'https://www.google.com/',
    cat: random.distinct(random.int(1, 3), () => words.drawCategory(random)),
    publisher: { id: publisher, name: `Publisher ${publisher}`, domain },
  };
}

function app(random: Random): JsonObject {
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
  };
}

function device(random: Random, inApp: boolean, country: string): JsonObject {
  const mobile = inApp || random.chance(0.5);
  const os = mobile ? random.pick(['iOS', 'Android']) : random.pick(['Windows', 'Windows', 'macOS']);
  const system = {
    iOS: 'iPhone; CPU iPhone OS 17_4 like Mac OS X',
    Android: 'Linux; Android 14; Pixel 8',
    Windows: 'Windows NT 10.0; Win64; x64',
    macOS: 'Macintosh; Intel Mac OS X 10_15_7',
  }[os];
  return {
    ua: `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36`,
    ip: `203.0.${random.int(0, 255)}.0`,
    geo: {
      country,
      type: 2,
      lat: random.int(25_000, 48_000) / 1000,
      lon: -random.int(70_000, 122_000) / 1000,
      ...(country === 'USA'
        ? { region: random.pick(words.US_REGIONS), city: random.pick(words.US_CITIES), zip: words.drawPostcode(random) }
        : {}),
    },
    devicetype: mobile ? random.pick([1, 4, 4, 5]) : 2,
    os,
    osv: '17.4',
    make: 'Apple',
    model: mobile ? 'iPhone' : 'Mac',
    language:
      country === 'USA'
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
    ifa: inApp ? hex(random, 32) : '',
  };
}

function user(random: Random): JsonObject {
  const segments = random.chance(0.35) ? random.distinct(random.int(1, 8), () => words.drawSegment(random)) : [];
  return {
    id: hex(random, 24),
    buyeruid: hex(random, 24),
    ...(segments.length === 0
      ? {}
      : { data: [{ id: 'dmp', name: 'segments', segment: segments.map((id) => ({ id })) }] }),
  };
}
