// Audiences: which of those that ads of the book name the user is in. Each is a count in the frequency table, kept by
// the ledger, of what the user did before. Rules: docs/money.md section 3.

import { book } from './bitmaps';
import { taken } from './facts';
import { seen, userKey } from './frequency';
import * as m from './memory_map';
import { SEGMENTS } from './privacy';

/** Bit n for audience n of the book. */
export let joined: u32 = 0;

/** Finds the audiences of the user of a request whose facts are resolved. */
export function findAudiences(): void {
  joined = 0;
  const count = load<u32>(book, m.BOOK_AUDIENCE_COUNT);
  if (count == 0 || (taken & SEGMENTS) != 0 || userKey() == 0) return;
  for (let i: u32 = 0; i < count; i++) {
    const audience = audienceAt(i);
    if (seen(load<u64>(audience, m.AUDIENCE_KEY), load<u32>(audience, m.AUDIENCE_BUCKET_S)) != 0) joined |= 1 << i;
  }
}

/** What an audience is in lists of segments. */
export function segmentOf(audience: u32): u64 {
  return load<u64>(audienceAt(audience), m.AUDIENCE_SEGMENT);
}

// @ts-ignore: decorator
@inline
function audienceAt(i: u32): usize {
  return <usize>load<u32>(book, m.BOOK_AUDIENCES) + <usize>i * m.AUDIENCE_STRIDE;
}
