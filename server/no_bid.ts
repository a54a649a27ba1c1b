// A no-bid that says why: the request's id and the reason's number (OpenRTB 3.0 list "No-Bid Reason Codes").

import { reasonOf } from '../bidcore/reasons.js';

const [QUOTE, BACKSLASH, COMMA, COLON] = ['"', '\\', ',', ':'].map(codeOf) as [number, number, number, number];
const OPENING = ['{', '['].map(codeOf);
const CLOSING = ['}', ']'].map(codeOf);
/** What a JSON number is written with; it begins with one of the last eleven. */
const NUMERIC = [...'+.eE-0123456789'].map(codeOf);
const [OPEN_OBJECT] = OPENING;
const NUMERIC_FIRST = 4;
const ID = bytesOf('"id"');
const ANSWER_ID = bytesOf('{"id":');

/** A response without bids, `{"id":ID,"nbr":N}`; without `id` if there is none to echo. */
export function noBid(id: Uint8Array | undefined, code: number): Uint8Array {
  const { nbr } = reasonOf(code);
  return id === undefined ? bytesOf(`{"nbr":${nbr}}`) : Buffer.concat([ANSWER_ID, id, bytesOf(`,"nbr":${nbr}}`)]);
}

/**
 * The `id` of a request as it stands in its text, so that it is echoed byte for byte: parsing would lose its escapes
 * and the digits of long numbers. Undefined if there is none that is a non-empty string or a number. The request is
 * JSON; of anything else the result is some piece of it, or undefined.
 */
export function idToken(request: Uint8Array): Uint8Array | undefined {
  let depth = 0;
  let key: Uint8Array = new Uint8Array();
  let isValueOfId = false;
  let id: Uint8Array | undefined;
  for (let at = 0; at < request.length; ) {
    const byte = request[at] as number;
    const end = byte === QUOTE ? endOfString(request, at) : isNumeric(byte) ? endOfNumber(request, at) : at + 1;
    if (depth === 1) {
      if (byte === COLON) {
        isValueOfId = isId(key);
        if (isValueOfId) id = undefined; // of repeated keys the last one counts, also when it is of no use
      } else if (byte === COMMA) isValueOfId = false;
      else if (byte === QUOTE && !isValueOfId) key = request.subarray(at, end);
      else if (byte === QUOTE && end - at > 2) id = request.subarray(at, end);
      else if (isValueOfId && NUMERIC.indexOf(byte) >= NUMERIC_FIRST) id = request.subarray(at, end);
    }
    if (OPENING.includes(byte)) {
      if (depth === 0 && byte !== OPEN_OBJECT) return undefined;
      depth++;
    } else if (CLOSING.includes(byte)) depth--;
    at = end;
  }
  return id;
}

/** Whether a key, in quotes, is `id`, however it is written. */
function isId(key: Uint8Array): boolean {
  if (!key.includes(BACKSLASH)) return Buffer.compare(key, ID) === 0;
  try {
    return JSON.parse(Buffer.from(key).toString()) === 'id';
  } catch {
    return false; // not JSON: no key of ours
  }
}

/** Where what stands behind a string begins. */
function endOfString(text: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function endOfNumber(text: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < text.length && isNumeric(text[at] as number)) at++;
  return at;
}

function isNumeric(byte: number): boolean {
  return NUMERIC.includes(byte);
}

function codeOf(character: string): number {
  return character.charCodeAt(0);
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}
