// The admin API as tests call it: JSON in, JSON out.

import type { GavelProcess } from './gavel_process.js';
import { until } from './gavel_process.js';
import { type Ask, ask } from './wire.js';

/** Patience, no measurement: an embedded database takes seconds to open on a busy machine. */
const OPEN_MS_MAX = 120_000;

/** What tests look at; whether it is there, they say. */
export interface ApiBody {
  readonly [name: string]: unknown;
  readonly id: string;
  readonly key: string;
  readonly token: string;
  readonly items: readonly ApiBody[];
  readonly error: { readonly code: string; readonly message: string; readonly details?: readonly string[] };
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined for an empty answer. */
  readonly body: ApiBody | undefined;
}

export class ApiClient {
  readonly #port: number;
  readonly #key: string;

  /** @param key of an operator, an account, or a login; empty: none */
  constructor(port: number, key: string) {
    this.#port = port;
    this.#key = key;
  }

  /** The same with other credentials. */
  as(key: string): ApiClient {
    return new ApiClient(this.#port, key);
  }

  /** A call: `POST /accounts`, say. */
  async call(line: string, body?: unknown, headers: Ask['headers'] = {}): Promise<ApiAnswer> {
    const [method = '', path = ''] = line.split(' ', 2);
    const answer = await ask(this.#port, {
      method,
      path,
      headers: {
        ...(this.#key && { authorization: `Bearer ${this.#key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      headers: answer.headers,
      body: answer.text === '' ? undefined : (JSON.parse(answer.text) as ApiBody),
    };
  }
}

/** A client with the key of the data folder, or another one, once the database is open. */
export async function operatorOf(gavel: GavelProcess, key: string = gavel.adminKey): Promise<ApiClient> {
  const client = new ApiClient(gavel.adminPort, key);
  await until(
    async () => (await client.call('GET /accounts')).status === 200,
    OPEN_MS_MAX,
    () => gavel.log,
  );
  return client;
}
