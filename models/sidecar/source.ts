// Where the sidecar reads notices from, in their order, and how it says what it is done with.

import type { NoticeRecord } from '../../bidcore/money/event.js';

/** Per stream, what has been applied last. `log`: position of the next record; of Redis: id of the last entry. */
export type Positions = Readonly<Record<string, number | string>>;

export interface Source {
  /** For people. */
  readonly where: string;
  /** Begins behind these positions; without any, at the oldest there is. Again: forgets what it gave before. */
  open(positions: Positions): Promise<void>;
  /**
   * The next notices, each once however often the source has it; none only if there are none yet, or there is a
   * `problem`. What was given is applied before the next call.
   * @param may asked between two steps: whether this sidecar is still the one that trains
   */
  next(may: () => boolean): Promise<readonly NoticeRecord[]>;
  /** Behind the notices that were given. */
  positions(): Positions;
  /** What is before these positions is on disk, and needs not be kept. */
  done(): Promise<void>;
  /** Why nothing comes; '' if nothing is wrong. */
  readonly problem: string;
  /** Notices that were deleted before they could be read. */
  readonly lost: number;
  close(): Promise<void>;
}
