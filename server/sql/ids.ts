// Ids that the database's rows get where nobody names them: UUID version 7 (RFC 9562, section 5.7). Their order is that
// of their making, so lists by id are lists by time, and indexes grow at one end.

import { randomBytes } from 'node:crypto';

const TIME_BYTES = 6;

/** A new id, 36 characters. */
export function newId(nowMs: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, TIME_BYTES);
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
