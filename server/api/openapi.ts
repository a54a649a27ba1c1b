// The OpenAPI 3.1 document, made from the table of operations: its schemas are those that check the calls.

import { z } from 'zod';
import { ERRORS, type ErrorCode } from './errors.js';
import type { Operation } from './operation.js';

type Json = Readonly<Record<string, unknown>>;

/** The document. @param version of Gavel */
export function openApiDocument(operations: readonly Operation[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const { path, method } = operation;
    paths[path] = { ...paths[path], [method.toLowerCase()]: described(operation) };
  }
  const schemas: Record<string, unknown> = { Error: errorSchema() };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gavel admin API',
      version,
      description: 'Campaigns and what belongs to them; every error has the same envelope. See docs/api.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: hoisted(paths, schemas),
    components: {
      schemas,
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
  };
}

function described(operation: Operation): Json {
  const { id, tag, summary, who, body, example, response, csv, status } = operation;
  const asCsv = csv ? { 'text/csv': { schema: { type: 'string' } } } : {};
  const answer = response && {
    content: { 'application/json': { schema: schemaOf(response, 'output') }, ...asCsv },
  };
  const errors = errorsOf(operation);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: permission(operation),
    'x-access': who.kind === 'account' ? who.role : who.kind,
    security: who.kind === 'open' ? [] : [{ key: [] }, { bearer: [] }],
    parameters: parametersOf(operation),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(body, 'input'), example: example.body } },
      },
    }),
    responses: {
      [status]: { description: status === 204 ? 'Done' : 'As asked', ...answer },
      ...Object.fromEntries(errors),
    },
  };
}

function permission({ who }: Operation): string {
  if (who.kind === 'open') return 'Open to anybody.';
  if (who.kind === 'caller') return 'Any valid credentials; what is listed is what they may see.';
  if (who.kind === 'operator') return 'Operators only.';
  return `Needs the role ${who.role} in the account.`;
}

function parametersOf({ path, query, example, method, ...operation }: Operation): readonly Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: '^[A-Za-z0-9_.:-]{1,64}$' },
    example: example.path?.[name],
  }));
  const inQuery = Object.entries(query.shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schemaOf(schema as z.ZodType, 'input'),
    ...(example.query?.[name] === undefined ? {} : { example: (schema as z.ZodType).parse(example.query[name]) }),
  }));
  const header = (name: string, required: boolean, description: string): Json => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  });
  const changes = operation.kind === 'change';
  return [
    ...inPath,
    ...inQuery,
    ...(changes && method === 'POST'
      ? [header('Idempotency-Key', false, 'The same key and body: the same answer')]
      : []),
    ...(changes && operation.conditional ? [header('If-Match', true, 'The ETag it was read with')] : []),
  ];
}

function errorsOf({ who, body, path, kind, ...operation }: Operation): readonly (readonly [string, Json])[] {
  const codes: ErrorCode[] = ['invalid_query', 'rate_limited', 'internal_error', 'database_unavailable'];
  if (who.kind !== 'open') codes.push('unauthorized', 'forbidden');
  if (path.includes('{') || who.kind === 'account') codes.push('not_found');
  if (body !== undefined) codes.push('invalid_json', 'invalid_body', 'body_too_large', 'unsupported_media_type');
  if (kind === 'change') codes.push('conflict', 'in_use', 'idempotency_conflict', 'invalid_reference');
  if ('refusals' in operation) codes.push(...operation.refusals);
  if ('conditional' in operation && operation.conditional) codes.push('precondition_failed', 'precondition_required');
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))];
  return statuses.map((status) => [
    String(status),
    {
      description: codes
        .filter((code) => ERRORS[code].status === status)
        .map((code) => `${code}: ${ERRORS[code].help}`)
        .join(' '),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  ]);
}

function errorSchema(): Json {
  const error = z.strictObject({
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    details: z.array(z.string()).optional(),
    request_id: z.string(),
  });
  return schemaOf(z.strictObject({ error }), 'output');
}

/**
 * OpenAPI 3.1 takes JSON Schema 2020-12 as it is, but for references to definitions: they are looked for in the
 * document. What is taken and what is told are two: what has a default is not always given, and always told.
 */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const {
    $schema: _,
    $defs = {},
    ...json
  } = z.toJSONSchema(schema, { io, unrepresentable: 'throw', reused: 'inline' });
  const suffix = io === 'input' ? 'Given' : '';
  const definitions = Object.entries($defs).map(([name, definition]) => [`${name}${suffix}`, definition]);
  const whole = { ...json, ...(definitions.length > 0 && { $defs: Object.fromEntries(definitions) }) };
  return JSON.parse(JSON.stringify(whole).replace(/"#\/\$defs\/(\w+)"/g, `"#/components/schemas/$1${suffix}"`));
}

/** A document without the definitions that its schemas have brought along: those are put with its components. */
function hoisted(value: unknown, components: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((one) => hoisted(one, components));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => {
    if (key !== '$defs') return true;
    for (const [name, definition] of Object.entries(inner)) components[name] ??= hoisted(definition, components);
    return false;
  });
  return Object.fromEntries(kept.map(([key, inner]) => [key, hoisted(inner, components)]));
}
