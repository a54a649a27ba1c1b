// SipHash-2-4, the keyed hash behind the MAC of notice tokens. Source: Aumasson and Bernstein, "SipHash: a fast
// short-input PRF" (2012). Over BigInt as unsigned 64-bit numbers: it must be right, the module's is the fast one.

export const SIPHASH_KEY_BYTES = 16;

const u64 = (n: bigint): bigint => BigInt.asUintN(64, n);
const rotl = (n: bigint, bits: bigint): bigint => u64(n << bits) | (n >> (64n - bits));

/**
 * SipHash-2-4 of a message.
 * @param key 16 bytes
 * @returns unsigned 64 bits; the published vectors print it as 8 little-endian bytes
 */
export function sipHash24(key: Uint8Array, message: Uint8Array): bigint {
  if (key.length !== SIPHASH_KEY_BYTES)
    throw new Error(`siphash: a key of ${key.length} bytes, not ${SIPHASH_KEY_BYTES}`);
  const keyView = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const k0 = keyView.getBigUint64(0, true);
  const k1 = keyView.getBigUint64(8, true);
  const state = {
    v0: k0 ^ 0x736f6d6570736575n,
    v1: k1 ^ 0x646f72616e646f6dn,
    v2: k0 ^ 0x6c7967656e657261n,
    v3: k1 ^ 0x7465646279746573n,
  };
  for (const word of paddedWords(message)) {
    state.v3 ^= word;
    rounds(state, 2);
    state.v0 ^= word;
  }
  state.v2 ^= 0xffn;
  rounds(state, 4);
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

/** The message in 64-bit words; the last one holds what is left over and, in its top byte, the length. */
function paddedWords(message: Uint8Array): bigint[] {
  const count = Math.floor(message.length / 8) + 1;
  const padded = new Uint8Array(count * 8);
  padded.set(message);
  padded[padded.length - 1] = message.length & 0xff;
  const view = new DataView(padded.buffer);
  return Array.from({ length: count }, (_, i) => view.getBigUint64(i * 8, true));
}

interface State {
  v0: bigint;
  v1: bigint;
  v2: bigint;
  v3: bigint;
}

function rounds(s: State, count: number): void {
  for (let i = 0; i < count; i++) {
    s.v0 = u64(s.v0 + s.v1);
    s.v1 = rotl(s.v1, 13n) ^ s.v0;
    s.v0 = rotl(s.v0, 32n);
    s.v2 = u64(s.v2 + s.v3);
    s.v3 = rotl(s.v3, 16n) ^ s.v2;
    s.v0 = u64(s.v0 + s.v3);
    s.v3 = rotl(s.v3, 21n) ^ s.v0;
    s.v2 = u64(s.v2 + s.v1);
    s.v1 = rotl(s.v1, 17n) ^ s.v2;
    s.v2 = rotl(s.v2, 32n);
  }
}
