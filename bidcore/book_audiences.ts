// Audiences in the compiled book: those that some ad wants or shuts out. The hot path asks for no others.

import { MAX_AUDIENCES } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { AUDIENCE, audiencesOf, segmentHash } from './audiences.js';
import type { Book } from './book.js';
import type { BookIndex } from './book_index.js';
import { type BookMemory, within } from './book_memory.js';

export function writeAudiences(memory: BookMemory, { file }: Book, { values }: BookIndex): void {
  const isNamed = (entry: string): boolean =>
    [map.DIM_SEGMENT, map.DIM_SEGMENT_EXCLUDED].some((dimension) => values.get(dimension)?.has(entry));
  const audiences = audiencesOf(file).filter(({ id }) => isNamed(AUDIENCE + id));
  within('audiences', audiences.length, MAX_AUDIENCES);
  const at = memory.takeZeroed(audiences.length * map.AUDIENCE_STRIDE);
  audiences.forEach(({ id, cap }, i) => {
    const entry = at + i * map.AUDIENCE_STRIDE;
    memory.u64(entry + map.AUDIENCE_KEY, cap.key);
    memory.u64(entry + map.AUDIENCE_SEGMENT, segmentHash(AUDIENCE + id));
    memory.u32(entry + map.AUDIENCE_BUCKET_S, cap.bucketSeconds);
  });
  memory.header(map.BOOK_AUDIENCES, at);
  memory.header(map.BOOK_AUDIENCE_COUNT, audiences.length);
}
