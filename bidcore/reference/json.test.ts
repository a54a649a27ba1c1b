// The JSON reader against JSON.parse: it takes the same texts and reads the same values from them.

import fc from 'fast-check';
import t from 'tap';
import { isJsonNumber, type Json, readJson } from './json.js';

const SEED = 20260107;

/** What JSON.parse would have made of it. */
function plain(json: Json): unknown {
  switch (json.kind) {
    case 'null':
      return null;
    case 'array':
      return json.items.map(plain);
    case 'object':
      // Without a prototype, so that a key `__proto__` is a key.
      return Object.assign(Object.create(null), Object.fromEntries([...json.members].map(([k, v]) => [k, plain(v)])));
    default:
      return json.value;
  }
}

/** Both readers' view of a text, as texts to compare; an error reads `invalid`. */
function views(text: string): { ours: string; theirs: string } {
  const json = readJson(text);
  let theirs = 'invalid';
  try {
    theirs = canonical(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { ours: json === undefined ? 'invalid' : canonical(plain(json)), theirs };
}

/** JSON with sorted keys: the order of keys is not part of the value. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))
      : member,
  );
}

/** A name for a test: TAP takes U+2028 for the end of a line. */
function ascii(text: string): string {
  return text.replace(/[^ -~]/g, (character) => `U+${character.charCodeAt(0).toString(16)}`);
}

const TRICKY = [
  '',
  ' ',
  '{}',
  ' { } ',
  '[]',
  '[ ]',
  '[1,]',
  '[,1]',
  '{"a":1,}',
  '{,}',
  '{"a"}',
  '{"a":}',
  '{a:1}',
  "{'a':1}",
  '{"a":1 "b":2}',
  '[1 2]',
  '[1,2]]',
  '{}{}',
  '1',
  '-1',
  '+1',
  '01',
  '-01',
  '1.',
  '.5',
  '-.5',
  '1e5',
  '1E+5',
  '1e',
  '1e+',
  '1.5e-3',
  '0e0',
  '-0',
  '1e400',
  '-',
  'NaN',
  'Infinity',
  '0x10',
  '1_000',
  'true',
  'tru',
  'truex',
  'false',
  'null',
  'nul',
  'undefined',
  '"',
  '""',
  '"a',
  '"\\',
  '"\\"',
  '"\\""',
  '"\\u12"',
  '"\\u12g4"',
  '"\\u00e9\\ud83d\\ude00"',
  '"\\ud83d"',
  '"\\x41"',
  '"\\/\\b\\f\\n\\r\\t\\\\"',
  '"a\nb"',
  '"a\tb"',
  '"a\u0000b"',
  '"\u007f\u2028"',
  '\ufeff{}',
  '\u00a0{}',
  '{}\u00a0',
  '\f{}',
  '\v1',
  '\r\n\t {}\r\n',
  '[[[]]]',
  '[[[]]',
  '{"a":{"b":[{"c":null}]}}',
  '{"__proto__":1}',
  '{"a":1,"\\u0061":2}',
  '[}',
  '{]',
  '[1}',
  '{"a":1]',
  ',',
  ':',
  '/**/1',
  '1//',
  '"\\u0022"',
  '[1,2',
  '{"a":',
  '{"a',
  '{"a":1,',
  '[true,false,null,"x",1.5,{}]',
  '\u2028',
  '"é😀"',
  '[]]',
  '{}}',
];

t.test('it takes and refuses what JSON.parse takes and refuses', async (t) => {
  for (const text of TRICKY) {
    const { ours, theirs } = views(text);
    t.equal(ours, theirs, ascii(JSON.stringify(text)));
  }
});

t.test('it reads generated documents as JSON.parse does, and damaged ones too', async (t) => {
  const damaged = fc
    .tuple(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.constantFrom('', '"', '\\', ',', ':', '}', ']', '{', '[', '0', 'e', '-', ' ', '\n'),
    )
    .map(([text, at, piece]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + piece + text.slice(cut + (at % 3));
    });
  const agree = fc.property(fc.oneof(fc.json({ maxDepth: 5 }), damaged, fc.string()), (text) => {
    const { ours, theirs } = views(text);
    return ours === theirs;
  });
  const details = fc.check(agree, { seed: SEED, numRuns: 5000 });
  t.equal(details.failed, false, fc.defaultReportMessage(details) ?? '5000 texts');
});

t.test('it keeps raw tokens as they stand', async (t) => {
  const json = readJson(' { "id" : "a\\u0062\\/\\"c" , "n" : -1.50E+2 } ');
  if (json?.kind !== 'object') throw new Error('not an object');
  t.same(json.members.get('id'), { kind: 'string', value: 'ab/"c', raw: '"a\\u0062\\/\\"c"' });
  t.same(json.members.get('n'), { kind: 'number', value: -150, raw: '-1.50E+2' });
});

t.test('of repeated keys the last counts, however it is written', async (t) => {
  const json = readJson('{"a":1,"b":2,"\\u0061":{"x":1},"a":null}');
  if (json?.kind !== 'object') throw new Error('not an object');
  t.same([...json.members.keys()].sort(), ['a', 'b']);
  t.same(json.members.get('a'), { kind: 'null' });
});

t.test('it survives nesting as deep as a body is long', async (t) => {
  const depth = 65_000;
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    t.not(readJson(`${open.repeat(depth)}1${close.repeat(depth)}`), undefined, `${depth} times ${open}`);
    t.equal(readJson(`${open.repeat(depth)}1${close.repeat(depth - 1)}`), undefined, 'one bracket short');
  }
});

t.test('a long string and a long number are read', async (t) => {
  const text = `"${'\\u0041'.repeat(20_000)}"`;
  const json = readJson(text);
  t.equal(json?.kind === 'string' && json.value, 'A'.repeat(20_000));
  t.equal(readJson(`1${'0'.repeat(100_000)}`)?.kind, 'number');
});

t.test('a whole text is told from a JSON number', async (t) => {
  for (const yes of ['0', '-0', '75', '1.5e3', '-2E-2']) t.ok(isJsonNumber(yes), yes);
  for (const no of ['', ' 75', '75 ', '+1', '01', '1.', '.5', '1e', '0x1', 'NaN', '1,5', '75ms'])
    t.notOk(isJsonNumber(no), no);
});
