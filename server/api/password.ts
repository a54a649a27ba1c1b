// Passwords are kept as scrypt hashes (RFC 7914), each with its own salt: `scrypt$N$r$p$SALT$HASH` in base64url. The
// costs stand in the text, so that they can be raised and old hashes still be checked.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** OWASP's cheat sheet on password storage: N = 2^16, r = 8, p = 2, 64 MiB; about 0.3 s of a thread of libuv's pool. */
const COST = { N: 65_536, r: 8, p: 2 };
const MEMORY_MAX = 128 * 1024 * 1024;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** One at a time: libuv's pool reads files as well, and each takes 64 MiB. */
const WAITING_MAX = 20;

let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/** Whether so many wait for a hash that another one should come later. */
export function passwordsAreBusy(): boolean {
  return waiting >= WAITING_MAX;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/**
 * Whether a password is the one that was hashed.
 * @param kept undefined where there is no such user: it then takes as long as for one, so that nothing is told by that
 */
export async function isPassword(password: string, kept: string | undefined): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = (kept ?? NOBODY).split('$');
  const expected = Buffer.from(hash, 'base64url');
  const given = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(given, expected) && kept !== undefined;
}

const zeros = (bytes: number): string => Buffer.alloc(bytes).toString('base64url');
const NOBODY = ['scrypt', COST.N, COST.r, COST.p, zeros(SALT_BYTES), zeros(HASH_BYTES)].join('$');

/** In a thread of libuv's pool, behind those that came before. */
function derive(password: string, salt: Uint8Array, cost: ScryptOptions): Promise<Buffer> {
  waiting += 1;
  const mine = last
    .then(() => scrypted(password, salt, cost))
    .finally(() => {
      waiting -= 1;
    });
  last = mine.catch(() => undefined); // its caller has the error
  return mine;
}

function scrypted(password: string, salt: Uint8Array, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { ...cost, maxmem: MEMORY_MAX };
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
