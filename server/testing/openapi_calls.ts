// The served OpenAPI document as something to call: for each operation the request of its example.

import type { Ask } from './wire.js';

/** A JSON Schema, as far as it is looked at. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

export interface DocumentedOperation {
  readonly operationId: string;
  readonly method: string;
  /** With `{name}`. */
  readonly path: string;
  readonly tags: readonly string[];
  readonly 'x-access': 'open' | 'caller' | 'operator' | 'viewer' | 'trader' | 'admin';
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly schema: JsonSchema; readonly example: unknown } };
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<DocumentedOperation, 'path' | 'method'>>>>>;
}

/** All operations of a document, by id. */
export function operationsOf(document: Document): ReadonlyMap<string, DocumentedOperation> {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  );
  return new Map(all.map((operation) => [operation.operationId, operation]));
}

/** What of a call is not as in the example. */
export interface Deviation {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without If-Match. */
  readonly unconditional?: boolean;
}

export class ExampleCalls {
  /** What examples call `createKey.id`: of what an operation has answered. */
  readonly #made = new Map<string, string>();

  /** To be told of an answer, so that later examples can name what it has made. */
  answered({ operationId }: DocumentedOperation, body: unknown): void {
    if (typeof body === 'object' && body !== null && 'id' in body) {
      this.#made.set(`${operationId}.id`, String(body.id));
    }
  }

  /** The request of an example. */
  ask(operation: DocumentedOperation, key: string, deviation: Deviation = {}): Ask {
    const values = new Map(
      operation.parameters
        .filter((parameter) => parameter.example !== undefined)
        .map(({ name, example }) => [name, this.#made.get(String(example)) ?? String(example)]),
    );
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(deviation.path?.[name] ?? values.get(name) ?? 'none'),
    );
    const inQuery = operation.parameters.filter((parameter) => parameter.in === 'query' && values.has(parameter.name));
    const query = {
      ...Object.fromEntries(inQuery.map(({ name }) => [name, values.get(name) ?? ''])),
      ...deviation.query,
    };
    const search = Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`;
    const example = operation.requestBody?.content['application/json'].example;
    const body = 'body' in deviation ? deviation.body : example;
    return {
      method: operation.method,
      path: path + search,
      headers: {
        ...(key && { 'x-api-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(isConditional(operation) && deviation.unconditional !== true ? { 'if-match': '*' } : {}),
        ...deviation.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
  }
}

export function isConditional({ parameters }: DocumentedOperation): boolean {
  return parameters.some(({ name }) => name === 'If-Match');
}
