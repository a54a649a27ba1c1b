// The names of the keys. A campaign lives in one of 16 partitions; the keys of a partition share a hash tag, so that a
// script may touch them all, in a cluster too. `{gavel:p05}` before each:
//
//   :nodes              hash   what each node last said: `7:w` watermark, `7:d` dead after; `until`, `hold` of them all
//   :campaigns          set    campaigns that ever asked for money
//   :c:CAMPAIGN         hash   id, budget, daily, spent, late, held, closed, direct
//   :d:CAMPAIGN         hash   of each day `2026-01-31:s` spent, `2026-01-31:h` held
//   :l:CAMPAIGN:LEASE   hash   node, day, granted, billed, foreign, until, grace, seq, ended
//   :x:CAMPAIGN         zset   its open leases by the time they end if nothing is renewed
//   :n:HOUR:BBB         hash   notices booked, of bids of an hour whose id starts with BBB
//   :events             stream the notices: r record, c micros charged, l 1 if late
//   :summed             hash   of each database that sums the notices, the entry up to which it has
//   :policies           stream what the policy decided: r record
//   :dead:GROUP         stream what consumers of a group could not digest
//
// The hashes of notices are many and small on purpose: up to 128 entries Redis packs one into a few hundred bytes.

export const PARTITIONS = 16;

const HOUR_S = 3600;
const BUCKET_DIGITS = 3;

/** Of a campaign, from the hash of its id (16 hexadecimal digits). */
export function partitionOf(campaign: string): number {
  const partition = Number.parseInt(campaign.slice(-1), PARTITIONS);
  if (campaign.length !== 16 || Number.isNaN(partition)) throw new Error(`no campaign hash: "${campaign}"`);
  return partition;
}

export class Keys {
  readonly #tags: readonly string[];

  /** @param namespace deployments that share a Redis have different ones */
  constructor(namespace: string) {
    this.#tags = Array.from({ length: PARTITIONS }, (_, i) => `{${namespace}:p${String(i).padStart(2, '0')}}`);
  }

  /** What the keys of a partition start with; scripts make the rest of the name from it. */
  tag(partition: number): string {
    const tag = this.#tags[partition];
    if (tag === undefined) throw new Error(`no partition ${partition}`);
    return tag;
  }

  events(partition: number): string {
    return `${this.tag(partition)}:events`;
  }

  /** How far those who sum the notices of a partition are. */
  summed(partition: number): string {
    return `${this.tag(partition)}:summed`;
  }

  policies(partition: number): string {
    return `${this.tag(partition)}:policies`;
  }

  dead(partition: number, group: string): string {
    return `${this.tag(partition)}:dead:${group}`;
  }

  campaigns(partition: number): string {
    return `${this.tag(partition)}:campaigns`;
  }
}

/** Which hash of notices a bid belongs in: said by its token alone, so by all its notices alike. */
export function noticeBucket(bid: string, issuedS: number): string {
  return `${Math.floor(issuedS / HOUR_S)}:${bid.slice(0, BUCKET_DIGITS)}`;
}
