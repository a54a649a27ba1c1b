// The body of a request on the admin port.

import type { IncomingMessage } from 'node:http';
import { BAD_ENCODING, BODY_TOO_LARGE } from '../assembly/reasons.js';
import { decode, encodingOf } from './content_encoding.js';

/** The body, decoded; or the reason code it is refused with. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array | number> {
  if (Number(request.headers['content-length']) > bytesMax) return BODY_TOO_LARGE;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length <= bytesMax) chunks.push(chunk as Buffer); // read to its end: to stop would cut the connection
  }
  if (length > bytesMax) return BODY_TOO_LARGE;
  const encoding = encodingOf(request.headers['content-encoding'] ?? '');
  return encoding === undefined ? BAD_ENCODING : decode(Buffer.concat(chunks), encoding, bytesMax);
}
