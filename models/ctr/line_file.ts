// A file as lines of bytes, read in pieces, so that its size does not matter. Compressed by gzip if it starts so. A
// byte order mark, carriage returns before line ends, and empty lines are not seen by who reads the lines; they count.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** Why a file could not be read to its end. */
export interface LineFileError {
  readonly code: 'unreadable' | 'bad_line';
  /** With the file's name, and the line's number where it is about a line. */
  readonly problem: string;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const PIECE_BYTES = 1 << 20;
/** A longer line is no line of a log. */
const LINE_BYTES_MAX = 1 << 24;

/**
 * Reads a file.
 * @param take is given each line, valid until it returns, and its number from 1; says what is wrong with it
 * @param pause is called between pieces
 */
export async function readLines(
  file: string,
  take: (line: Buffer, number: number) => string | undefined,
  pause: () => void = () => undefined,
): Promise<LineFileError | undefined> {
  let number = 0;
  const line = (bytes: Buffer): LineFileError | undefined => {
    number++;
    const from = number === 1 && bytes.subarray(0, 3).equals(MARK) ? 3 : 0;
    const to = bytes.at(-1) === RETURN ? bytes.length - 1 : bytes.length;
    if (from >= to) return undefined;
    const problem = take(bytes.subarray(from, to), number);
    return problem === undefined ? undefined : { code: 'bad_line', problem: `${file}:${number}: ${problem}` };
  };
  try {
    let rest: Buffer = Buffer.alloc(0);
    for await (const piece of await piecesOf(file)) {
      const bytes = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer]);
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        const error = line(bytes.subarray(from, end));
        if (error !== undefined) return error;
        from = end + 1;
      }
      rest = bytes.subarray(from);
      if (rest.length > LINE_BYTES_MAX) {
        return { code: 'bad_line', problem: `${file}:${number + 1}: over ${LINE_BYTES_MAX} bytes` };
      }
      pause();
    }
    return rest.length > 0 ? line(rest) : undefined;
  } catch (error) {
    // Not there, a folder, no right to it, a gzip that is cut short; what has no code is a fault of ours.
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { code: 'unreadable', problem: `${file}: ${error.message}` };
  }
}

async function piecesOf(file: string): Promise<AsyncIterable<unknown>> {
  const handle = await open(file);
  const start = Buffer.alloc(2);
  try {
    await handle.read(start, 0, 2, 0);
  } finally {
    await handle.close();
  }
  const bytes = createReadStream(file, { highWaterMark: PIECE_BYTES });
  if (start[0] !== 0x1f || start[1] !== 0x8b) return bytes;
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  bytes.on('error', (error) => gunzip.destroy(error));
  return bytes.pipe(gunzip);
}
