// Audiences of a campaign file: users by what they did before, an impression, a click or a conversion of a campaign.
// They stand in the frequency table, as a count that is full with the first event. Rules: docs/money.md section 3.

import type { Book } from './book.js';
import type { CampaignFile } from './campaign_file.js';
import { bucketSecondsOf, type Cap, capsOf } from './frequency_caps.js';
import { hashText, mix } from './hash.js';
import type { NoticeKind } from './money/event.js';

/** What an audience is called in the lists of segments. */
export const AUDIENCE = 'audience:';

/** Mixed into the hash of an audience's name: no segment of a request is taken for one. */
const NOT_A_TEXT = 0x200;

export interface Audience {
  readonly id: string;
  /** Event that makes users join, of one of these campaigns. */
  readonly event: 'imp' | 'click' | 'conv';
  readonly campaigns: readonly string[];
  /** A user is in it once this is full. */
  readonly cap: Cap;
}

const known = new WeakMap<CampaignFile, readonly Audience[]>();

/** The audiences of a file, in its order. */
export function audiencesOf(file: CampaignFile): readonly Audience[] {
  const before = known.get(file);
  if (before !== undefined) return before;
  const audiences = file.accounts.flatMap((account) =>
    account.audiences.map(({ id, event, campaigns, days }) => {
      const minutes = days * 1440;
      const key = hashText(`audience/${id}/days/${days}`);
      return { id, event, campaigns, cap: { key, impressions: 1, minutes, bucketSeconds: bucketSecondsOf(minutes) } };
    }),
  );
  known.set(file, audiences);
  return audiences;
}

/** Hash of an entry in a list of segments. */
export function segmentHash(entry: string): bigint {
  return entry.startsWith(AUDIENCE) ? mix(hashText(entry), NOT_A_TEXT) || 1n : hashText(entry);
}

/** What an event of a user is counted under. Plain data, which can be posted to another thread. */
export type Counted = Pick<Cap, 'key' | 'bucketSeconds'>;

/**
 * What a notice counts for: look up its kind with the hash of its campaign, and with that of its ad group (16
 * hexadecimal digits, as in `BidFacts`), as in `click 0123456789abcdef`.
 */
export function countedOf(book: Pick<Book, 'file'>): Map<string, readonly Counted[]> {
  const counted = new Map<string, Counted[]>();
  const add = (kind: NoticeKind, hash: string, its: readonly Counted[]): void => {
    const scope = `${kind} ${hash}`;
    counted.set(scope, [...(counted.get(scope) ?? []), ...its]);
  };
  for (const [hash, caps] of capsOf(book)) add('imp', hash, caps);
  for (const { event, campaigns, cap } of audiencesOf(book.file)) {
    for (const id of new Set(campaigns)) add(event, hashText(id).toString(16).padStart(16, '0'), [cap]);
  }
  return counted;
}
