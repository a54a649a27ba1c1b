// The keys that notice tokens and click addresses are signed with: one that signs, and those before it, which are still
// believed, so that a key can be replaced while notices are under way. What is signed names its key by a number.

import { timingSafeEqual } from 'node:crypto';
import { SIPHASH_KEY_BYTES, sipHash24 } from '../siphash.js';

export const MAC_BYTES = 8;

export interface NoticeKey {
  /** 0 to 255. */
  readonly id: number;
  /** 16 bytes. Never logged. */
  readonly bytes: Uint8Array;
}

/** SipHash-2-4 of a message, as 8 little-endian bytes. The module has a fast one (HotPath.mac). */
export type Mac = (key: Uint8Array, message: Uint8Array) => Uint8Array;

export function slowMac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const mac = Buffer.alloc(MAC_BYTES);
  mac.writeBigUInt64LE(sipHash24(key, message));
  return mac;
}

export class KeyRing {
  readonly current: NoticeKey;
  readonly #keys: ReadonlyMap<number, Uint8Array>;
  readonly #mac: Mac;

  /** @param old keys that are still believed; the current one wins over one of its number */
  constructor(current: NoticeKey, old: readonly NoticeKey[] = [], mac: Mac = slowMac) {
    this.current = current;
    this.#keys = new Map([...old, current].map(({ id, bytes }) => [id, bytes]));
    this.#mac = mac;
    for (const { bytes } of [...old, current]) {
      if (bytes.length !== SIPHASH_KEY_BYTES) throw new Error(`a notice key has ${SIPHASH_KEY_BYTES} bytes`);
    }
  }

  /** @param keys the current one first */
  static of([current, ...old]: readonly NoticeKey[], mac?: Mac): KeyRing {
    if (current === undefined) throw new Error('a key ring has a current key');
    return new KeyRing(current, old, mac);
  }

  /** Whether a message was signed under the key of that number; undefined if there is no such key. */
  verifies(id: number, message: Uint8Array, mac: Uint8Array): boolean | undefined {
    const key = this.#keys.get(id);
    if (key === undefined) return undefined;
    return mac.length === MAC_BYTES && timingSafeEqual(this.#mac(key, message), mac);
  }

  /** The MAC of a message under the current key. */
  sign(message: Uint8Array): Uint8Array {
    return this.#mac(this.current.bytes, message);
  }
}
