// The real bodies, where they are at hand: they are data of others and no part of the repository.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Seen from dist/bidcore/fuzz/. */
const FOLDER = fileURLToPath(new URL('../../../../shared/openrtb/', import.meta.url));

export interface RealBody {
  /** File and line. */
  readonly name: string;
  readonly body: Buffer;
}

/** Every line of every `.jsonl` file of the folder; none if there is no such folder. */
export function realBodies(): RealBody[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => {
      const lines = readFileSync(FOLDER + name, 'utf8').split('\n');
      return lines.flatMap((line, n) =>
        line.trim() === '' ? [] : [{ name: `${name}:${n + 1}`, body: Buffer.from(line) }],
      );
    });
}
