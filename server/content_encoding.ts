// Content codings of HTTP (RFC 9110 sections 8.4 and 12.5.3): which one a body has, which one an answer may have.

import { gunzipSync, gzipSync } from 'node:zlib';
import { BAD_ENCODING, BODY_TOO_LARGE } from '../assembly/reasons.js';

/** A body as it was sent, before decoding. */
export type Encoding = 'identity' | 'gzip';

/** Fastest level: a bid is small, and the time counts against the exchange's timeout. */
const GZIP = { level: 1, memLevel: 7 } as const;

/** Reads a Content-Encoding header; undefined for one that is not taken. */
export function encodingOf(header: string): Encoding | undefined {
  const name = header.trim().toLowerCase();
  if (name === '' || name === 'identity') return 'identity';
  return name === 'gzip' || name === 'x-gzip' ? 'gzip' : undefined;
}

/**
 * Undoes the encoding of a body.
 * @param bytesMax bound of the decoded body: inflating stops there, so that a small bomb stays small
 * @returns the body, or the reason code it is refused with
 */
export function decode(body: Uint8Array, encoding: Encoding, bytesMax: number): Uint8Array | number {
  if (encoding === 'identity') return body;
  try {
    return gunzipSync(body, { maxOutputLength: bytesMax });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? BODY_TOO_LARGE : BAD_ENCODING;
  }
}

/** Compresses an answer. */
export function gzip(answer: Uint8Array): Uint8Array {
  return gzipSync(answer, GZIP);
}

/** Whether an Accept-Encoding header allows gzip: named, or by `*`, and not with a quality of 0. */
export function acceptsGzip(header: string): boolean {
  let any = false;
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const allowed = quality === undefined || Number(quality.slice(2)) > 0;
    if (name === 'gzip' || name === 'x-gzip') return allowed;
    if (name === '*') any = allowed;
  }
  return any;
}
