// Native of generated impressions: the request as text in a string or as an object, wrapped or not, with assets around
// what the aimed creative has, and texts that are nearly JSON.

import type { Ad } from '../book.js';
import type { NativeCreative } from '../creative_file.js';
import { attributesOf } from '../creative_file.js';
import { creativeOf } from './impressions.js';
import { escapeSome, withWhitespace, writeSomehow } from './json_forms.js';
import { type JsonObject, object, type Plain, raw, write } from './json_tree.js';
import type { Random } from './random.js';
import type { Draft } from './requests.js';
import * as words from './vocabulary.js';

export function makeNative(draft: Draft, aim: Ad | undefined): JsonObject {
  const { random, knobs } = draft;
  const creative = creativeOf(aim, 'native');
  const apis = creative?.apis ?? [];
  const missed = (): boolean => random.chance(knobs.obstacles);
  const attributes = creative === undefined ? [] : attributesOf(creative);
  return object([
    ['request', carried(random, makeNativeRequest(draft, creative), knobs.obstacles)],
    ['ver', random.chance(0.3) ? '1.2' : undefined],
    ['battr', random.chance(0.12) ? random.some<Plain>([2, 4, 64, ...(missed() ? attributes : [])], 0, 3) : undefined],
    [
      'api',
      apis.length > 0 && !missed()
        ? random.shuffled<Plain>([...apis, 2, 63])
        : random.chance(0.1)
          ? random.some<Plain>([1, 3, '5'], 0, 2)
          : undefined,
    ],
  ]);
}

/** The native request as the impression carries it. */
function carried(random: Random, tree: JsonObject, obstacles: number): Plain {
  const wrapped = random.chance(0.4) ? wrap(random, tree) : tree;
  if (random.chance(obstacles)) {
    const text = write(wrapped);
    return random.pick<() => Plain>([
      () => text.slice(0, random.int(0, text.length)),
      () => text.slice(0, -1),
      () => `${text}${random.pick(['x', '}', ',', '\u00a0', '\ufeff', '{}', '\u0000'])}`,
      () =>
        random.pick(['', ' ', '[]', 'null', '0', '"x"', '{', '{"assets"', '{}', `[${text}]`, '\ufeff{}', "{'a':1}"]),
      () => random.pick<Plain>([null, [], [wrapped], 1, true, { assets: {} }]),
      () => JSON.stringify(text),
      () => broken(random, text),
      () => text.replace(/[{,:]/, '$&\u00a0'),
    ])();
  }
  const style = random.int(0, 9);
  if (style < 3) return wrapped;
  if (style === 3) return writeSomehow(wrapped, random);
  if (style === 4) return withWhitespace(write(wrapped), random, 0.3);
  // Escapes in the text inside, or in the string around it, or in both.
  const inner = style === 5 || style === 6 ? write(escapeSome(wrapped, random, random.pick([0.1, 1]))) : write(wrapped);
  if (style !== 6 && style !== 7) return inner;
  return raw(`"${[...inner].map((char) => escaped(char, random)).join('')}"`);
}

/** A character as one of the escapes JSON has for it. */
function escaped(char: string, random: Random): string {
  if (random.chance(0.8)) return JSON.stringify(char).slice(1, -1);
  if (char === '/') return '\\/';
  return Array.from({ length: char.length }, (_, n) => `\\u${char.charCodeAt(n).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

/** One character gone, doubled or changed. */
export function broken(random: Random, text: string): string {
  const at = random.int(0, Math.max(0, text.length - 1));
  const by = random.pick([
    '',
    '"',
    '\\',
    ',',
    '{',
    '}',
    '[',
    ']',
    ':',
    '0',
    'x',
    '\u0000',
    '\n',
    '\ud800',
    '\\u00',
    '1e',
  ]);
  return text.slice(0, at) + by + text.slice(at + random.int(0, 1));
}

function wrap(random: Random, tree: JsonObject): JsonObject {
  return random.weighted<() => JsonObject>([
    [8, () => object([['native', tree]])],
    [
      1,
      () =>
        object([
          ['ver', '1'],
          ['native', tree],
          ['assets', []],
        ]),
    ],
    [
      1,
      () =>
        object([
          ['native', { assets: [{ id: 9, required: 1, data: { type: 77 } }] }],
          ['native', tree],
        ]),
    ],
    [
      1,
      () => ({
        kind: 'object',
        members: [...tree.members, ...object([['native', random.pick<Plain>([null, 'x', 1, []])]]).members],
      }),
    ],
    [1, () => object([['native', { native: tree }]])],
    [
      1,
      () =>
        object([
          ['native', tree],
          ['native', random.pick<Plain>([null, 'x', [tree]])],
          ['assets', []],
        ]),
    ],
  ])();
}

/** The request itself, unwrapped. */
export function makeNativeRequest(draft: Draft, creative: NativeCreative | undefined): JsonObject {
  const { random, knobs } = draft;
  const assets = Array.from(
    {
      length: random.weighted([
        [1, 0],
        [3, 1],
        [5, 2],
        [5, 3],
        [3, 5],
      ]),
    },
    (_, n) => asset(draft, creative, n + 1),
  );
  if (random.chance(0.06)) assets.push(random.pick<Plain>([null, 'x', [], {}, { id: 8 }, { id: 8, required: 1 }]));
  return object([
    ['ver', random.chance(0.5) ? '1.2' : undefined],
    ['context', random.chance(0.3) ? 1 : undefined],
    ['plcmttype', random.chance(0.3) ? 4 : undefined],
    ['assets', random.chance(0.97) ? assets : random.pick<Plain | undefined>([undefined, null, {}, 'x'])],
    ['eventtrackers', eventTrackers(random)],
    ['privacy', random.chance(0.1) ? 1 : undefined],
    ['ext', random.chance(knobs.ballast / 3) ? { assets: [{ id: 1, required: 1, data: { type: 99 } }] } : undefined],
  ]);
}

function eventTrackers(random: Random): Plain | undefined {
  return random.weighted<Plain | undefined>([
    [6, undefined],
    [5, [{ event: 1, methods: [1, 2] }]],
    [
      2,
      [
        { event: 2, methods: [1] },
        { event: 1, methods: [2] },
      ],
    ],
    [
      1,
      [
        { event: 1, methods: [2] },
        { event: '1', methods: ['1'] },
      ],
    ],
    [1, []],
    [
      1,
      random.pick<Plain>([null, {}, 'x', [null], [{}], [{ event: 1 }], [{ event: 1, methods: 1 }], [{ methods: [1] }]]),
    ],
  ]);
}

function asset(draft: Draft, creative: NativeCreative | undefined, id: number): Plain {
  const { random, knobs } = draft;
  const missed = random.chance(knobs.obstacles);
  const kind = random.weighted<() => [string, Plain]>([
    [4, () => ['title', title(random, creative)]],
    [5, () => ['img', image(random, missed ? undefined : creative)]],
    [4, () => ['data', dataAsset(random, missed ? undefined : creative)]],
    [0.4, () => ['video', { mimes: ['video/mp4'], protocols: [2] }]],
  ])();
  const fulfilled = kind[0] !== 'video' && !(missed || creative === undefined);
  const required = random.chance(fulfilled ? 0.6 : 0.3) ? random.pick<Plain>([1, 1, 1, true, '1', 1.5]) : undefined;
  const odd = random.chance(0.04);
  // What has two kinds is of the first one in the order title, img, video, data.
  const second: [string, Plain][] = random.chance(0.04)
    ? [
        random.pick<[string, Plain]>([
          ['title', { len: 5 }],
          ['img', {}],
          ['video', {}],
          ['data', { type: 2 }],
          ['title', 'x'],
        ]),
      ]
    : [];
  return object([
    ['id', odd ? random.pick<Plain | undefined>([undefined, 'x', '7', -3, 2 ** 31, 1.9, 0, id - 1]) : id],
    ['required', required ?? random.pick<Plain | undefined>([undefined, undefined, 0, 2])],
    ...(random.chance(0.5) ? [kind, ...second] : [...second, kind]),
  ]);
}

function title(random: Random, creative: NativeCreative | undefined): Plain {
  const own = [...(creative?.title ?? 'x')].length;
  if (random.chance(0.05)) return random.pick<Plain>([{}, { len: 'x' }, { len: -1 }, { len: null }]);
  return { len: random.pick<Plain>([own, own - 1, own + 1, 25, 90, 1, 2, 0, String(own), `${own}e0`, 140]) };
}

function image(random: Random, creative: NativeCreative | undefined): Plain {
  const own = (creative?.images.length ?? 0) > 0 ? random.pick(creative?.images ?? []) : undefined;
  const [w, h] = own === undefined ? random.pick(words.IMAGE_SIZES) : [own.w, own.h];
  const side = (key: string, size: number): [string, Plain | undefined][] =>
    random.weighted<() => [string, Plain | undefined][]>([
      [4, () => [[key, size]]],
      [4, () => [[`${key}min`, Math.max(0, size - random.pick([0, 0, 1, 20]))]]],
      [3, () => []],
      [
        1,
        () => [
          [key, size],
          [`${key}min`, random.pick([1, size + 1, 0, -1])],
        ],
      ],
      [0.5, () => [[key, random.pick<Plain>([0, -1, size + 1, 'x', String(size)])]]],
      [0.3, () => [[`${key}min`, size + 1]]],
    ])();
  const mimes = own === undefined ? ['image/png'] : [own.mime.toUpperCase(), 'image/gif'];
  return object([
    ['type', random.chance(0.75) ? (own?.type ?? random.pick(words.IMAGE_TYPES)) : undefined],
    ...side('w', w),
    ...side('h', h),
    ['mimes', random.chance(0.3) ? random.pick<Plain>([mimes, mimes, [], [null], 'image/png']) : undefined],
  ]);
}

function dataAsset(random: Random, creative: NativeCreative | undefined): Plain {
  const own = (creative?.data.length ?? 0) > 0 ? random.pick(creative?.data ?? []) : undefined;
  const length = [...(own?.value ?? 'xxx')].length;
  return object([
    ['type', own?.type ?? random.pick<Plain | undefined>([...words.DATA_TYPES, undefined, 'x'])],
    ['len', random.chance(0.6) ? random.pick<Plain>([length, length - 1, length + 1, 25, 1, 0, -1, 'x']) : undefined],
  ]);
}
