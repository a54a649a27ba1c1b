// The scanner: walks the bytes of a JSON text once, 16 at a time inside strings and whitespace, and checks the whole
// grammar (RFC 8259), so that it takes what JSON.parse takes and nothing else.
//
//   cursor ─▶ {"id" : "80ce30c5…" , "imp" : [ … ] , … }
//              └ key() gives "id" as its number and stops at the value;
//                text(), number(), skip(), … read one value and stop behind it.
//
// Every reader returns false on a syntax error; what it read stands in the module's globals until the next call. The
// bytes behind the text must be zero (INPUT_PADDING): zero ends every token, so no loop asks for the end.

import { escapeSize, resolveEscapes } from './escapes';
import { KEY_UNKNOWN, keyNumber } from './key_number';
import { isDigit, numberEnd, numberValue, parseNumber, skipNumber } from './number';

export const OBJECT: u8 = 123;
export const OBJECT_END: u8 = 125;
export const ARRAY: u8 = 91;
export const ARRAY_END: u8 = 93;

// Constants in memory: V8 makes a splatted one anew, in three instructions, wherever it is used.
const QUOTES: usize = memory.data<u8>([34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34], 16);
const BACKSLASHES: usize = memory.data<u8>([92, 92, 92, 92, 92, 92, 92, 92, 92, 92, 92, 92, 92, 92, 92, 92], 16);
const CONTROLS: usize = memory.data<u8>([31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31], 16);

/** Where the scanner stands. */
let p: usize = 0;
/** Whether the last string holds a backslash. */
let stringEscaped: bool = false;
/** The last value read as a text, escapes resolved. Length 0: absent. */
let textStart: usize = 0;
let textLength: usize = 0;
/** The last value read as a number. */
let numberFound: bool = false;
let numberRead: f64 = 0;
/** Scratch of this worker. */
let brackets: usize = 0;
let unescaped: usize = 0;

/** Sets the scratch areas of this worker: open brackets, a resolved string. */
export function setScratch(bracketBits: usize, text: usize): void {
  brackets = bracketBits;
  unescaped = text;
}

/** Where open brackets are noted from here on: a bit for each byte of the text there may be. */
export function setBrackets(bits: usize): void {
  brackets = bits;
}

/** Starts at an address. */
export function start(address: usize): void {
  p = address;
}

// @ts-ignore: decorator
@inline
export function cursor(): usize {
  return p;
}

// @ts-ignore: decorator
@inline
export function peek(): u8 {
  return load<u8>(p);
}

// @ts-ignore: decorator
@inline
export function readTextStart(): usize {
  return textStart;
}

// @ts-ignore: decorator
@inline
export function readTextLength(): usize {
  return textLength;
}

// @ts-ignore: decorator
@inline
export function readNumberFound(): bool {
  return numberFound;
}

// @ts-ignore: decorator
@inline
export function readNumber(): f64 {
  return numberRead;
}

/** The first address from one on that holds no whitespace. */
// @ts-ignore: decorator
@inline
function afterSpace(q: usize): usize {
  return load<u8>(q) > 32 ? q : afterSpaces(q);
}

function afterSpaces(q: usize): usize {
  while (true) {
    const v = v128.load(q);
    const white = v128.or(
      v128.or(i8x16.eq(v, i8x16.splat(32)), i8x16.eq(v, i8x16.splat(10))),
      v128.or(i8x16.eq(v, i8x16.splat(13)), i8x16.eq(v, i8x16.splat(9))),
    );
    const rest = ~i8x16.bitmask(white) & 0xffff;
    if (rest != 0) return q + ctz(rest);
    q += 16;
  }
}

/** Skips whitespace. */
// @ts-ignore: decorator
@inline
export function space(): void {
  p = afterSpace(p);
}

/**
 * Bits of the 16 bytes at an address that end the plain part of a string: a quote, a backslash, a control character.
 */
// @ts-ignore: decorator
@inline
function stringStops(q: usize): i32 {
  const v = v128.load(q);
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(v, v128.load(QUOTES)), i8x16.eq(v, v128.load(BACKSLASHES))),
      i8x16.eq(i8x16.min_u(v, v128.load(CONTROLS)), v),
    ),
  );
}

/** The address behind the closing quote of the string whose characters start at an address; 0 if it is broken. */
// @ts-ignore: decorator
@inline
function stringEnd(q: usize): usize {
  // Most strings close within 16 bytes, without an escape.
  const stops = stringStops(q);
  if (stops != 0) {
    const at = q + ctz(stops);
    if (load<u8>(at) == 34) return at + 1;
  }
  return longStringEnd(q);
}

function longStringEnd(q: usize): usize {
  while (true) {
    const stops = stringStops(q);
    if (stops == 0) {
      q += 16;
      continue;
    }
    q += ctz(stops);
    const c = load<u8>(q);
    if (c == 34) return q + 1;
    if (c != 92) return 0;
    stringEscaped = true;
    const size = escapeSize(q);
    if (size == 0) return 0;
    q += size;
  }
}

/** Makes the string at an address the last text. Returns the address behind it, 0 if it is broken. */
// @ts-ignore: decorator
@inline
function stringText(q: usize): usize {
  stringEscaped = false;
  const start = q + 1;
  const end = stringEnd(start);
  if (end == 0) return 0;
  if (stringEscaped) {
    textStart = unescaped;
    textLength = resolveEscapes(start, end - 1 - start, unescaped) - unescaped;
  } else {
    textStart = start;
    textLength = end - 1 - start;
  }
  return end;
}

/** What `key` returns on a syntax error. */
export const KEY_ERROR: i32 = -1;

/**
 * Reads a key and its colon, and stops at the value.
 * @returns the number of the key (keys.ts), KEY_UNKNOWN or KEY_ERROR
 */
// @ts-ignore: decorator
@inline
export function key(): i32 {
  // Nearly all keys close within 16 bytes, without an escape, and have a colon and a value right behind them.
  const q = p + 1;
  const stops = stringStops(q);
  const length = <usize>ctz(stops | 0x10000);
  const end = q + length;
  if (load<u8>(p) != 34 || (load<u32>(end) & 0xffff) != 0x3a22 || load<u8>(end, 2) <= 32) return oddKey();
  p = end + 2;
  return keyNumber(q, length);
}

function oddKey(): i32 {
  let q = p;
  if (load<u8>(q) != 34) return KEY_ERROR;
  const start = q + 1;
  stringEscaped = false;
  q = stringEnd(start);
  if (q == 0) return KEY_ERROR;
  const length = q - 1 - start;
  q = afterSpace(q);
  if (load<u8>(q) != 58) return KEY_ERROR;
  p = afterSpace(q + 1);
  return stringEscaped ? escapedKeyNumber(start, length) : keyNumber(start, length);
}

function escapedKeyNumber(start: usize, length: usize): i32 {
  length = resolveEscapes(start, length, unescaped) - unescaped;
  for (let i: usize = 0; i < length; i++) if (load<u8>(unescaped + i) == 0) return KEY_UNKNOWN; // not padding
  return keyNumber(unescaped, length);
}

/** Enters the object or array at the cursor; true if it is empty, and then stands behind it. */
// @ts-ignore: decorator
@inline
export function enterEmpty(close: u8): bool {
  const q = afterSpace(p + 1);
  const empty = load<u8>(q) == close;
  p = q + <usize>empty;
  return empty;
}

export const MORE: i32 = 1;
export const CLOSED: i32 = 0;
export const BROKEN: i32 = -1;

/** Behind a member or element: over the comma to the next (MORE), over the closing bracket (CLOSED), or BROKEN. */
// @ts-ignore: decorator
@inline
export function next(close: u8): i32 {
  const q = afterSpace(p);
  const c = load<u8>(q);
  if (c == 44) {
    p = afterSpace(q + 1);
    return MORE;
  }
  p = q + 1;
  return c == close ? CLOSED : BROKEN;
}

/** The address behind a number, `true`, `false` or `null`; 0 if there is none. */
function scalarEnd(q: usize): usize {
  const c = load<u8>(q);
  if (c == 45 || isDigit(c)) return skipNumber(q);
  if (c == 116) return load<u32>(q) == 0x65757274 ? q + 4 : 0; // true
  if (c == 110) return load<u32>(q) == 0x6c6c756e ? q + 4 : 0; // null
  return c == 102 && load<u32>(q, 1) == 0x65736c61 ? q + 5 : 0; // false
}

/** Reads past one value of any kind. */
export function skip(): bool {
  const q = p;
  const c = load<u8>(q);
  const end = c == 34 ? stringEnd(q + 1) : c == 123 || c == 91 ? nestedEnd(q) : scalarEnd(q);
  p = end;
  return end != 0;
}

/** The address behind an object or array of any depth: no recursion, one bit for each open bracket (1: an object). */
function nestedEnd(q: usize): usize {
  let open: u64 = 0;
  let depth: u32 = 0;
  while (true) {
    // at a value
    const c = load<u8>(q);
    if (c == 34) q = stringEnd(q + 1);
    else if (c == 123 || c == 91) {
      if ((depth & 63) == 63) store<u64>(brackets + (<usize>(depth >> 6) << 3), open);
      open = (open << 1) | <u64>(c == 123);
      depth++;
      q = afterSpace(q + 1);
      if (load<u8>(q) != c + 2) {
        if (c == 123) q = keyEnd(q);
        if (q == 0) return 0;
        continue;
      }
      q++;
      depth--;
      open >>= 1;
      if ((depth & 63) == 63) open = load<u64>(brackets + (<usize>(depth >> 6) << 3));
    } else q = scalarEnd(q);
    if (q == 0) return 0;
    // behind a value
    while (true) {
      if (depth == 0) return q;
      const object = (open & 1) != 0;
      q = afterSpace(q);
      const separator = load<u8>(q);
      q = q + 1;
      if (separator == 44) {
        q = afterSpace(q);
        if (object) q = keyEnd(q);
        if (q == 0) return 0;
        break;
      }
      if (separator != (object ? 125 : 93)) return 0;
      depth--;
      open >>= 1;
      if ((depth & 63) == 63) open = load<u64>(brackets + (<usize>(depth >> 6) << 3));
    }
  }
}

/** The address of the value behind the key at an address; 0 if there is none. */
// @ts-ignore: decorator
@inline
function keyEnd(q: usize): usize {
  if (load<u8>(q) != 34) return 0;
  q = stringEnd(q + 1);
  if (q == 0) return 0;
  q = afterSpace(q);
  return load<u8>(q) == 58 ? afterSpace(q + 1) : 0;
}

/** Reads a value as a number: a number, a string that is one, true as 1, false as 0; anything else is absent. */
export function number(): bool {
  const q = p;
  const c = load<u8>(q);
  numberFound = false;
  if (c == 34) {
    const end = stringText(q);
    if (end == 0) return false;
    p = end;
    if (textLength > 0 && parseNumber(textStart) && numberEnd() == textStart + textLength) {
      numberFound = true;
      numberRead = numberValue();
    }
    return true;
  }
  if (c == 116 || c == 102) {
    numberFound = true;
    numberRead = c == 116 ? 1 : 0;
    return skip();
  }
  if (c == 45 || isDigit(c)) {
    if (!parseNumber(q)) return false;
    p = numberEnd();
    numberFound = true;
    numberRead = numberValue();
    return true;
  }
  return skip();
}

/** Reads a value as a text: a non-empty string, or an integer below 2^53 in decimal; anything else is absent. */
export function text(): bool {
  const q = p;
  const c = load<u8>(q);
  if (c == 34) {
    const end = stringText(q);
    p = end;
    return end != 0;
  }
  textLength = 0;
  if (c == 45 || isDigit(c)) {
    if (!parseNumber(q)) return false;
    p = numberEnd();
    const value = numberValue();
    if (abs(value) < 9007199254740992 && trunc(value) == value) integerAsText(<i64>value);
    return true;
  }
  return skip();
}

function integerAsText(value: i64): void {
  let q = unescaped + 24;
  const stop = q;
  let rest: u64 = value < 0 ? <u64>-value : <u64>value;
  do {
    store<u8>(--q, <u8>(48 + (rest % 10)));
    rest /= 10;
  } while (rest != 0);
  if (value < 0) store<u8>(--q, 45);
  textStart = q;
  textLength = stop - q;
}
