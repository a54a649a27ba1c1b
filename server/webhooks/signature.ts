// How a webhook shows that it comes from here, as the Standard Webhooks specification has it (standardwebhooks.com):
//
//   webhook-id         the delivery, the same in every attempt: who has seen it need not act again
//   webhook-timestamp  seconds since the epoch, of this attempt
//   webhook-signature  v1,BASE64 of HMAC-SHA256 over `id.timestamp.body`; of each secret one, with a space between

import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new secret, as it is told once: the key in base64 behind a prefix. */
export function makeSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** @param secrets those that are valid, the newest first */
export function signedHeaders(
  secrets: readonly string[],
  id: string,
  atMs: number,
  body: string,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
