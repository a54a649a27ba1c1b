// The same request in another form. Whitespace, key order, escapes and overruled duplicate keys must not change a
// decision (docs/decisions.md section 1), so these functions also carry the property tests.

import { copy, decodeKey, type Json, type JsonObject, raw, write, writePretty } from './json_tree.js';
import type { Random } from './random.js';

const BLANKS = [' ', '  ', '\t', '\n', '\r', '\r\n', '\n\t\t', '                 ', ' \n \t \r '];

/** Random whitespace around the tokens of a JSON text. */
export function withWhitespace(text: string, random: Random, density: number): string {
  const tokens = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const blank = (): string => (random.chance(density) ? random.pick(BLANKS) : '');
  return blank() + tokens.map((token) => token + blank()).join('');
}

/** A text of the tree: mostly compact, sometimes indented or with odd whitespace. */
export function writeSomehow(tree: Json, random: Random): string {
  switch (random.int(0, 9)) {
    case 0:
      return writePretty(tree, '  ');
    case 1:
      return writePretty(tree, random.pick(['\t', '    ', ' ', '                ']), random.pick(['\n', '\r\n']));
    case 2:
      return withWhitespace(write(tree), random, random.pick([0.05, 0.3, 1]));
    default:
      return write(tree);
  }
}

/** Every object's members in random order. Repeated keys keep their order among themselves. */
export function shuffleKeys(tree: Json, random: Random): Json {
  if (tree.kind === 'token') return tree;
  if (tree.kind === 'array') return { kind: 'array', items: tree.items.map((item) => shuffleKeys(item, random)) };
  const shuffled = random.shuffled(tree.members);
  const queues = new Map<string, typeof shuffled>();
  for (const m of tree.members) {
    const key = decodeKey(m.key);
    queues.set(key, [...(queues.get(key) ?? []), m]);
  }
  return {
    kind: 'object',
    members: shuffled.map((place) => {
      const m = queues.get(decodeKey(place.key))?.shift() as (typeof shuffled)[number];
      return { key: m.key, value: shuffleKeys(m.value, random) };
    }),
  };
}

/** Strings and keys with some characters as escapes. The text of ids changes, their value does not. */
export function escapeSome(tree: Json, random: Random, density: number): Json {
  if (tree.kind === 'token') return tree.text.startsWith('"') ? raw(escapeToken(tree.text, random, density)) : tree;
  if (tree.kind === 'array')
    return { kind: 'array', items: tree.items.map((item) => escapeSome(item, random, density)) };
  return {
    kind: 'object',
    members: tree.members.map((m) => ({
      key: escapeToken(m.key, random, density),
      value: escapeSome(m.value, random, density),
    })),
  };
}

function escapeToken(token: string, random: Random, density: number): string {
  if (!random.chance(0.3)) return token;
  const text = JSON.parse(token) as string;
  let out = '"';
  for (let n = 0; n < text.length; n += 1) {
    const char = text.charAt(n);
    const code = text.charCodeAt(n);
    const surrogate = code >= 0xd800 && code < 0xe000;
    // A pair is escaped whole or not at all: half a pair in UTF-8 does not exist.
    if (surrogate && code < 0xdc00 && !random.chance(density) && isPair(text, n)) {
      out += text.slice(n, n + 2);
      n += 1;
    } else if (surrogate || random.chance(density)) {
      out += code === 0x2f && random.chance(0.5) ? '\\/' : unicodeEscape(code, random);
    } else {
      out += JSON.stringify(char).slice(1, -1);
    }
  }
  return `${out}"`;
}

function isPair(text: string, at: number): boolean {
  const low = text.charCodeAt(at + 1);
  return low >= 0xdc00 && low < 0xe000;
}

function unicodeEscape(code: number, random: Random): string {
  const hex = code.toString(16).padStart(4, '0');
  return `\\u${random.chance(0.5) ? hex : hex.toUpperCase()}`;
}

/** Adds overruled copies before some members: the later one counts, so the decision stays. */
export function addOverruled(tree: Json, random: Random, density: number): Json {
  const out = copy(tree);
  const visit = (node: Json): void => {
    if (node.kind === 'token') return;
    if (node.kind === 'array') return node.items.forEach(visit);
    const before = [...node.members];
    for (const m of before) {
      visit(m.value);
      if (random.chance(density)) insertBefore(node, node.members.indexOf(m), m.key, decoy(m.value, random));
    }
  };
  visit(out);
  return out;
}

function insertBefore(node: JsonObject, at: number, key: string, value: Json): void {
  node.members.splice(at, 0, { key, value });
}

/** A value to be overruled: of another type, empty, or like the real one with parts of it missing. */
function decoy(value: Json, random: Random): Json {
  const choice = random.int(0, 7);
  if (choice < 3 && value.kind === 'object') {
    return {
      kind: 'object',
      members: value.members.filter(() => random.chance(0.5)).map((m) => ({ key: m.key, value: copy(m.value) })),
    };
  }
  if (choice < 3 && value.kind === 'array')
    return { kind: 'array', items: value.items.filter(() => random.chance(0.5)).map(copy) };
  return raw(
    random.pick(['null', '0', '1', '7', '"x"', '""', '{}', '[]', 'true', '[{}]', '{"id":"decoy"}', '-1', '["a","b"]']),
  );
}
