// The answers of the bid port that carry no bid, and the constants they are made of.
//
// Header names, values and status lines are bytes, not strings: uWebSockets.js copies bytes, but has to convert
// strings, which costs about 30 ns each on the hot path.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { REASON_CODES } from '../assembly/reasons.js';
import { REASONS } from '../bidcore/reasons.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const AUTHORIZATION = bytes('authorization');
export const X_AUTH_TOKEN = bytes('x-auth-token');
export const ACCEPT_ENCODING = bytes('accept-encoding');
export const CONTENT_ENCODING = bytes('content-encoding');
export const CONTENT_LENGTH = bytes('content-length');
export const CONTENT_TYPE = bytes('content-type');
export const JSON_TYPE = bytes('application/json');
export const OPENRTB_VERSION = bytes('x-openrtb-version');
export const OPENRTB_2_6 = bytes('2.6');
export const GZIP = bytes('gzip');

const WWW_AUTHENTICATE = bytes('www-authenticate');
const BEARER = bytes('Bearer');
const UNAUTHORIZED_BODY = bytes(
  JSON.stringify({
    error: 'unauthorized',
    message: 'this exchange has a token: Authorization: Bearer TOKEN, x-auth-token: TOKEN, or ?token=TOKEN',
  }),
);
const SHED = bytes('x-gavel-shed');
const OVERLOAD = bytes('overload');
const NO_CONTENT = bytes('204 No Content');
const STATUS_LINES = {
  200: bytes('200 OK'),
  204: NO_CONTENT,
  302: bytes('302 Found'),
  400: bytes('400 Bad Request'),
  401: bytes('401 Unauthorized'),
  403: bytes('403 Forbidden'),
  404: bytes('404 Not Found'),
  405: bytes('405 Method Not Allowed'),
  410: bytes('410 Gone'),
  413: bytes('413 Payload Too Large'),
  415: bytes('415 Unsupported Media Type'),
  500: bytes('500 Internal Server Error'),
  503: bytes('503 Service Unavailable'),
} as const;
export type Status = keyof typeof STATUS_LINES;

export function statusLine(status: Status): Uint8Array {
  return STATUS_LINES[status];
}

/** Status of each reason, by code. */
const STATUS_OF_CODE: Status[] = Array.from({ length: REASON_CODES }, () => 500);
for (const { code, status } of REASONS) STATUS_OF_CODE[code] = status;

/** By code: whether an exchange that wants to know is told the reason. Without a number there is nothing to tell. */
const IS_TOLD: boolean[] = Array.from({ length: REASON_CODES }, () => false);
for (const { code, status, nbr } of REASONS) IS_TOLD[code] = status === 204 && nbr > 0;

/** Whether a no-bid for this reason is answered with its number, if the exchange wants that. */
export function isTold(code: number): boolean {
  return IS_TOLD[code] as boolean;
}

/** For `onAborted`, which uWebSockets.js demands: one function for all, so that a request makes none. */
export function ignoreAbort(): void {
  // The answer is given at once or not at all: nothing waits that would have to be called off.
}

/** The headers of an OpenRTB response, of status 200. */
export function startResponse(res: HttpResponse): HttpResponse {
  return res.writeHeader(CONTENT_TYPE, JSON_TYPE).writeHeader(OPENRTB_VERSION, OPENRTB_2_6);
}

/** Answers without a bid: 204 without a body, or the status of the reason with an empty one. */
export function refuse(res: HttpResponse, code: number, close: boolean): void {
  const status = STATUS_OF_CODE[code] as Status;
  if (status !== 204) {
    res.writeStatus(STATUS_LINES[status]).end('', close);
    return;
  }
  res.writeStatus(NO_CONTENT);
  endBare(res, close);
}

/** 204 to a request that has waited too long for its turn; by the header, load tests tell it from a no-bid. */
export function refuseOverloaded(res: HttpResponse, close: boolean): void {
  res.writeStatus(NO_CONTENT).writeHeader(SHED, OVERLOAD);
  endBare(res, close);
}

/** 401 to a request without the token of its exchange. What the token is like is not told. */
export function refuseUnauthorized(res: HttpResponse, close: boolean): void {
  res.writeStatus(STATUS_LINES[401]).writeHeader(CONTENT_TYPE, JSON_TYPE).writeHeader(WWW_AUTHENTICATE, BEARER);
  res.end(UNAUTHORIZED_BODY, close);
}

/** A small JSON answer, for people and load balancers. */
export function answerJson(res: HttpResponse, req: HttpRequest, status: Status, body: object, close: boolean): void {
  const text = JSON.stringify(body);
  res.writeStatus(STATUS_LINES[status]).writeHeader(CONTENT_TYPE, JSON_TYPE);
  if (req.getMethod() === 'head') endHead(res, Buffer.byteLength(text), close);
  else res.end(text, close);
}

/** 405 with the methods that are allowed. */
export function refuseMethod(res: HttpResponse, allow: string): void {
  res.writeStatus(STATUS_LINES[405]).writeHeader('allow', allow).end();
}

/** Ends the answer to a HEAD with the headers a GET would have. */
export function endHead(res: HttpResponse, length: number, close: boolean): void {
  res.writeHeader(CONTENT_LENGTH, String(length));
  endBare(res, close);
}

/**
 * Ends an answer behind its headers. Always without arguments: with any, uWebSockets.js 20 writes a Content-Length,
 * which a 204 must not have (RFC 9110 section 8.6), and then waits for that body. So it cannot close: the client does,
 * or the end of the drain.
 */
function endBare(res: HttpResponse, close: boolean): void {
  if (close) res.writeHeader('connection', 'close');
  res.endWithoutBody();
}
