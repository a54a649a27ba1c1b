// What a call reads of the shared memory: the halves that the active snapshot names, and which of the two live models.
// Rules of the arms: docs/decisions.md section 4.

import { hazard } from './arena';
import { userKey } from './frequency';
import { mix } from './hash';
import * as m from './memory_map';
import { requestKey } from './money';

/** Publishes the snapshot this call reads; asks again, because it may have flipped between the two. */
export function enter(): u32 {
  while (true) {
    const snapshot = atomic.load<u32>(m.CONTROL + m.CONTROL_SNAPSHOT);
    atomic.store<u32>(hazard, snapshot);
    if (atomic.load<u32>(m.CONTROL + m.CONTROL_SNAPSHOT) == snapshot) return snapshot;
  }
}

/** Lets go of what the call has read. */
export function leave(): void {
  atomic.store<u32>(hazard, 0);
}

/** Address of the book. */
export function bookOf(snapshot: u32): usize {
  return m.BOOKS + ((snapshot & m.SNAPSHOT_BOOK) != 0 ? m.BOOK_HALF_BYTES : 0);
}

/** Which half of an arm's model or vectors a snapshot names, counted over both arms: 0 to 3. */
// @ts-ignore: decorator
@inline
function halfOf(snapshot: u32, arm: i32, bit: i32): i32 {
  return (arm << 1) + <i32>(((snapshot >> (arm * m.SNAPSHOT_ARM_SHIFT)) & bit) != 0);
}

/** Address of an arm's model. */
export function modelOf(snapshot: u32, arm: i32): usize {
  return m.MODELS + <usize>halfOf(snapshot, arm, m.SNAPSHOT_MODEL) * m.MODEL_HALF_BYTES;
}

/** Version of an arm's model. */
export function modelVersionOf(snapshot: u32, arm: i32): u32 {
  return load<u32>(m.CONTROL + m.CONTROL_MODEL_VERSIONS + (<usize>halfOf(snapshot, arm, m.SNAPSHOT_MODEL) << 2));
}

/** Address of the vectors of the book's ads under an arm's model. */
export function vectorsOf(snapshot: u32, arm: i32): usize {
  return m.VECTORS + <usize>halfOf(snapshot, arm, m.SNAPSHOT_VECTORS) * m.VECTOR_HALF_BYTES;
}

/** The arm of the request at hand: that of its user, or where nobody is known its own. */
export function armOf(snapshot: u32): i32 {
  if ((snapshot & m.SNAPSHOT_CANDIDATE) == 0) return m.ARM_CONTROL;
  const trial = atomic.load<u64>(m.CONTROL + m.CONTROL_TRIAL);
  const user = userKey();
  const drawn = mix((user != 0 ? user : requestKey()) ^ (trial & 0xffffffff), m.ARM_USE) >> 48;
  return drawn < trial >> 32 ? m.ARM_CANDIDATE : m.ARM_CONTROL;
}
