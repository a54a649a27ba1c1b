// From method and path to the operation: paths are compared part by part, `{name}` takes any part that is an id.

import { type Failure, fail, notFound } from './errors.js';
import type { Operation, PathValues } from './operation.js';

/** What the ids of campaign files look like; anything else is not looked for. */
const ID = /^[\w.:-]{1,64}$/;

export interface Match {
  readonly operation: Operation;
  readonly path: PathValues;
}

interface Route {
  readonly parts: readonly string[];
  readonly operation: Operation;
}

export class Router {
  readonly #routes: readonly Route[];

  /** @param operations where two take a path, the earlier one does */
  constructor(operations: readonly Operation[]) {
    this.#routes = operations.map((operation) => ({ operation, parts: operation.path.slice(1).split('/') }));
  }

  /** The operation, or 404, or 405 with the methods there are. HEAD is GET. */
  match(method: string, path: string): Match | Failure {
    const parts = path.slice(1).split('/');
    const there = this.#routes.flatMap((route) => {
      const values = valuesOf(route.parts, parts);
      return values === undefined ? [] : [{ operation: route.operation, path: values }];
    });
    if (there.length === 0) return notFound(`path ${path}`);
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = there.find(({ operation }) => operation.method === wanted);
    if (found !== undefined) return found;
    const methods = [...new Set(there.map(({ operation }) => operation.method))];
    const allow = (methods.includes('GET') ? ['HEAD', ...methods] : methods).sort().join(', ');
    return fail('method_not_allowed', `${path} takes ${allow}`, { headers: { allow } });
  }
}

/** Undefined if the path is another one. */
function valuesOf(wanted: readonly string[], given: readonly string[]): PathValues | undefined {
  if (wanted.length !== given.length) return undefined;
  const values: [string, string][] = [];
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? '';
    if (!part.startsWith('{')) {
      if (part !== value) return undefined;
    } else if (ID.test(value)) values.push([part.slice(1, -1), value]);
    else return undefined;
  }
  return Object.fromEntries(values);
}
