// The changes of the book that this process makes, in the order in which they are committed: what each leaves, so that
// the campaigns in memory follow them without reading the database again.

import type { CampaignFile } from '../../../bidcore/campaign_file.js';
import type { CampaignPart } from '../../../bidcore/campaign_part.js';

export interface OwnChange {
  /** By how much it raises the revision of the book. */
  readonly raised: number;
  /** What it leaves: part of the campaigns or all of them; undefined: there is nothing to bid with. */
  readonly book: CampaignPart | { readonly whole: CampaignFile } | undefined;
}

interface Entry {
  readonly change: OwnChange;
  committed: boolean | undefined;
  readonly settled: Promise<void>;
}

export class OwnChanges {
  readonly #queue: Entry[] = [];
  #follower: (change: OwnChange) => void = () => undefined;

  /** Sets who is told of every change that was committed, in order. */
  follow(follower: (change: OwnChange) => void): void {
    this.#follower = follower;
  }

  /**
   * To be called while the transaction still holds the lock of changes.
   * @returns to be told how the transaction ended
   */
  begin(change: OwnChange): (committed: boolean) => void {
    let settle: () => void = () => undefined;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const entry: Entry = { change, committed: undefined, settled };
    this.#queue.push(entry);
    return (committed) => {
      entry.committed = committed;
      this.#drain();
      settle();
    };
  }

  /** Resolves when it is known of all changes begun so far how they ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#queue.map((entry) => entry.settled));
  }

  /** Another connection may answer first: none overtakes those before it. */
  #drain(): void {
    for (let first = this.#queue[0]; first?.committed !== undefined; first = this.#queue[0]) {
      this.#queue.shift();
      if (first.committed) this.#follower(first.change);
    }
  }
}
