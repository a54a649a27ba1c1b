// What the event log says when it cannot: values with a code. An error in the bytes is thrown where an iterator meets it.

export type EventLogErrorCode =
  /** No room: in the queue, within the bound of bytes on disk, or on the disk. Later there may be. */
  | 'event_log_full'
  /** The disk refused a write or a sync, or the log is closed. */
  | 'event_log_failed'
  /** Bytes that were durable are not what was written. `file` and `offset` say where. */
  | 'event_log_corrupt'
  /** Another process has the folder open. */
  | 'event_log_locked';

export interface EventLogError {
  readonly code: EventLogErrorCode;
  readonly problem: string;
  readonly file?: string;
  readonly offset?: number;
}

export function isEventLogError(value: object): value is EventLogError {
  return 'code' in value && 'problem' in value;
}

/** Bytes that are not what was written, met by a reader. */
export class EventLogCorrupt extends Error {
  readonly code = 'event_log_corrupt';

  constructor(
    readonly file: string,
    readonly offset: number,
    readonly what: string,
  ) {
    super(`${file} is broken at offset ${offset}: ${what}`);
  }

  get value(): EventLogError {
    return { code: this.code, problem: this.message, file: this.file, offset: this.offset };
  }
}

/** The code a failure of the disk has for those who append. */
export function failureOf(error: unknown, doing: string): EventLogError {
  if (error instanceof EventLogCorrupt) return error.value;
  const { code, message } = error as { code?: string; message: string };
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return { code: full ? 'event_log_full' : 'event_log_failed', problem: `${doing}: ${message}` };
}
