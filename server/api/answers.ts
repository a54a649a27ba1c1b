// What a call becomes on the wire: the envelope of errors, the ETag of what has one.

import { type AdminAnswer, jsonAnswer } from '../admin_answer.js';
import { ERRORS, type Failure } from './errors.js';
import type { DatabaseOperation, Reply } from './operation.js';

export function failureAnswer({ failure, message, details, headers }: Failure, requestId: string): AdminAnswer {
  const error = { code: failure, message, ...(details && { details }), request_id: requestId };
  return jsonAnswer(ERRORS[failure].status, { error }, headers);
}

export function replyAnswer({ status }: DatabaseOperation, { body, csv, version }: Reply): AdminAnswer {
  if (csv !== undefined) return { status, contentType: 'text/csv; charset=utf-8', text: csv };
  const headers = version === undefined ? {} : { etag: etagOf(version) };
  return body === undefined
    ? { status, contentType: 'application/json', text: '', headers }
    : jsonAnswer(status, body, headers);
}

/** Versions count up with each change of a row: a strong validator (RFC 9110 section 8.8.1). */
export function etagOf(version: number): string {
  return `"${version}"`;
}
