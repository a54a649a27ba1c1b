// The figures of an event log, for metrics. Counts are since it was opened.

export interface EventLogStats {
  /** Records and their bytes that were made durable, and the groups they went in. */
  readonly records: number;
  readonly bytes: number;
  readonly groups: number;
  /** Records of the largest group. */
  readonly groupRecordsMax: number;
  readonly fsyncs: number;
  /** Writes, syncs and cuts that the disk refused. */
  readonly failures: number;
  /** Waiting to be durable, now. */
  readonly queueBytes: number;
  /** Of the folder, now. */
  readonly diskBytes: number;
  /** Cut off the end when it was opened. */
  readonly tornBytes: number;
  readonly segments: number;
  /** Position of the oldest record there is, and of the next one. */
  readonly oldest: number;
  readonly next: number;
  /** How far the last segment is durable; undefined while there is none. */
  readonly tail: { readonly first: number; readonly bytes: number } | undefined;
  readonly cursors: readonly CursorStats[];
}

export interface CursorStats {
  readonly name: string;
  readonly next: number;
  /** Records it has still to pass. */
  readonly lag: number;
  /** It keeps more from being deleted than `keepBytes`. */
  readonly behind: boolean;
  /** Records that were deleted before it passed them. */
  readonly lost: number;
}
