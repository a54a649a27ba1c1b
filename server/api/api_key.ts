// API keys: `gavel_ID_SECRET`. The id finds the row, the SHA-256 of the whole is compared in constant time; the key
// itself is told once and kept nowhere. The secret has 256 random bits, so a plain hash is as good as a slow one.

import { randomBytes } from 'node:crypto';
import { sha256 } from '../secret.js';

const ID_BYTES = 5;
const SECRET_BYTES = 32;
const FORM = /^gavel_([0-9a-f]{10})_[\w-]{43}$/;

export interface NewKey {
  readonly id: string;
  /** For its owner, once. */
  readonly key: string;
  /** To tell it from others. */
  readonly prefix: string;
  /** Hexadecimal. */
  readonly digest: string;
}

export function makeKey(): NewKey {
  const id = randomBytes(ID_BYTES).toString('hex');
  const key = `gavel_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, key, prefix: key.slice(0, 'gavel_'.length + 2 * ID_BYTES), digest: keyDigest(key) };
}

/** The id in a key; undefined if it has not the form of one. */
export function keyIdIn(key: string): string | undefined {
  return FORM.exec(key)?.[1];
}

function keyDigest(key: string): string {
  return Buffer.from(sha256(key)).toString('hex');
}
