// The request as the response checker reads it: `JSON.parse` and the coercions of docs/decisions.md section 1, written
// again from the page. It shares no code with the hot path nor with the reference bidder, or it would share mistakes.

import { type Json, member, treeOf } from './json_tree.js';

export type Fields = Readonly<Record<string, unknown>>;

export interface DealView {
  readonly fields: Fields;
  /** The id as it stands in the body. */
  readonly rawId: string | undefined;
  readonly id: string | undefined;
}

export interface NativeView {
  /** The native request, out of its string and its wrapping. */
  readonly request: Fields;
  readonly wrapped: boolean;
}

export interface ImpView {
  readonly fields: Fields;
  readonly rawId: string | undefined;
  readonly banner: Fields | undefined;
  readonly video: Fields | undefined;
  readonly audio: Fields | undefined;
  readonly native: NativeView | undefined;
  readonly privateAuction: boolean;
  readonly deals: readonly DealView[];
}

export interface RequestView {
  readonly fields: Fields;
  readonly rawId: string | undefined;
  readonly imps: readonly ImpView[];
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const fieldsOf = (value: unknown): Fields | undefined => (isObject(value) ? value : undefined);

export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' && !/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return undefined;
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const number = Number(value);
  return Math.abs(number) < 2 ** -1000 ? 0 : number; // by docs/decisions.md section 1
}

export function integerOf(value: unknown): number | undefined {
  const number = numberOf(value);
  if (number === undefined) return undefined;
  const whole = Math.trunc(number);
  return whole >= -(2 ** 31) && whole < 2 ** 31 ? whole : undefined;
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  const number = typeof value === 'number' ? (numberOf(value) as number) : undefined;
  return Number.isInteger(number) && Math.abs(number as number) < 2 ** 53 ? String(number) : undefined;
}

/** A member of a member, as deep as there are names; nothing where something is not an object. */
export function at(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) {
    if (!isObject(found)) return undefined;
    found = found[name];
  }
  return found;
}

/** The objects of an array. */
export function objectsOf(value: unknown): Fields[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isObject) : [];
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf).filter((text) => text !== undefined) : [];
}

export function setOf(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  return value.map(integerOf).filter((number) => number !== undefined && number >= 0 && number <= 63) as number[];
}

/** Lower case of A to Z only. */
export const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** A currency in capitals, or nothing if the value is not three ASCII letters. */
export function currencyOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && /^[A-Za-z]{3}$/.test(text) ? text.toUpperCase() : undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes; throws if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Reads a request. Throws if it is not one: nothing must be answered to such a body. */
export function viewRequest(body: Uint8Array): RequestView {
  const text = decodeUtf8(body);
  const fields = fieldsOf(JSON.parse(text));
  if (fields === undefined || !Array.isArray(fields['imp'])) throw new Error('not a bid request');
  // Nothing for a body nested too deep for the tree: its ids are then compared by value only.
  const plain = !text.includes('\\');
  const tree = plain && !hasNumericId(fields) ? undefined : treeOf(text);
  const impTrees = itemsOf(member(tree, 'imp'));
  return {
    fields,
    rawId: rawIdOf(fields, tree, plain),
    imps: (fields['imp'] as unknown[]).map((imp, n) => viewImp(fieldsOf(imp) ?? {}, impTrees[n], plain)),
  };
}

/** True if an id that may be echoed is a number: one value, many spellings. */
function hasNumericId(request: Fields): boolean {
  const imps = objectsOf(request['imp']);
  const deals = imps.flatMap((imp) => objectsOf(at(imp, 'pmp', 'deals')));
  return [request, ...imps, ...deals].some(({ id }) => typeof id === 'number');
}

/** An id as it stands in the body; in a `plain` one, without escapes, there is only one spelling of a string. */
function rawIdOf({ id }: Fields, tree: Json | undefined, plain: boolean): string | undefined {
  return plain && typeof id === 'string' ? `"${id}"` : rawOf(tree);
}

function viewImp(fields: Fields, tree: Json | undefined, plain: boolean): ImpView {
  const pmp = fieldsOf(fields['pmp']) ?? {};
  const dealTrees = itemsOf(member(member(tree, 'pmp'), 'deals'));
  const deals = Array.isArray(pmp['deals']) ? (pmp['deals'] as unknown[]) : [];
  return {
    fields,
    rawId: rawIdOf(fields, tree, plain),
    banner: fieldsOf(fields['banner']),
    video: fieldsOf(fields['video']),
    audio: fieldsOf(fields['audio']),
    native: viewNative(at(fields, 'native', 'request')),
    privateAuction: integerOf(pmp['private_auction']) === 1,
    deals: deals.flatMap((deal, n) =>
      isObject(deal) ? [{ fields: deal, rawId: rawIdOf(deal, dealTrees[n], plain), id: textOf(deal['id']) }] : [],
    ),
  };
}

function viewNative(request: unknown): NativeView | undefined {
  let found = request;
  if (typeof found === 'string') {
    try {
      found = JSON.parse(found);
    } catch {
      return undefined; // a text that is not JSON is no native request
    }
  }
  if (!isObject(found)) return undefined;
  const inner = found['native'];
  return isObject(inner) ? { request: inner, wrapped: true } : { request: found, wrapped: false };
}

function itemsOf(tree: Json | undefined): readonly Json[] {
  return tree?.kind === 'array' ? tree.items : [];
}

export function rawOf(tree: Json | undefined, key = 'id'): string | undefined {
  const found = member(tree, key);
  return found?.kind === 'token' ? found.text : undefined;
}
