// Goes through the frames of one segment, a chunk at a time, and says where they stop being what was written.

import type { Disk, DiskFile } from './disk.js';
import { EventLogCorrupt } from './errors.js';
import {
  FRAME_BYTES,
  type Frame,
  type FrameFault,
  HEADER_BYTES,
  readFrame,
  readHeader,
  type SegmentHeader,
} from './segment.js';

const CHUNK_BYTES = 262_144;

export interface Step {
  /** The next frames, in order; none at the end. */
  readonly frames: readonly Frame[];
  /** Why the bytes behind them are no frame; undefined if there are none, or not within the limit. */
  readonly fault: FrameFault | undefined;
}

export class SegmentScanner {
  /** Where the next frame begins. */
  offset = HEADER_BYTES;
  /** Its position. */
  position: number;
  /** Where the group of the last frame begins. */
  group = HEADER_BYTES;

  private constructor(
    readonly path: string,
    readonly header: SegmentHeader,
    readonly file: DiskFile,
  ) {
    this.position = header.first;
  }

  /** Opens a segment. Throws `EventLogCorrupt` if its header is not that of the segment of that name. */
  static async open(disk: Disk, path: string, first: number): Promise<SegmentScanner> {
    const file = await disk.open(path, 'read');
    try {
      const bytes = Buffer.alloc(HEADER_BYTES);
      const header = readHeader(bytes.subarray(0, await file.read(bytes, 0)));
      if (typeof header === 'string') throw new EventLogCorrupt(path, 0, header);
      if (header.first !== first) throw new EventLogCorrupt(path, 16, `its first position is ${header.first}`);
      return new SegmentScanner(path, header, file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Reads on.
   * @param limit offset up to which there is something to read
   * @param until position of which there are no frames: of the segment behind this one, which counts where both have it
   */
  async step(limit: number, until: number): Promise<Step> {
    const frames: Frame[] = [];
    if (this.position >= until) return { frames, fault: undefined };
    for (let size = CHUNK_BYTES; this.offset < limit; size *= 2) {
      const wanted = Math.min(size, limit - this.offset);
      const buffer = Buffer.alloc(wanted);
      const chunk = buffer.subarray(0, await this.file.read(buffer, this.offset));
      const fault = chunk.length === 0 ? 'cut' : this.#frames(chunk, until, frames);
      // What is wrong behind good frames is found again by the next step.
      if (frames.length > 0) return { frames, fault: undefined };
      if (fault !== 'cut' || chunk.length < wanted || this.offset + wanted >= limit) return { frames, fault };
    }
    return { frames, fault: undefined };
  }

  /** Bytes from the next frame to `limit`. */
  async rest(limit: number): Promise<Buffer> {
    const bytes = Buffer.alloc(Math.max(0, limit - this.offset));
    return bytes.subarray(0, await this.file.read(bytes, this.offset));
  }

  close(): Promise<void> {
    return this.file.close();
  }

  #frames(chunk: Buffer, until: number, frames: Frame[]): FrameFault | undefined {
    const base = this.offset;
    for (let at = 0; at < chunk.length && this.position < until; at = this.offset - base) {
      const frame = readFrame(chunk, at, base);
      if (typeof frame === 'string') return frame;
      if (frame.position !== this.position) return 'order';
      frames.push(frame);
      this.position++;
      this.group = frame.group;
      this.offset = frame.offset + FRAME_BYTES + frame.payload.length;
    }
    return undefined;
  }
}

/** What a fault is, for people. */
export const FAULT_TEXTS: Readonly<Record<FrameFault, string>> = {
  cut: 'a record is cut off',
  length: 'the length of a record is impossible',
  crc: 'the CRC of a record is wrong',
  order: 'a record has not the position that follows',
};
