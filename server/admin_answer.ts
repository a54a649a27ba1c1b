// What the admin port answers, before it is sent. Errors have one envelope: a stable code, what to do about it, and an
// id of the request.

import { randomUUID } from 'node:crypto';

export interface AdminAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function jsonAnswer(status: number, body: object, headers: AdminAnswer['headers'] = {}): AdminAnswer {
  return { status, contentType: 'application/json', text: JSON.stringify(body), headers };
}

export function textAnswer(text: string): AdminAnswer {
  return { status: 200, contentType: 'text/plain; charset=utf-8', text };
}

/** @param code what a program can go by */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  headers: AdminAnswer['headers'] = {},
): AdminAnswer {
  return jsonAnswer(status, { error: { code, message, request_id: randomUUID() } }, headers);
}

/** Tells an answer from a value that a route goes on with. */
export function isAnswer(value: object): value is AdminAnswer {
  return 'contentType' in value;
}
