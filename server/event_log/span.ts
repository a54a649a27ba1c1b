// Where the segments of a log are and how far each may be read: what a reader is told, by the log that writes them or
// by a look into the folder.

import type { Disk } from './disk.js';
import { segmentFirst, segmentName } from './segment.js';

export interface Span {
  readonly path: string;
  /** Position of its first record. */
  readonly first: number;
  /** Up to which offset it may be read. */
  readonly bytes: number;
}

export interface SpanSource {
  readonly disk: Disk;
  /** In order. The end of the last one may be half-written only if `tailIsOpen`. */
  spans(): Promise<readonly Span[]>;
  readonly tailIsOpen: boolean;
}

/** The segments of a folder that another process may be writing. */
export function folderSpans(disk: Disk, folder: string): SpanSource {
  /** Of segments that had one behind them when they were measured, and so do not grow. */
  const sizes = new Map<number, number>();
  const spans = async (): Promise<Span[]> => {
    const firsts = (await disk.list(folder)).flatMap((name) => segmentFirst(name) ?? []).sort((a, b) => a - b);
    const found: Span[] = [];
    for (const first of firsts) {
      const path = `${folder}/${segmentName(first)}`;
      const bytes = sizes.get(first) ?? (await sizeOf(disk, path));
      // Retention deletes from the front: what is gone meanwhile was the oldest.
      if (bytes === undefined) continue;
      found.push({ path, first, bytes });
      if (first !== firsts.at(-1)) sizes.set(first, bytes);
    }
    return found;
  };
  return { disk, spans, tailIsOpen: true };
}

/**
 * The same, no further than its writer says is durable: nothing is read there that a crash could take back.
 * @param tail how far the last segment is durable; undefined while nobody knows
 */
export function durableSpans(
  disk: Disk,
  folder: string,
  tail: () => { readonly first: number; readonly bytes: number } | undefined,
): SpanSource {
  const all = folderSpans(disk, folder);
  const spans = async (): Promise<Span[]> => {
    const end = tail();
    if (end === undefined) return [];
    const within = (await all.spans()).filter(({ first }) => first <= end.first);
    return within.map((span) => (span.first === end.first ? { ...span, bytes: end.bytes } : span));
  };
  return { disk, spans, tailIsOpen: false };
}

/** Bytes of a file, undefined if it is not there. */
export async function sizeOf(disk: Disk, path: string): Promise<number | undefined> {
  try {
    const file = await disk.open(path, 'read');
    try {
      return await file.size();
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}
