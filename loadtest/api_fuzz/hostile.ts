// What nobody means well with: values for bodies, paths, queries and headers, and bodies that are no JSON.

import type { Random } from './random.js';

const TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\uffff',
  '\u202e',
  'x'.repeat(70),
  'x'.repeat(20_000),
  "'; drop table accounts; --",
  "' or '1'='1",
  '1); select pg_sleep(9); --',
  '{"$ne":null}',
  '%00',
  '%s%n',
  '../../../../etc/passwd',
  '<script>alert(1)</script>',
  `\${jndi:ldap://x/}`,
  '__proto__',
  'constructor',
  'NaN',
  'infinity',
  '0000-00-00T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '+275760-09-13T00:00:00.001Z',
  '2026-01-01T00:00:00+99:99',
  '٣',
  '*',
  '"0"',
];
const NUMBERS: readonly number[] = [0, -0, -1, 0.1, 2 ** 31, 2 ** 53, 2 ** 63, 1e15 + 1, 1e308, -1e308, 5e-324];

export function hostileText(random: Random): string {
  return random.pick(TEXTS);
}

/** Any JSON value, nested a little. */
export function hostileValue(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 3 ? 4 : 7);
  if (kind === 0) return random.pick(NUMBERS);
  if (kind <= 2) return hostileText(random);
  if (kind === 3) return random.pick([null, true, false]);
  if (kind === 4) return Array.from({ length: random.pick([0, 1, 3, 600]) }, () => hostileValue(random, depth + 3));
  if (kind === 5) return nested(random.pick([5, 31, 33, 200]));
  const names = ['id', '__proto__', 'constructor', 'toString', 'account', hostileText(random)];
  return JSON.parse(
    `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(hostileValue(random, depth + 2))}`)}}`,
  );
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A body of bytes, made from the text of one that fits. */
export function hostileBytes(random: Random, good: string): Uint8Array {
  const bytes = Buffer.from(good);
  switch (random.below(7)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length + 1));
    case 1:
      return Buffer.concat([bytes, Buffer.from([0xff, 0xfe, 0xc0, 0x80])]);
    case 2: {
      const changed = Buffer.from(bytes);
      for (let i = 0; i < 3 && changed.length > 0; i++) changed[random.below(changed.length)] = random.below(256);
      return changed;
    }
    case 3:
      return Buffer.from('['.repeat(100_000));
    case 4:
      return Buffer.from(`{"a":${'9'.repeat(400)}}`);
    case 5:
      return Buffer.from(good.replace('{', '{"__proto__":{"operator":true},'));
    default:
      return Buffer.from(`\ufeff${good}${good}`);
  }
}

/** Headers of a call that are not what they should be. Repeated ones are lists. */
export function hostileHeaders(random: Random): Readonly<Record<string, string | string[]>> {
  const ascii = hostileText(random)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 2000);
  return random.pick<Readonly<Record<string, string | string[]>>>([
    { 'content-type': ascii || 'text/plain' },
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-encoding': 'gzip' },
    { 'content-encoding': 'br, gzip, deflate' },
    { 'content-encoding': ascii },
    { 'if-match': ascii },
    { 'if-match': ['"1"', '"2"', '*'] },
    { 'if-none-match': ascii },
    { 'idempotency-key': ascii },
    { 'idempotency-key': ['a', 'b'] },
    { 'x-api-key': ascii },
    { 'x-api-key': ['a', 'b'] },
    { authorization: `Bearer ${ascii}` },
    { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
    { origin: 'null', 'access-control-request-method': ascii },
    { expect: '100-continue' },
    { 'x-http-method-override': 'DELETE' },
  ]);
}
