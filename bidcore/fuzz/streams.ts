// Video and audio of generated impressions: durations, protocols, pods and floors just inside, on and outside of what
// the aimed creative is.

import type { Ad, Book } from '../book.js';
import { attributesOf, mediaMimes, protocolOf } from '../creative_file.js';
import { makeFloorAmount } from './floors.js';
import { creativeOf } from './impressions.js';
import { type JsonObject, object, type Plain, raw } from './json_tree.js';
import type { Random } from './random.js';
import { type Draft, spellCase } from './requests.js';
import * as words from './vocabulary.js';

const PROTOCOLS = [1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 63];

type StreamCreative = Parameters<typeof protocolOf>[0];

export function makeStream(draft: Draft, aim: Ad | undefined, format: 'video' | 'audio'): JsonObject {
  const { random, knobs } = draft;
  const creative = creativeOf(aim, format);
  const duration = creative?.duration_s ?? random.pick(words.DURATIONS);
  const missed = (): boolean => random.chance(knobs.obstacles);
  const maybe = <T>(chance: number, value: () => T): T | undefined => (random.chance(chance) ? value() : undefined);
  const apis = creative?.apis ?? [];
  const attributes = creative === undefined ? [] : attributesOf(creative);
  return object([
    ['mimes', maybe(0.7, () => mimes(draft, creative))],
    ...durations(draft, duration),
    ...protocols(draft, creative),
    ...(format === 'video' ? picture(draft, aim) : []),
    ['battr', maybe(0.15, () => random.some<Plain>([2, 4, 6, 64, ...(missed() ? attributes : [])], 0, 3))],
    [
      'api',
      apis.length > 0 && !missed()
        ? random.shuffled<Plain>([...apis, 2, 63])
        : maybe(0.15, () => random.some<Plain>([1, 3, 7, 31, '5'], 0, 3)),
    ],
    ['companionad', companions(draft, creative)],
    ...pod(draft, duration),
    ['mincpmpersec', maybe(0.12, () => makeFloorAmount(draft, aim, 1 / duration))],
    ['durfloors', maybe(0.15, () => durationFloors(draft, aim, duration))],
    ['delivery', maybe(0.1, () => [1, 2])],
    ['ext', maybe(knobs.ballast / 3, () => ({ skip: 0, poddur: 1, maxduration: 1 }))],
  ]);
}

function mimes({ random, knobs }: Draft, creative: StreamCreative | undefined): Plain {
  const own = creative === undefined ? words.VIDEO_MIMES : mediaMimes(creative);
  const others = ['video/x-flv', 'audio/x', '', null, 7];
  if (random.chance(knobs.obstacles)) return random.pick<Plain>([[], null, 'video/mp4', others, ['image/png']]);
  return random.shuffled<Plain>([spellCase(random, random.pick(own)), ...random.some<Plain>(others, 0, 2)]);
}

function durations({ random, knobs }: Draft, duration: number): [string, Plain | undefined][] {
  if (random.chance(knobs.obstacles)) {
    return [
      ['minduration', random.pick<Plain | undefined>([undefined, duration + 1, duration, '6', -1])],
      ['maxduration', random.pick<Plain | undefined>([undefined, duration - 1, duration, 0, -1, null])],
      ['rqddurs', random.pick<Plain | undefined>([undefined, [duration + 1], [], [duration - 1, duration], 'x'])],
    ];
  }
  const exact: Plain[] = [duration, String(duration), raw(`${duration}.9`)];
  const required = random.shuffled<Plain>([random.pick(exact), ...random.some<Plain>([15, 30, null, 'x', 1e12], 0, 2)]);
  const useless = random.pick<Plain>([[], ['x', null], {}]);
  return [
    ['minduration', random.chance(0.5) ? random.pick<Plain>([0, 1, duration, -5, duration]) : undefined],
    ['maxduration', random.chance(0.6) ? random.pick<Plain>([duration, duration, 3600, 0, `${duration}`]) : undefined],
    ['rqddurs', random.chance(0.12) ? required : random.chance(0.03) ? useless : undefined],
  ];
}

function protocols({ random, knobs }: Draft, creative: StreamCreative | undefined): [string, Plain | undefined][] {
  const own = creative === undefined || random.chance(knobs.obstacles) ? [] : [protocolOf(creative)];
  const style = random.int(0, 5);
  const some = random.some<Plain>([...PROTOCOLS, 64, -1, 'x'], 0, 3);
  if (style <= 1) return [['protocols', random.shuffled<Plain>([...own, ...some])]];
  if (style === 2) return [['protocol', own[0] ?? random.pick(PROTOCOLS)]];
  if (style === 3) {
    return [
      ['protocols', some],
      ['protocol', own[0] ?? random.pick<Plain>([64, -1, 'x', 0, 63])],
    ];
  }
  return [['protocols', random.chance(0.1) ? random.pick<Plain>([[], [99], null, '7']) : undefined]];
}

/** `plcmt` for each `placement`, and the other way round: what it says is in docs/decisions.md section 3. */
const PLACEMENTS: Readonly<Record<number, readonly number[]>> = { 1: [1], 4: [2, 3, 4], 3: [5] };

function picture({ random, knobs }: Draft, aim: Ad | undefined): [string, Plain | undefined][] {
  const creative = creativeOf(aim, 'video');
  const wanted = aim?.adGroup.targeting.video_placements ?? [];
  const plcmt = wanted.length > 0 && random.chance(knobs.aim) ? random.pick(wanted) : random.int(0, 5);
  const old = PLACEMENTS[plcmt];
  const asOld = old !== undefined && random.chance(0.4);
  const given = wanted.length > 0 || random.chance(0.3);
  const skippable = creative?.skip_after_s !== undefined && !random.chance(knobs.obstacles);
  return [
    ['w', random.chance(0.8) ? random.pick<Plain>([creative?.w ?? 640, 640, 0, 65536]) : undefined],
    ['h', random.chance(0.8) ? random.pick<Plain>([creative?.h ?? 360, 360, -1]) : undefined],
    ['pos', random.chance(0.2) ? random.pick([0, 1, 7]) : undefined],
    ['linearity', linearity(random.chance(knobs.obstacles) ? undefined : creative?.linearity)],
    ['skip', random.chance(0.4) ? random.pick<Plain>(skippable ? [1, '1', 2] : [0, 0, 1, '0', false]) : undefined],
    ['plcmt', given && !asOld ? plcmt : undefined],
    ['placement', given ? (asOld ? random.pick(old) : random.chance(0.2) ? random.int(0, 6) : undefined) : undefined],
  ];

  function linearity(own: number | undefined): Plain | undefined {
    if (random.chance(0.5)) return undefined;
    return own === undefined ? random.pick<Plain>([0, 1, 2, 3]) : random.pick<Plain>([own, own, 0, String(own)]);
  }
}

function companions({ random, knobs }: Draft, creative: StreamCreative | undefined): Plain | undefined {
  const needed = creative?.companion_required === true && !random.chance(knobs.obstacles);
  if (!needed && !random.chance(0.15)) return undefined;
  const own = creative?.companions ?? [];
  const odd = random.some<Plain>([{ w: 300, h: 250 }, { w: 300 }, {}, null, { format: [{ w: 1, h: 1 }] }], 0, 2);
  if (!needed || own.length === 0) return odd;
  const { w, h } = random.pick(own);
  return random.shuffled<Plain>([{ id: '1', w: random.chance(0.1) ? `${w}` : w, h }, ...odd]);
}

/** Seconds of an ad together with some others of the book: whether one more fits is decided there. */
function together(random: Random, book: Book, duration: number): number {
  const others = random.some(book.ads, 0, 3).map(({ creative }) => creative);
  return others.reduce((sum, one) => sum + ('duration_s' in one ? one.duration_s : 0), duration);
}

/** A dynamic pod, or a slot of a structured one. Impressions of a request share their few pod ids. */
function pod({ random, knobs, book }: Draft, duration: number): [string, Plain | undefined][] {
  if (!random.chance(knobs.pods)) return [];
  const id = (): Plain | undefined =>
    random.chance(0.7) ? random.pick<Plain>(['pod-1', 'pod-1', 'POD-1', 1, '1', '', null, 'pod-2']) : undefined;
  if (random.chance(0.4))
    return [
      ['podid', id()],
      ['slotinpod', 1],
    ];
  const length = random.weighted<Plain>([
    [10, together(random, book, duration) + random.pick([0, 0, 0, 1, -1])],
    [2, 120],
    [1, random.pick<Plain>([0, -1, '60', duration - 1, null, 1e9, 1])],
  ]);
  return [
    ['podid', id()],
    ['podseq', random.chance(0.3) ? random.int(-1, 1) : undefined],
    ['poddur', length],
    ['maxseq', random.chance(0.6) ? random.pick<Plain>([1, 2, 3, 4, 8, 9, 0, -1, '2', 7.9, 100]) : undefined],
  ];
}

function durationFloors(draft: Draft, aim: Ad | undefined, duration: number): Plain {
  const { random } = draft;
  const entry = (): Plain => {
    const hit = random.chance(0.6);
    return object([
      ['mindur', random.chance(0.8) ? (hit ? duration - random.int(0, 5) : duration + random.int(1, 5)) : undefined],
      [
        'maxdur',
        random.chance(0.8) ? duration + random.int(0, 5) : random.pick<Plain | undefined>([undefined, 'x', 0]),
      ],
      [
        'bidfloor',
        random.chance(0.9) ? makeFloorAmount(draft, aim, 1) : random.pick<Plain | undefined>([undefined, 'x']),
      ],
    ]);
  };
  const entries: Plain[] = Array.from({ length: random.int(0, 3) }, entry);
  if (random.chance(0.1)) entries.push(random.pick<Plain>([null, [], 7, {}, { bidfloor: 0 }]));
  return random.chance(0.03) ? random.pick<Plain>([null, {}, 'x']) : entries;
}
