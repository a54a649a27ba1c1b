// What the sidecar says of itself, for the bidder's metrics and for people: models/status.json, replaced once a second.
// The bidder takes it for dead when it is older than STATUS_STALE_MS (server/trainer_status.ts).

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Status {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly pid: number;
  readonly role: 'training' | 'standby';
  /** Notices taken since the first start. */
  readonly notices: number;
  /** How old the newest notice taken is; 0 when all there is was taken, and nothing stands in the way of more. */
  readonly lagS: number;
  readonly examples: {
    readonly impression: number;
    readonly click: number;
    readonly conversion: number;
    readonly price: number;
  };
  /** Alerts by test. */
  readonly drift: Readonly<Record<string, number>>;
  readonly live: number;
  /** How the retraining of the policy stands, in words; '' of one that stands by. */
  readonly policy: string;
  /** What stands in the way; '' if nothing. */
  readonly problem: string;
}

const NAME = 'status.json';

/** Not synced: a status that a crash loses is of no use after it. */
export async function writeStatus(folder: string, status: Status): Promise<void> {
  const unfinished = join(folder, `${NAME}.${status.pid}`);
  await writeFile(unfinished, `${JSON.stringify(status)}\n`);
  await rename(unfinished, join(folder, NAME));
}
