// Notices that a file has changed, by asking its size and times a few times a second. Events of the file system are
// quicker, but differ between systems and are lost on network and container mounts; polling is the same everywhere.

import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What tells one content of a file from another; undefined when there is no such file. */
export async function fingerprint(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return undefined; // missing for the moment: an editor that replaces the file, or a mistake that will be undone
  }
}

/** The part of a file's fingerprint that stays when it is renamed; undefined when there is no such file. */
export async function markOf(path: string): Promise<string | undefined> {
  return (await fingerprint(path))?.split(' ', 3).join(' ');
}

/**
 * Calls `changed` after each change of the file, one call at a time, until told to stop.
 * @param known fingerprint taken before the content at hand was read, so that no change falls between
 * @param intervalMs time between two looks
 */
export async function watchFile(
  path: string,
  known: string | undefined,
  intervalMs: number,
  signal: AbortSignal,
  changed: (fingerprint: string) => Promise<void>,
): Promise<void> {
  let last = known;
  while (!signal.aborted) {
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined); // cut short by the stop
    const now = await fingerprint(path);
    if (signal.aborted || now === undefined || now === last) continue;
    last = now;
    await changed(now);
  }
}
