// A batch: a JSON array of requests, split into its elements without reading them. Each is then answered on its own.

import { MAX_BATCH_REQUESTS } from './limits';
import { INPUT_PADDING } from './memory_map';
import { INVALID_JSON, NOT_OBJECT, OVER_LIMIT } from './reasons';
import { cursor, enterEmpty, next, peek, skip, space, start } from './scan';
import { isAscii, isUtf8 } from './utf8';

/**
 * Writes offset and length (u32, u32) of each element of the array at an address into a table.
 * @returns the number of elements, or minus the reason: not JSON, not an array, too many elements
 */
export function split(batch: usize, length: i32, table: usize): i32 {
  const end = batch + <usize>length;
  for (let i: usize = 0; i < INPUT_PADDING; i += 16) v128.store(end + i, i64x2.splat(0));
  start(batch);
  space();
  const array = peek() == 91;
  let count = 0;
  if (!array) {
    if (!skip()) return -INVALID_JSON;
  } else if (!enterEmpty(93)) {
    while (true) {
      const from = cursor();
      if (!skip()) return -INVALID_JSON;
      if (count < MAX_BATCH_REQUESTS) {
        const row = table + (<usize>count << 3);
        store<u32>(row, <u32>(from - batch));
        store<u32>(row, <u32>(cursor() - from), 4);
      }
      count++;
      const then = next(93);
      if (then < 0) return -INVALID_JSON;
      if (then == 0) break;
    }
  }
  space();
  if (cursor() != end || (!isAscii(batch, end) && !isUtf8(batch, end))) return -INVALID_JSON;
  if (!array) return -NOT_OBJECT;
  return count > MAX_BATCH_REQUESTS ? -OVER_LIMIT : count;
}
