// Comparing what somebody gives with a secret. Secrets are compared as their SHA-256, in constant time: how long it
// takes tells nothing of where the two differ.

import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a text in UTF-8. */
export function sha256(text: string): Uint8Array {
  return hash('sha256', text, 'buffer');
}

/** Whether a text is the one that has this SHA-256. */
export function isSecret(given: string, digest: Uint8Array): boolean {
  return timingSafeEqual(sha256(given), digest);
}

/** The token of an Authorization header of the scheme Bearer (RFC 6750 section 2.1); undefined for anything else. */
export function bearerToken(authorization: string): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1];
}
