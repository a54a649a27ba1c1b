// What the bidders themselves say they have booked: from their event logs, or from the metrics of one that runs.

import { join } from 'node:path';
import type { CampaignFile } from '../../bidcore/campaign_file.js';
import { hashText } from '../../bidcore/hash.js';
import type { EventRecord } from '../../bidcore/money/event.js';
import { readEntries } from '../../server/event_log/reader.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import { folderSpans } from '../../server/event_log/span.js';
import { type BookTotals, COUNTED, type Counted, noSums, type Sums } from './books.js';

export interface LoggedBooks extends BookTotals {
  /** Of the charges of each campaign, those behind the expiry of their bid, which may go over a budget. */
  readonly lateMicros: ReadonlyMap<string, number>;
  /** Charges that two nodes have booked differently. */
  readonly problems: readonly string[];
}

/** Adds up the records of bidders' event logs. A notice that came to two nodes is in both and counts once. */
export class RecordedBooks implements LoggedBooks {
  readonly campaigns = new Map<string, Sums>();
  readonly charges = new Map<string, number>();
  readonly lateMicros = new Map<string, number>();
  readonly problems: string[] = [];
  readonly #names: ReadonlyMap<string, string>;
  readonly #seen = new Map<string, number>();

  constructor(file: CampaignFile) {
    this.#names = new Map(
      file.accounts.flatMap(({ campaigns }) =>
        campaigns.map(({ id }): [string, string] => [hashText(id).toString(16).padStart(16, '0'), id]),
      ),
    );
  }

  /** The id of a campaign whose hash is in records. */
  nameOf(hash: string): string {
    return this.#names.get(hash) ?? hash;
  }

  add(record: EventRecord): void {
    if (record.type !== 'notice' || !isCounted(record.kind)) return;
    const { facts, kind, chargeMicros } = record;
    const known = this.#seen.get(`${facts.bid} ${kind}`);
    if (known !== undefined) {
      if (known !== chargeMicros)
        this.problems.push(`bid ${facts.bid}: charged ${known} by one node, ${chargeMicros} by another`);
      return;
    }
    this.#seen.set(`${facts.bid} ${kind}`, chargeMicros);
    const campaign = this.nameOf(facts.campaign);
    const sums = this.campaigns.get(campaign) ?? noSums();
    this.campaigns.set(campaign, sums);
    sums[kind]++;
    sums.chargeMicros += chargeMicros;
    if (record.late) this.lateMicros.set(campaign, (this.lateMicros.get(campaign) ?? 0) + chargeMicros);
    if (chargeMicros > 0) this.charges.set(facts.bid, (this.charges.get(facts.bid) ?? 0) + chargeMicros);
  }
}

/**
 * Adds up the event logs of nodes that share their budgets, or of one by itself.
 * @param dataDirs GAVEL_DATA_DIR of each
 */
export async function loggedBooks(dataDirs: readonly string[], file: CampaignFile): Promise<LoggedBooks> {
  const books = new RecordedBooks(file);
  for (const dataDir of dataDirs) {
    for await (const { record } of readEntries(folderSpans(realDisk, join(dataDir, 'events')), 1)) books.add(record);
  }
  return books;
}

function isCounted(kind: string): kind is Counted {
  return (COUNTED as readonly string[]).includes(kind);
}

/** The name under which totals that know no campaign stand. */
export const ALL_CAMPAIGNS = '(all)';

/** What the metrics of a running bidder say, over all campaigns. @param base such as `http://127.0.0.1:7507` */
export async function meteredSums(base: string): Promise<Sums> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const sums = noSums();
  for (const line of text.split('\n')) {
    const notice = /^gavel_notices_total\{kind="(\w+)",outcome="(?:booked|late)"\} (\S+)/.exec(line);
    if (notice !== null && isCounted(notice[1] as string)) sums[notice[1] as Counted] += Number(notice[2]);
    const spend = /^gavel_spend (\S+)/.exec(line);
    if (spend !== null) sums.chargeMicros = Math.round(Number(spend[1]) * 1e6);
  }
  return sums;
}

/** Sums since another look, as books of everything. */
export function booksSince(before: Sums, after: Sums): BookTotals {
  const sums = noSums();
  for (const name of Object.keys(sums) as (keyof Sums)[]) sums[name] = after[name] - before[name];
  return { campaigns: new Map([[ALL_CAMPAIGNS, sums]]), charges: undefined };
}
