// Bearer tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256 (RFC 7518 section 3.2), and of those only the form
// that is made here. The header is compared as a text, so that no token chooses its own algorithm.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
const TOKEN_CHARACTERS_MAX = 2048;

const claims = z.strictObject({ sub: z.string(), iat: z.number(), exp: z.number() });

/** Who a token stands for, from when to when (seconds since 1970, with fractions). */
export type Claims = z.infer<typeof claims>;

/** @param secret 32 bytes */
export function signToken(content: Claims, secret: Uint8Array): string {
  const signed = `${HEADER}.${Buffer.from(JSON.stringify(content)).toString('base64url')}`;
  return `${signed}.${signatureOf(signed, secret).toString('base64url')}`;
}

/**
 * The claims of a token; undefined if it is none of ours, was altered, or is over.
 * @param nowS seconds since 1970
 */
export function readToken(token: string, secret: Uint8Array, nowS: number): Claims | undefined {
  if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
  const [header, payload, signature, ...more] = token.split('.');
  if (header !== HEADER || payload === undefined || signature === undefined || more.length > 0) return undefined;
  const expected = signatureOf(`${header}.${payload}`, secret);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const parsed = claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return parsed.success && parsed.data.exp > nowS ? parsed.data : undefined;
}

function signatureOf(text: string, secret: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}
