// Bodies broken at random: what a faulty exchange, a cut connection or an attacker sends. Most are no longer JSON, and
// the two bidders must agree on that too, to the byte.

import { MAX_BODY_BYTES } from '../limits.js';
import { ODD_NUMBERS } from './deviations.js';
import type { Random } from './random.js';

type Mutation = (body: Buffer, random: Random) => Buffer;

const BAD_UTF8: readonly (readonly number[])[] = [
  [0x80],
  [0xbf],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xc2],
  [0xc2, 0x20],
  [0xe0, 0x80, 0x80],
  [0xe0, 0x9f, 0xbf],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfe],
  [0xff],
  [0xf0, 0x9f, 0x98],
  [0xed, 0x9f, 0xbf, 0xbf],
];
/** Well-formed UTF-8 on the edges of the encoding. */
const EDGE_UTF8: readonly (readonly number[])[] = [
  [0xc2, 0x80],
  [0xdf, 0xbf],
  [0xe0, 0xa0, 0x80],
  [0xed, 0x9f, 0xbf],
  [0xee, 0x80, 0x80],
  [0xef, 0xbf, 0xbf],
  [0xf0, 0x90, 0x80, 0x80],
  [0xf4, 0x8f, 0xbf, 0xbf],
  [0xef, 0xbb, 0xbf],
  [0x7f],
  [0xe2, 0x80, 0xa8],
];
const FRAGMENTS = [
  ',',
  ':',
  '"',
  '{',
  '}',
  '[',
  ']',
  '\\',
  '\\u',
  '\\u12',
  '\\ud800',
  '\\x',
  '\\"',
  '//',
  '/* */',
  "'",
  'null',
  'nul',
  'true',
  'True',
  'undefined',
  'NaN',
  'Infinity',
  '-',
  '+',
  '.',
  '1',
  '01',
  '-01',
  '1.',
  '.1',
  '1e',
  '1e+',
  '- 1',
  '0x1',
  '1 2',
  '""',
  '{}',
  '[]',
  ',,',
  '{,}',
  '[,]',
  '\u00a0',
  '\ufeff',
  '\u2028',
  '\v',
  '\f',
  '\0',
  '"a":1',
  '"a" 1',
  '"id":"x"',
  ',"imp":[{"id":"9"}]',
  ',"id":',
  '\n',
  ' ',
  '\t\r\n ',
  '\u0085',
];

const at = (body: Buffer, random: Random): number => random.int(0, body.length);

function splice(body: Buffer, from: number, to: number, insert: Uint8Array | string): Buffer {
  return Buffer.concat([body.subarray(0, from), Buffer.from(insert), body.subarray(to)]);
}

/** Start and end of a random JSON-looking token of the body. */
function someToken(body: Buffer, random: Random, pattern: RegExp): [number, number] | undefined {
  // latin1 keeps one character a byte, so that positions in the text are positions in the body.
  const text = body.toString('latin1');
  const start = random.int(0, Math.max(0, text.length - 1));
  const search = new RegExp(pattern.source, 'g');
  search.lastIndex = start;
  const found = search.exec(text) ?? new RegExp(pattern.source).exec(text);
  return found === null ? undefined : [found.index, found.index + found[0].length];
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/;
const VALUE = /"[^"\\]*"|\btrue\b|\bfalse\b|\bnull\b|\d+/;

function replaceToken(body: Buffer, random: Random, pattern: RegExp, by: (token: string) => string): Buffer {
  const span = someToken(body, random, pattern);
  return span === undefined
    ? body
    : splice(body, span[0], span[1], Buffer.from(by(body.toString('latin1', span[0], span[1])), 'latin1'));
}

function deep(random: Random): string {
  const depth = random.pick([3, 60, 63, 64, 65, 127, 128, 129, 511, 1000, 4096, 30_000]);
  const style = random.int(0, 4);
  if (style === 0) return '['.repeat(depth) + ']'.repeat(depth);
  if (style === 1) return ['{"a":'.repeat(depth), '1', '}'.repeat(depth)].join('');
  if (style === 2) return ['[{"id":'.repeat(depth / 2), '[]', '}]'.repeat(depth / 2)].join('');
  if (style === 3) return '['.repeat(depth) + ']'.repeat(depth - 1); // one is missing
  return ['['.repeat(depth), ']'.repeat(depth - 1), '}'].join(''); // one is of the other kind
}

const MUTATIONS: readonly Mutation[] = [
  (body, random) => body.subarray(0, at(body, random)),
  (body, random) => body.subarray(0, Math.max(0, body.length - random.int(1, 3))),
  (body, random) => body.subarray(random.int(0, Math.min(3, body.length))),
  (body, random) => {
    const out = Buffer.from(body);
    for (let n = random.int(1, 3); n > 0 && out.length > 0; n -= 1) {
      const place = random.int(0, out.length - 1);
      out[place] = (out[place] as number) ^ (1 << random.int(0, 7));
    }
    return out;
  },
  (body, random) => {
    const out = Buffer.from(body);
    if (out.length > 0) out[random.int(0, out.length - 1)] = random.int(0, 255);
    return out;
  },
  (body, random) => insertAt(body, at(body, random), Uint8Array.from(random.pick(BAD_UTF8))),
  (body, random) => insertInString(body, random, Uint8Array.from(random.pick(BAD_UTF8))),
  (body, random) => insertInString(body, random, Uint8Array.from(random.pick(EDGE_UTF8))),
  (body, random) => insertInString(body, random, Uint8Array.from([random.int(0, 31)])),
  (body, random) => insertInString(body, random, random.pick(FRAGMENTS)),
  (body, random) =>
    insertAt(body, at(body, random), Uint8Array.from([random.pick([0, 1, 8, 9, 10, 11, 12, 13, 31, 32, 127])])),
  (body, random) => insertAt(body, at(body, random), random.pick(FRAGMENTS)),
  (body, random) => replaceToken(body, random, /[,:{}[\]"]/, () => ''),
  (body, random) => replaceToken(body, random, /[,:{}[\]"]/, () => random.pick(FRAGMENTS)),
  (body, random) => replaceToken(body, random, NUMBER, () => random.pick(ODD_NUMBERS)),
  (body, random) => replaceToken(body, random, NUMBER, (token) => `"${token}"`),
  (body, random) =>
    replaceToken(
      body,
      random,
      NUMBER,
      (token) => token + random.pick(['.', 'e', 'e+', '.e1', '..1', '-', 'x', '.0e', '0']),
    ),
  (body, random) => replaceToken(body, random, STRING, () => String(random.int(0, 1000))),
  (body, random) => replaceToken(body, random, STRING, (token) => token.slice(1, -1)),
  (body, random) => replaceToken(body, random, VALUE, () => deep(random)),
  (body, random) => replaceToken(body, random, VALUE, () => random.pick(FRAGMENTS)),
  (body, random) =>
    replaceToken(
      body,
      random,
      STRING,
      (token) =>
        `${token.slice(0, -1)}${'p'.repeat(random.pick([7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 5000, 60_000]))}"`,
    ),
  (body, random) => {
    const from = at(body, random);
    const span = body.subarray(from, Math.min(body.length, from + random.pick([1, 2, 10, 100, 1000])));
    return insertAt(body, random.chance(0.5) ? from : at(body, random), span);
  },
  (body, random) => {
    const from = at(body, random);
    return splice(body, from, Math.min(body.length, from + random.pick([1, 2, 5, 20, 200])), '');
  },
  (body, random) =>
    insertAt(
      body,
      body.length,
      random.pick([
        ' ',
        '\n',
        '\0',
        'x',
        '}',
        '{}',
        ',',
        '[]',
        'null',
        ' \t\r\n',
        '\u00a0',
        '/**/',
        '\ufeff',
        ' '.repeat(70),
      ]),
    ),
  (body, random) => insertAt(body, 0, random.pick([' ', '\ufeff', '\n\n', '[', '{', 'x', '\0', ' '.repeat(70)])),
  (body, random) =>
    Buffer.from(
      random.pick([
        '',
        ' ',
        '{}',
        '[]',
        'null',
        '0',
        '"x"',
        '{"id":"1"}',
        '{"imp":[]}',
        '{"id":"1","imp":[]}',
        '{"id":"1","imp":{}}',
        '{"id":"","imp":[{}]}',
        '[{"id":"1"}]',
        'true',
        '-',
        '"',
        '{',
        '[',
        '\\',
        '{"id":"1","imp":[null]}',
        '{"id":1,"imp":[{"id":[]}]}',
        '{"id":null,"imp":[{"id":"1"}]}',
        '\ufeff{}',
        '1e',
        '{"',
      ]) + (body.length % 2 === 0 ? '' : ' '),
    ),
  (body) => Buffer.concat([body, body]),
  (body) => Buffer.from(`[${body.toString('latin1')}]`, 'latin1'),
];

function insertAt(body: Buffer, place: number, insert: Uint8Array | string): Buffer {
  return splice(body, place, place, insert);
}

function insertInString(body: Buffer, random: Random, insert: Uint8Array | string): Buffer {
  const span = someToken(body, random, STRING);
  return span === undefined ? body : insertAt(body, random.int(span[0] + 1, span[1] - 1), insert);
}

/** One or a few mutations of a body; never longer than the hot path takes. */
export function mutate(body: Buffer, random: Random): Buffer {
  let out = body;
  for (
    let n = random.weighted([
      [6, 1],
      [2, 2],
      [1, 4],
    ]);
    n > 0;
    n -= 1
  ) {
    const next = random.pick(MUTATIONS)(out, random);
    if (next.length <= MAX_BODY_BYTES) out = next;
  }
  return out;
}
