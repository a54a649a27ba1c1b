// JSON as a tree of raw tokens. `JSON.parse` forgets what the fuzzer is about: the order of keys, repeated keys, how
// a number or a string was spelt. Requests are generated, changed in form and cut down as such trees.

export interface JsonObject {
  kind: 'object';
  members: JsonMember[];
}
export interface JsonMember {
  /** The key as it stands in the text, quotes and escapes included. */
  key: string;
  value: Json;
}
export interface JsonArray {
  kind: 'array';
  items: Json[];
}
/** A string, number, true, false or null as it stands in the text. */
export interface JsonToken {
  kind: 'token';
  text: string;
}
export type Json = JsonObject | JsonArray | JsonToken;

/** What `json` turns into a tree; a tree may stand anywhere inside. `undefined` members are left out. */
export type Plain =
  | Json
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain | undefined };

/** Trees deeper than this are handled as text only, so that the recursive walks here need no stack of their own. */
const DEPTH_MAX = 400;

export const raw = (text: string): JsonToken => ({ kind: 'token', text });

export function isTree(value: Plain): value is Json {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return value.kind === 'token' || value.kind === 'object' || value.kind === 'array';
}

/** Keys as tokens: requests have the same few hundred again and again. */
const keyTokens = new Map<string, string>();
const KEY_TOKENS_MAX = 5000;

function keyToken(key: string): string {
  let token = keyTokens.get(key);
  if (token === undefined) {
    token = JSON.stringify(key);
    if (keyTokens.size < KEY_TOKENS_MAX) keyTokens.set(key, token);
  }
  return token;
}

/** A tree of a plain value. */
export function json(value: Plain): Json {
  if (typeof value === 'string') return raw(JSON.stringify(value));
  if (typeof value === 'number') return raw(Number.isFinite(value) ? String(value) : 'null');
  if (typeof value !== 'object' || value === null) return raw(String(value));
  if (Array.isArray(value)) return { kind: 'array', items: (value as readonly Plain[]).map(json) };
  if (isTree(value)) return value;
  return object(Object.entries(value as { readonly [key: string]: Plain | undefined }));
}

/** An object of entries in their order; a key may repeat. */
export function object(entries: readonly (readonly [string, Plain | undefined])[]): JsonObject {
  const members: JsonMember[] = [];
  for (const [key, value] of entries) {
    if (value !== undefined) members.push({ key: keyToken(key), value: json(value) });
  }
  return { kind: 'object', members };
}

/** The last member of that name, as `JSON.parse` sees it. */
export function member(tree: Json | undefined, key: string): Json | undefined {
  if (tree?.kind !== 'object') return undefined;
  return tree.members.findLast((m) => decodeKey(m.key) === key)?.value;
}

/** Puts a member in place of those of its name, or behind the others. */
export function setMember(tree: JsonObject, key: string, value: Plain): void {
  tree.members = tree.members.filter((m) => decodeKey(m.key) !== key);
  tree.members.push({ key: keyToken(key), value: json(value) });
}

export function decodeKey(token: string): string {
  return token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
}

export function copy(tree: Json): Json {
  if (tree.kind === 'token') return raw(tree.text);
  if (tree.kind === 'array') return { kind: 'array', items: tree.items.map(copy) };
  return { kind: 'object', members: tree.members.map((m) => ({ key: m.key, value: copy(m.value) })) };
}

/** The text without whitespace. */
export function write(tree: Json): string {
  if (tree.kind === 'token') return tree.text;
  let out = '';
  if (tree.kind === 'array') {
    for (const item of tree.items) out += out === '' ? write(item) : `,${write(item)}`;
    return `[${out}]`;
  }
  for (const { key, value } of tree.members) {
    out += `${out === '' ? '' : ','}${key}:${write(value)}`;
  }
  return `{${out}}`;
}

/** The text, indented. */
export function writePretty(tree: Json, indent: string, newline = '\n', margin = ''): string {
  if (tree.kind === 'token') return tree.text;
  const inner = margin + indent;
  const [open, close] = tree.kind === 'array' ? '[]' : '{}';
  const parts =
    tree.kind === 'array'
      ? tree.items.map((item) => writePretty(item, indent, newline, inner))
      : tree.members.map((m) => `${m.key}: ${writePretty(m.value, indent, newline, inner)}`);
  if (parts.length === 0) return `${open}${close}`;
  return `${open}${newline}${inner}${parts.join(`,${newline}${inner}`)}${newline}${margin}${close}`;
}

/** All objects and arrays of a tree, itself first. */
export function containers(tree: Json, found: (JsonObject | JsonArray)[] = []): (JsonObject | JsonArray)[] {
  if (tree.kind === 'token') return found;
  found.push(tree);
  for (const child of tree.kind === 'array' ? tree.items : tree.members.map((m) => m.value)) containers(child, found);
  return found;
}

/** The tree of a text, or nothing if it is not JSON or too deep. */
export function parseTree(text: string): Json | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined; // not JSON is an expected answer here, the caller goes on with the text
  }
  return treeOf(text);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** The tree of a text that is known to be JSON, or nothing if it is too deep. */
export function treeOf(text: string): Json | undefined {
  let at = 0;
  const skipBlanks = (): void => {
    while (isBlank(text.charCodeAt(at))) at += 1;
  };
  /** The string, number or word that begins here; `at` is put behind it. */
  const token = (): string => {
    const from = at;
    if (text.charCodeAt(at) === QUOTE) {
      do at = text.indexOf('"', at + 1);
      while (isEscaped(text, at));
      at += 1;
    } else {
      while (at < text.length && !isEnd(text.charCodeAt(at))) at += 1;
    }
    return text.slice(from, at);
  };
  const value = (depth: number): Json | undefined => {
    skipBlanks();
    const open = text.charAt(at);
    if (open !== '{' && open !== '[') return raw(token());
    if (depth > DEPTH_MAX) return undefined;
    const items: Json[] = [];
    const members: JsonMember[] = [];
    const close = open === '{' ? '}' : ']';
    at += 1;
    for (skipBlanks(); text.charAt(at) !== close; skipBlanks()) {
      if (text.charAt(at) === ',') at += 1;
      skipBlanks();
      let key = '';
      if (open === '{') {
        key = token();
        skipBlanks();
        at += 1; // the colon
      }
      const child = value(depth + 1);
      if (child === undefined) return undefined;
      if (open === '{') members.push({ key, value: child });
      else items.push(child);
    }
    at += 1;
    return open === '{' ? { kind: 'object', members } : { kind: 'array', items };
  };
  return value(0);
}

/** True if an odd number of backslashes stands before the quote. */
function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 1;
}

/** What ends a number or a word: blanks, `,`, `]` and `}`. */
function isEnd(code: number): boolean {
  return code === 0x2c || code === 0x5d || code === 0x7d || isBlank(code);
}
