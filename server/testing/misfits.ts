// Values that a JSON Schema does not take, each one mistake away from one that it does: what a contract test sends.

import type { JsonSchema } from './openapi_calls.js';

export interface Misfit {
  /** What is wrong, and where. */
  readonly what: string;
  readonly value: unknown;
}

const NESTED_MAX = 3;
const WRONG_TYPES: readonly unknown[] = [{ not: 'this' }, [[]], 'no number', 12.5, true, null];

/** Misfits of a schema, made from a value that fits. */
export function misfitsOf(schema: JsonSchema, good: unknown): Misfit[] {
  return inside(schema, good, '', 0);
}

function inside(schema: JsonSchema, good: unknown, at: string, depth: number): Misfit[] {
  const branch = branchOf(schema, good);
  const here = isRecord(good) ? objectMisfits(branch, good, at, depth) : [];
  return at === '' ? [...wrongTypes(branch, at), ...here] : [...wrongTypes(schema, at), ...bounds(branch, at), ...here];
}

function objectMisfits(
  schema: JsonSchema,
  good: Readonly<Record<string, unknown>>,
  at: string,
  depth: number,
): Misfit[] {
  const misfits: Misfit[] = [];
  const put = (name: string, { what, value }: Misfit): void => {
    misfits.push({ what, value: { ...good, [name]: value } });
  };
  if (schema.additionalProperties === false) {
    misfits.push({ what: `${at || '(all)'}: unknown key`, value: { ...good, no_such_key: 1 } });
  }
  for (const name of schema.required ?? []) {
    const rest = Object.entries(good).filter(([key]) => key !== name);
    misfits.push({ what: `${at}.${name}: missing`, value: Object.fromEntries(rest) });
  }
  if (depth === NESTED_MAX) return misfits;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    for (const misfit of inside(property, good[name], `${at}.${name}`, depth + 1)) put(name, misfit);
  }
  return misfits;
}

/** Of a type that no branch has. */
function wrongTypes(schema: JsonSchema, at: string): Misfit[] {
  const taken = typesOf(schema);
  if (taken === undefined) return [];
  const wrong = WRONG_TYPES.find(
    (value) => !taken.has(typeOf(value)) && !(typeOf(value) === 'integer' && taken.has('number')),
  );
  return wrong === undefined ? [] : [{ what: `${at || '(all)'}: wrong type`, value: wrong }];
}

function bounds(schema: JsonSchema, at: string): Misfit[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, enum: choices } = schema;
  const text = schema.type === 'string' && schema.enum === undefined && schema.const === undefined;
  return [
    ...(minimum === undefined ? [] : [{ what: `${at}: below ${minimum}`, value: minimum - 1 }]),
    ...(maximum === undefined ? [] : [{ what: `${at}: above ${maximum}`, value: maximum + 1 }]),
    ...(minLength ? [{ what: `${at}: too short`, value: 'x'.repeat(minLength - 1) }] : []),
    ...(text && maxLength !== undefined ? [{ what: `${at}: too long`, value: 'x'.repeat(maxLength + 1) }] : []),
    ...(text && schema.pattern !== undefined ? [{ what: `${at}: another form`, value: '\u0001 no form' }] : []),
    ...(minItems ? [{ what: `${at}: too few`, value: [] }] : []),
    ...(maxItems !== undefined && maxItems < 2000
      ? [{ what: `${at}: too many`, value: Array.from({ length: maxItems + 1 }, () => 'x') }]
      : []),
    ...(choices === undefined ? [] : [{ what: `${at}: no choice`, value: 'no such choice' }]),
  ];
}

/** The branch that a value is of: that whose constants it has. */
function branchOf(schema: JsonSchema, good: unknown): JsonSchema {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches === undefined) return schema;
  if (!isRecord(good)) return {};
  const fitting = branches.find((branch) =>
    Object.entries(branch.properties ?? {}).every(
      ([name, { const: wanted }]) => wanted === undefined || wanted === good[name],
    ),
  );
  return fitting ?? {};
}

function typesOf(schema: JsonSchema): ReadonlySet<string> | undefined {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    const all = branches.map(typesOf);
    return all.some((types) => types === undefined) ? undefined : new Set(all.flatMap((types) => [...(types ?? [])]));
  }
  if (schema.const !== undefined) return new Set([typeOf(schema.const)]);
  if (schema.enum !== undefined) return new Set(schema.enum.map(typeOf));
  return schema.type === undefined ? undefined : new Set([schema.type].flat());
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
