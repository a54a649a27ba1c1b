// What the thread that compiles books is told and tells.

import type { BookError } from '../../bidcore/book_compiler.js';
import type { CampaignFile } from '../../bidcore/campaign_file.js';
import type { CampaignPart } from '../../bidcore/campaign_part.js';
import type { NoticeKey } from '../../bidcore/money/key_ring.js';

export interface BookThreadStart {
  /** Of all threads. */
  readonly memory: SharedArrayBuffer;
  /** Where notices and markup point (`NoticeUrls`). */
  readonly notices: string;
  readonly markup: string;
  /** What click addresses are signed with. */
  readonly keys: readonly NoticeKey[];
}

export type BookOrder =
  /** Read and check the file at a path; the next compilation is of it. */
  | { readonly kind: 'read'; readonly path: string }
  /** The next compilation is of the database's campaigns: these. */
  | { readonly kind: 'whole'; readonly file: CampaignFile }
  /** The same: those that came last, with parts in place. */
  | { readonly kind: 'parts'; readonly parts: readonly CampaignPart[] }
  | {
      readonly kind: 'compile';
      readonly half: number;
      readonly version: number;
      readonly indices: ReadonlyMap<string, number>;
    }
  /** Write the database's campaigns beside a path, as `PATH.new`. */
  | { readonly kind: 'write'; readonly path: string };

/** What there is in a book that was compiled. */
export interface CompiledBook {
  readonly ads: number;
  /** With at least one ad. */
  readonly campaigns: number;
  readonly bytes: number;
}

export type BookAnswer =
  | { readonly kind: 'file'; readonly file: CampaignFile }
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  | { readonly kind: 'compiled'; readonly book: CompiledBook | BookError }
  /** What tells the file from another (`markOf`), where there is one. */
  | { readonly kind: 'done'; readonly mark?: string };
