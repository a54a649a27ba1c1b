// The number of a JSON key: what the readers switch on (keys.ts).

import { head } from './hash';
import {
  CODES, KEY_IS_REWARDED_INVENTORY, LONG_KEY_BYTES, LONG_KEY_HEAD, LONG_KEY_MIDDLE, LONG_KEY_TAIL, MULTIPLIER, SLOTS,
  SLOT_SHIFT,
} from './keys';

/** The number of a key nobody reads. */
export const KEY_UNKNOWN: i32 = 0;

/**
 * Number of a key. Its code is its bytes; of 9 to 16 bytes, the first 8 times an odd number, xor the last 8;
 * generate.mjs computes the same and chose a multiplier that gives each known code a slot of its own.
 */
// @ts-ignore: decorator
@inline
export function keyNumber(at: usize, length: usize): i32 {
  if (length - 1 >= 16) return longKeyNumber(at, length);
  const code = length <= 8 ? head(at, length) : (load<u64>(at) * 0x9e3779b97f4a7c15) ^ load<u64>(at + length - 8);
  const number = <usize>load<u8>(SLOTS + <usize>((code * MULTIPLIER) >> SLOT_SHIFT));
  return load<u64>(CODES + (number << 3)) == code ? <i32>number : KEY_UNKNOWN;
}

function longKeyNumber(at: usize, length: usize): i32 {
  const known =
    length == LONG_KEY_BYTES &&
    load<u64>(at) == LONG_KEY_HEAD &&
    load<u64>(at, 8) == LONG_KEY_MIDDLE &&
    load<u64>(at + LONG_KEY_BYTES - 8) == LONG_KEY_TAIL;
  return known ? KEY_IS_REWARDED_INVENTORY : KEY_UNKNOWN;
}
