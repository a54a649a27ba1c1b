// Requests that are JSON but not as the specification types them (OPENRTB.md 2), or that say a thing twice. Real
// exchanges send both; each costs a field, not the request.

import {
  containers,
  copy,
  decodeKey,
  type Json,
  type JsonObject,
  json,
  object,
  type Plain,
  raw,
  write,
} from './json_tree.js';
import type { Random } from './random.js';

/** Numbers in every spelling, among them what no 64-bit float holds. */
export const ODD_NUMBERS = [
  ...`
  0 -0 -0.0 1 -1 1.0 1.5 0.1 1e0 1E3 1e+2 1e-2 1e999 -1e999 1e-400 -1e-400 5e-324 4.9e-324
  1.7976931348623157e308 2.2250738585072011e-308 123456789012345678901234567890 0.30000000000000004
  9007199254740991 9007199254740992 9007199254740993 -9007199254740991 2147483647 2147483648 -2147483648
  -2147483649 2147483647.9 -2147483648.9 4294967296 4294967297 63 64 63.9 0.9 -0.9 65535 65536 1e22 1e23 8.5
  300.0000000001 1000000000000000000000e-21 0.0000000000000000000001e22 9007199254740991.0 90071992547409920e-1
  0e1000 100000000000000000000000 1e0000000000000000000003 7.2057594037927933e16
  `
    .trim()
    .split(/\s+/),
  `1${'0'.repeat(400)}`,
  `0.${'0'.repeat(400)}1`,
  `1.${'0'.repeat(300)}1`,
  `1${'0'.repeat(330)}e-330`,
];
const ODD_TEXTS = [
  '',
  ' ',
  '0',
  '1',
  '75',
  ' 75',
  '75 ',
  '+5',
  '.5',
  '5.',
  '01',
  '-',
  '1e3',
  '1e',
  '0x10',
  'NaN',
  'Infinity',
  '-0',
  '1_000',
  '1,5',
  'true',
  'null',
  '\u0000',
  '\t1',
  '１',
  'ü',
  '😀',
  '\ud800',
  '\udc00',
  '\ud83dx',
  'x'.repeat(63),
  'y'.repeat(64),
  'z'.repeat(65),
  'USD',
  'usd',
  'www.',
  'WWW.www.',
  '://',
  'a://',
  '1e999',
  '12345678901234567890123',
  '\uffff',
  '\u2028',
  '\\',
  '"',
  '/',
  '\u007f',
  '1\u0000',
  '\u0000'.repeat(9),
  '-1.5E+2',
];

/** Some odd value of any type. */
export function oddValue(random: Random): Json {
  switch (random.int(0, 9)) {
    case 0:
    case 1:
    case 2:
      return raw(random.pick(ODD_NUMBERS));
    case 3:
    case 4:
    case 5:
      return json(random.pick(ODD_TEXTS));
    case 6:
      return raw(random.pick(['null', 'true', 'false']));
    case 7:
      return json(
        random.pick<Plain>([
          [],
          {},
          [[]],
          [{}],
          [null],
          [1],
          ['x'],
          ['x', 1, null, {}],
          { id: '1' },
          [{ id: '1' }],
          [{ id: 1 }, null, { id: '' }],
        ]),
      );
    case 8:
      return json({ w: 300, h: '250', id: 5, cat: 'IAB1', segment: [{ id: 1 }] });
    default:
      return raw('"\\u0000\\u0041\\ud83d\\ude00\\udead\\b\\f\\n\\r\\t\\/\\\\\\""');
  }
}

/** Changes a few values into others of the wrong type, or the same value in another type. */
export function deviate(tree: JsonObject, random: Random, count: number): JsonObject {
  const out = copy(tree) as JsonObject;
  for (let n = 0; n < count; n += 1) {
    const places = containers(out);
    // The first containers are the outer ones: choose them as often as all the small ones together.
    const place = random.chance(0.3)
      ? (places[random.int(0, Math.min(6, places.length - 1))] as Json)
      : random.pick(places);
    if (place.kind === 'array' && place.items.length > 0) {
      const at = random.int(0, place.items.length - 1);
      place.items[at] = deviant(place.items[at] as Json, random);
    } else if (place.kind === 'object' && place.members.length > 0) {
      const chosen = random.pick(place.members);
      // A lost id loses the whole request: rarely, or nothing else would be seen.
      if (decodeKey(chosen.key) !== 'id' || random.chance(0.3)) chosen.value = deviant(chosen.value, random);
    }
  }
  return out;
}

function deviant(value: Json, random: Random): Json {
  if (random.chance(0.4)) return oddValue(random);
  if (value.kind === 'object') return random.chance(0.5) ? json([value]) : raw(JSON.stringify(write(value)));
  if (value.kind === 'array') return random.chance(0.5) ? (value.items[0] ?? raw('null')) : object([['0', value]]);
  const { text } = value;
  if (/^[-\d]/.test(text)) {
    const whole = /^-?\d+$/.test(text);
    return random.pick<() => Json>([
      () => raw(`"${text}"`),
      () => raw(`" ${text}"`),
      () => raw(whole ? `${text}.0` : `${text}0`.replace(/([eE].*)0$/, '$1')),
      () => raw(whole ? `${text}.7` : text),
      () => raw(`${text}e0`.replace(/([eE].*)e0$/, '$1')),
      () => json([value]),
      () => raw(whole ? `"${text}e0"` : `"${text}"`),
      () => raw(text === '0' ? 'false' : 'true'),
      () => raw('null'),
    ])();
  }
  if (text.startsWith('"')) {
    return random.pick<() => Json>([
      () => json([value]),
      () => json({ id: value }),
      () => raw('null'),
      () => raw('""'),
      () => raw('12'),
      () => raw('1.0'),
    ])();
  }
  return random.pick<() => Json>([() => raw('0'), () => raw('1'), () => raw(`"${text}"`), () => json([])])();
}

/** Repeats members inside objects, the copy changed and before or behind the original: the last one counts. */
export function repeatMembers(tree: JsonObject, random: Random, count: number): JsonObject {
  const out = copy(tree) as JsonObject;
  for (let n = 0; n < count; n += 1) {
    const objects = containers(out).filter((c): c is JsonObject => c.kind === 'object' && c.members.length > 0);
    const place = random.chance(0.4) ? out : random.pick(objects);
    const chosen = random.pick(place.members);
    const value = copy(chosen.value);
    const changed =
      random.chance(0.6) && value.kind === 'object'
        ? thinned(value, random)
        : random.chance(0.5)
          ? oddValue(random)
          : value;
    place.members.splice(random.int(0, place.members.length), 0, { key: chosen.key, value: changed });
  }
  return out;
}

function thinned(value: JsonObject, random: Random): JsonObject {
  return { kind: 'object', members: random.shuffled(value.members.filter(() => random.chance(0.6))) };
}
