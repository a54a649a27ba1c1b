// The readers of docs/decisions.md section 1: what a field takes, and what counts as absent. A field of the wrong type
// is absent and never costs more than itself (OpenRTB 2.6 section 2.1).

import { wellFormed } from '../vocabulary.js';
import { isJsonNumber, type Json, type JsonObject } from './json.js';

export function field(object: JsonObject | undefined, name: string): Json | undefined {
  return object?.members.get(name);
}

/** Magnitudes below this are 0: the scanner does not scale exactly near the smallest floats. */
const TINY = 2 ** -1000;

function withoutTiny(number: number): number {
  return Math.abs(number) < TINY ? 0 : number;
}

/** A number, a string that is one, or a boolean as 1 or 0. */
export function numberOf(value: Json | undefined): number | undefined {
  switch (value?.kind) {
    case 'number':
      return withoutTiny(value.value);
    case 'string':
      return isJsonNumber(value.value) ? withoutTiny(Number(value.value)) : undefined;
    case 'boolean':
      return value.value ? 1 : 0;
    default:
      return undefined;
  }
}

/** A number truncated toward zero, of 32 bits with sign. */
export function integerOf(value: Json | undefined): number | undefined {
  const number = numberOf(value);
  if (number === undefined) return undefined;
  const integer = Math.trunc(number) + 0; // + 0: no -0
  return integer >= -(2 ** 31) && integer < 2 ** 31 ? integer : undefined;
}

/** A non-empty string, or an exact integer in decimal. */
export function textOf(value: Json | undefined): string | undefined {
  if (value?.kind === 'string') return value.value === '' ? undefined : wellFormed(value.value);
  if (value?.kind !== 'number') return undefined;
  const number = withoutTiny(value.value);
  return Number.isSafeInteger(number) ? String(number) : undefined;
}

/** The usable texts of an array. */
export function textsOf(value: Json | undefined): string[] {
  if (value?.kind !== 'array') return [];
  return value.items.map(textOf).filter((text) => text !== undefined);
}

/** The usable integers of an array. */
export function integersOf(value: Json | undefined): number[] {
  if (value?.kind !== 'array') return [];
  return value.items.map(integerOf).filter((n) => n !== undefined);
}

const EMPTY_SET: ReadonlySet<number> = new Set();

/** The integers 0 to 63 of an array. */
export function setOf(value: Json | undefined): ReadonlySet<number> {
  if (value?.kind !== 'array') return EMPTY_SET;
  return new Set(value.items.map(integerOf).filter((n) => n !== undefined && n >= 0 && n <= 63) as number[]);
}

export function objectOf(value: Json | undefined): JsonObject | undefined {
  return value?.kind === 'object' ? value : undefined;
}

/** The objects of an array; its other elements are skipped. */
export function objectsOf(value: Json | undefined): JsonObject[] {
  return value?.kind === 'array' ? value.items.filter((item) => item.kind === 'object') : [];
}

/** The raw token of an id: a non-empty string or any number. */
export function rawIdOf(value: Json | undefined): string | undefined {
  if (value?.kind === 'string') return value.value === '' ? undefined : value.raw;
  return value?.kind === 'number' ? value.raw : undefined;
}

/** A currency code in upper case: a text of three letters A to Z, either case. */
export function currencyOf(value: Json | undefined): string | undefined {
  const text = textOf(value);
  return text !== undefined && isCurrency(text) ? text.toUpperCase() : undefined;
}

export function isCurrency(text: string): boolean {
  return /^[A-Za-z]{3}$/.test(text);
}
