// How keys of the environment are described and read: a schema each, with what `--help` prints. The bidder's are in
// server/config.ts, those of the trainer in trainer_keys.ts, which both processes read.

import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Attaches what `--help` prints to a key's schema. */
export function key<T extends z.ZodType>(schema: T, fallback: string, help: string): T {
  return schema.meta({ fallback, help });
}

export function whole(min: number, max: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return number(`a whole number from ${min} to ${max}`, (text) => /^\d+$/.test(text), min, max);
}

/** A decimal fraction. */
export function fraction(min: number, max: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return number(`a number from ${min} to ${max}`, (text) => /^\d*\.?\d+$/.test(text), min, max);
}

export const onOrOff = z.enum(['on', 'off'], { error: 'on or off' }).transform((text) => text === 'on');

function number(
  what: string,
  isOne: (text: string) => boolean,
  min: number,
  max: number,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (isOne(text) && value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `${what}, not "${text}"` });
    return z.NEVER;
  });
}

/** What is wrong with an environment, a line each. */
export function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => `${name}: no such key; --help lists all`);
  }
  return [`${issue.path.join('.')}: ${issue.message}`];
}

export interface DescribedKey {
  readonly name: string;
  readonly fallback: string;
  readonly help: string;
}

/** The keys of a schema's shape, each made by `key`, perhaps optional. */
export function describedKeys(shape: Readonly<Record<string, z.ZodType>>): DescribedKey[] {
  return Object.entries(shape).map(([name, schema]) => {
    const described = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
    const { fallback, help } = described.meta() as { fallback: string; help: string };
    return { name, fallback, help };
  });
}

/** Keys with default and meaning, for `--help`. */
export function describeKeyList(keys: readonly DescribedKey[]): string {
  return keys.map(({ name, fallback, help }) => `  ${name} (${fallback})\n      ${help}`).join('\n');
}
