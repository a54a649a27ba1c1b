// Request bodies: the collected real ones, and a generated set of the same shape for where those are absent (they are
// not in the repository) and for the server benchmarks, which need bodies of one size and a known share of bids.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Format } from '../bidcore/creative_file.js';
import { imp, type Outcome } from './impressions.js';
import { jsonOf } from './outcomes.js';
import { Random } from './random.js';
import { device, hex, inventory, type JsonObject, type Place, privacy, source, user } from './surroundings.js';
import * as words from './vocabulary.js';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
/** One request a line, beside the repository. */
export const REAL_BODIES = join(REPOSITORY, '../shared/openrtb');

export interface BodyFile {
  readonly name: string;
  readonly bodies: readonly Buffer[];
}

/** The files of collected bodies, or none when the folder is absent. */
export function bodyFiles(folder: string = REAL_BODIES): BodyFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => {
      const lines = readFileSync(join(folder, name), 'utf8').split('\n');
      return { name, bodies: lines.filter((line) => line !== '').map((line) => Buffer.from(line)) };
    });
}

/** Every collected body. */
export function realBodies(): Buffer[] {
  return bodyFiles().flatMap(({ bodies }) => bodies);
}

/** How often a bidder of all formats is asked for each, in percent. */
const FORMAT_SHARES: readonly (readonly [Format, number])[] = [
  ['banner', 60],
  ['video', 25],
  ['native', 10],
  ['audio', 5],
];

/**
 * Collected bodies in that mix: those of each format (of the first impression; of several formats the rarest) in their
 * order, again from the first where there are too few. None when the folder is absent.
 */
export function mixedRealBodies(count: number): Buffer[] {
  const byFormat = new Map<Format, Buffer[]>();
  for (const body of realBodies()) {
    const format = formatOf(body);
    if (format !== undefined) byFormat.set(format, [...(byFormat.get(format) ?? []), body]);
  }
  if (byFormat.size < FORMAT_SHARES.length) return [];
  const hundred = FORMAT_SHARES.flatMap(([format, share]) => Array.from({ length: share }, () => format));
  const taken = new Map<Format, number>();
  return Array.from({ length: count }, (_, n) => {
    const format = hundred[(n * 37) % 100] as Format; // 37 and 100 share no factor: each place once in a hundred
    const its = byFormat.get(format) as Buffer[];
    const nth = taken.get(format) ?? 0;
    taken.set(format, nth + 1);
    return its[nth % its.length] as Buffer;
  });
}

function formatOf(body: Buffer): Format | undefined {
  const { imp } = (jsonOf(body.toString()) ?? {}) as { imp?: unknown };
  const first = (Array.isArray(imp) ? imp[0] : undefined) as Record<string, unknown> | null | undefined;
  const offered = FORMAT_SHARES.filter(([format]) => typeof first?.[format] === 'object' && first[format] !== null);
  return offered.at(-1)?.[0];
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
 * Makes request bodies, as dense as the collected ones: about one token of JSON in ten bytes. The mix:
 *
 * - formats: banner 60, video 25, native 10, audio 5 %, as a bidder of all formats sees them over many exchanges (the
 *   collected bodies are four fifths banners); one banner or video impression in eight takes a second format;
 * - places: two thirds of the video in apps, half of that on televisions, and most of the native and audio; on
 *   televisions a half is in pods, most of these dynamic;
 * - privacy: a fifth with `gdpr = 1` and a consent string, 15% of the US ones with GPP (`surroundings.ts`);
 * - outcomes: as OUTCOMES says, so that about 30% get a bid from a generated book, a quarter loses to a floor above
 *   every cap and a third to a size, a duration or an asset that nobody has. They are those of the mix that banners
 *   alone were measured with, but that "no format" is now "no size": the book has all formats. `decision` prints what
 *   they came to. (Of the collected bodies without a bid, most lose to size, duration or format too.)
 */
export function generatedBodies(count: number, seed: number, shape: BodyShape): Buffer[] {
  const random = new Random(seed ^ 0x5eed);
  return Array.from({ length: count }, () => body(random, shape));
}

/** What becomes of generated bodies, in percent. */
export const OUTCOMES: words.Weighted<Outcome> = [
  [28, 'bid'],
  [2.5, 'bid with deals'],
  [24, 'high floor'],
  [9, 'private deal of others'],
  [31, 'nothing fits'],
  [3, 'other seats'],
  [1.5, 'no time'],
];

/** Where impressions of a format stand. */
export const PLACES: Readonly<Record<Format, words.Weighted<Place>>> = {
  banner: [
    [65, 'site'],
    [35, 'app'],
  ],
  video: [
    [35, 'site'],
    [30, 'app'],
    [35, 'ctv'],
  ],
  native: [
    [40, 'site'],
    [60, 'app'],
  ],
  audio: [
    [30, 'site'],
    [70, 'app'],
  ],
};

/** A body that is naturally longer than this takes no second format that is long. */
const ROOMY_BYTES = 2200;

function body(random: Random, shape: BodyShape): Buffer {
  const outcome = random.weighted(OUTCOMES);
  const format = random.weighted(words.FORMAT_SHARES);
  const place = random.weighted(PLACES[format]);
  const country = random.weighted(words.COUNTRIES);
  const signals = privacy(random, country);
  const bytes = shape.bytes(random);
  const pod = place === 'ctv' && random.chance(0.5) ? `pod-${hex(random, 8)}` : undefined;
  const request: JsonObject = {
    id: random.text(36, '0123456789abcdef-'),
    at: random.chance(0.8) ? 1 : 2,
    tmax: outcome === 'no time' ? random.int(1, 3) : random.int(80, 300),
    cur: ['USD'],
    imp: Array.from({ length: shape.imps(random) }, (_, n) =>
      imp(random, { n, format, place, outcome, pod, roomy: bytes > ROOMY_BYTES }),
    ),
    ...inventory(random, place),
    device: device(random, place, country),
    user: user(random, signals),
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
    regs: signals.regs,
    source: source(random),
  };
  const text = JSON.stringify(request);
  const missing = bytes - text.length - '"ext":{"data":""},'.length;
  if (missing <= 0) return Buffer.from(text);
  // Signed signals, an opaque user blob: what makes real bodies long is mostly one such text.
  return Buffer.from(`{"ext":{"data":"${random.text(missing, BASE64)}"},${text.slice(1)}`);
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
