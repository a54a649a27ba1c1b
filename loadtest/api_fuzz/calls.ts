// One call of the fuzz: an example of the document, spoilt in one or two ways.

import { type Misfit, misfitsOf } from '../../server/testing/misfits.js';
import type { DocumentedOperation, ExampleCalls } from '../../server/testing/openapi_calls.js';
import { hostileBytes, hostileHeaders, hostileText, hostileValue } from './hostile.js';
import type { Random } from './random.js';

export interface FuzzCall {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | undefined;
  /** The connection is broken when half of the body is there. */
  readonly halfSent: boolean;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
/** Changes of these have an end that the fuzz needs: the keys and accounts it calls with. */
const SPARED = /^(delete|revoke)/;

export class FuzzCalls {
  readonly #operations: readonly DocumentedOperation[];
  readonly #examples: ExampleCalls;
  readonly #keys: readonly string[];
  readonly #misfits = new Map<string, readonly Misfit[]>();

  /** @param keys to call with; the first is the operator's */
  constructor(operations: readonly DocumentedOperation[], examples: ExampleCalls, keys: readonly string[]) {
    this.#operations = operations;
    this.#examples = examples;
    this.#keys = keys;
  }

  next(random: Random): FuzzCall {
    const operation = random.pick(this.#operations);
    const { operationId } = operation;
    const key = random.oneIn(3) ? random.pick(this.#keys) : (this.#keys[0] ?? '');
    const spared = SPARED.test(operationId) && !random.oneIn(20);
    const path = spared || random.oneIn(4) ? { path: this.#spoiltPath(random, operation) } : {};
    const query = random.oneIn(4) ? { query: spoiltQuery(random, operation) } : {};
    const body = operation.requestBody === undefined ? {} : { body: this.#body(random, operation) };
    const asked = this.#examples.ask(operation, key, { ...path, ...query, ...body });
    const text = asked.body === undefined ? undefined : Buffer.from(asked.body);
    const bytes = text !== undefined && random.oneIn(5) ? hostileBytes(random, text.toString()) : text;
    return {
      operationId,
      method: random.oneIn(20) ? random.pick(METHODS) : (asked.method ?? 'GET'),
      path: random.oneIn(30) ? `${asked.path}/${encodeURIComponent(wellFormed(hostileText(random)))}` : asked.path,
      headers: { ...asked.headers, ...(random.oneIn(4) ? hostileHeaders(random) : {}) },
      body: bytes,
      halfSent: bytes !== undefined && bytes.length > 1 && random.oneIn(40),
    };
  }

  #spoiltPath(random: Random, operation: DocumentedOperation): Record<string, string> {
    const names = operation.parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name);
    return Object.fromEntries(names.map((name) => [name, wellFormed(hostileText(random)).slice(0, 3000)]));
  }

  #body(random: Random, operation: DocumentedOperation): unknown {
    const content = operation.requestBody?.content['application/json'];
    if (content === undefined) return undefined;
    const { schema, example } = content;
    const kind = random.below(6);
    if (kind === 0) return renamed(random, example);
    if (kind <= 2) return hostileInside(random, example);
    if (kind === 3) return hostileValue(random);
    const known = this.#misfits.get(operation.operationId) ?? misfitsOf(schema, example);
    this.#misfits.set(operation.operationId, known);
    return known.length === 0 ? example : random.pick(known).value;
  }
}

/** A new thing, so that some calls change something. */
function renamed(random: Random, example: unknown): unknown {
  if (typeof example !== 'object' || example === null || !('id' in example)) return example;
  return { ...example, id: `f${random.below(1000)}`, seat: 'seat' in example ? `s${random.below(1000)}` : undefined };
}

/** The example with a hostile value somewhere. */
function hostileInside(random: Random, example: unknown): unknown {
  if (typeof example !== 'object' || example === null || random.oneIn(5)) return hostileValue(random);
  const entries = Object.entries(example);
  if (entries.length === 0 || random.oneIn(6)) return { ...example, [hostileText(random)]: hostileValue(random) };
  const [name, value] = random.pick(entries);
  const spoilt = hostileInside(random, value);
  if (Array.isArray(example)) return example.map((item: unknown, i) => (String(i) === name ? spoilt : item));
  return { ...example, [name]: spoilt };
}

function spoiltQuery(random: Random, operation: DocumentedOperation): Record<string, string> {
  const names = operation.parameters.filter(({ in: place }) => place === 'query').map(({ name }) => name);
  const name = names.length === 0 || random.oneIn(4) ? 'x' : random.pick(names);
  const value = random.oneIn(3) ? String(random.pick([0, -1, 1e9, 0.5, 'abc'])) : hostileText(random);
  return { [name]: wellFormed(value).slice(0, 3000) };
}

/** Halves of surrogate pairs have no UTF-8, and so stand in no address. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/g, '\ufffd');
}
