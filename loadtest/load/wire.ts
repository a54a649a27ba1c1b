// HTTP as the load test speaks it: whole requests made beforehand, and of an answer no more read than its status, its
// length and whether it was shed. Most of what a client costs is what it does not do here.

import { gzipSync } from 'node:zlib';
import { BID_PATH } from '../../bench/load.js';
import type { TrafficRequest } from '../traffic/traffic.js';

/** A request as it is written to the socket. */
export interface Prepared {
  readonly bytes: Buffer;
  readonly tmaxMs: number;
}

/** A bidder that turned a request away unread says so with this header. */
export const SHED_HEADER = 'x-gavel-shed';

const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_AT = 9;
const STATUS_UNTIL = 12;

/** @param path such as /openrtb2/bid/meadow */
export function prepare({ body, gzip, tmaxMs }: TrafficRequest, host: string, path: string = BID_PATH): Prepared {
  const sent = gzip ? gzipSync(body) : body;
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    'x-openrtb-version: 2.6',
    ...(gzip ? ['Content-Encoding: gzip'] : []),
    `Content-Length: ${sent.length}`,
  ];
  return { bytes: Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), sent]), tmaxMs };
}

/** Requests of a file with one a line, as `npm run traffic` writes them. Throws for a line that is not JSON. */
export function replayed(text: string, gzip: () => boolean): TrafficRequest[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { tmax } = JSON.parse(line) as { tmax?: number };
      return { body: Buffer.from(line), gzip: gzip(), tmaxMs: tmax ?? Number.POSITIVE_INFINITY };
    });
}

export interface AnswerHead {
  readonly status: number;
  /** Bytes of head and body. */
  readonly bytes: number;
  readonly shed: boolean;
  readonly closes: boolean;
}

/**
 * Reads the head of an answer in bytes [0, length) of a buffer. Undefined if more of it is to come.
 * @returns status 0 for what is not HTTP, or is without a length that is known beforehand
 */
export function readHead(data: Buffer, length: number): AnswerHead | undefined {
  const end = data.indexOf(HEAD_END);
  if (end < 0 || end + HEAD_END.length > length) return undefined;
  // The buffer holds more than this answer, and is not searched for what may be missing.
  const text = data.toString('latin1', 0, end);
  const status = text.startsWith('HTTP/1.1 ') ? Number(text.slice(STATUS_AT, STATUS_UNTIL)) : 0;
  const bytes = end + HEAD_END.length;
  const closes = text.includes('onnection: close');
  if (status === 204) return { status, bytes, shed: text.includes(SHED_HEADER), closes };
  const stated = /\r\ncontent-length: *(\d+)/i.exec(text);
  if (stated === null || !(status >= 100 && status <= 599)) return { status: 0, bytes, shed: false, closes: true };
  return { status, bytes: bytes + Number(stated[1]), shed: false, closes };
}
