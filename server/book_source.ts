// Brings the campaign file into the hot path: read, check, expand, compile, flip. A file with problems changes nothing.

import { readFile } from 'node:fs/promises';
import { makeBook, type NoticeUrls } from '../bidcore/book.js';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import type { Control } from '../bidcore/control.js';

/** The book that is live. */
export interface LiveBook {
  readonly version: number;
  readonly ads: number;
  /** Campaigns with at least one ad in the book. */
  readonly campaigns: number;
  /** Ids, in the order of the book's indices. */
  readonly exchanges: readonly string[];
  /** What compiling and flipping took. */
  readonly milliseconds: number;
}

/** Why a campaign file was refused, each with the path of the key at fault where there is one. */
export interface BookProblems {
  readonly problems: readonly string[];
}

const NONE: LiveBook = { version: 0, ads: 0, campaigns: 0, exchanges: ['default'], milliseconds: 0 };

/** Tells the workers which exchange has which index; resolves once all of them use it. */
export type PublishExchanges = (ids: readonly string[]) => Promise<void>;

export class BookSource {
  readonly #control: Control;
  readonly #path: string;
  readonly #urls: NoticeUrls;
  #live = NONE;

  constructor(control: Control, path: string, urls: NoticeUrls) {
    this.#control = control;
    this.#path = path;
    this.#urls = urls;
  }

  get live(): LiveBook {
    return this.#live;
  }

  /** Loads the file as it is now. */
  async load(publish: PublishExchanges): Promise<LiveBook | BookProblems> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      return { problems: [`cannot read ${this.#path}: ${(error as Error).message}`] };
    }
    const file = parseCampaignFile(text);
    if (isCampaignFileError(file)) return file;
    const book = makeBook(file, this.#live.version + 1, this.#urls);
    // Between the flip and the news of it, a worker would look an exchange up in one book and bid with the other.
    // Exchanges whose index changes are therefore not named meanwhile; they count as the default one.
    await publish(commonIndices(this.#live.exchanges, book.exchanges));
    const loaded = await this.#control.loadBook(book);
    if (!('problem' in loaded)) {
      const campaigns = new Set(book.ads.map((ad) => ad.campaign.id)).size;
      const { version, exchanges } = book;
      this.#live = { version, ads: loaded.ads, campaigns, exchanges, milliseconds: loaded.milliseconds };
    }
    await publish(this.#live.exchanges);
    return 'problem' in loaded ? { problems: [loaded.problem] } : this.#live;
  }
}

/** Tells the live book from the problems of a refused one. */
export function isRefused(value: LiveBook | BookProblems): value is BookProblems {
  return 'problems' in value;
}

/** Exchanges that have the same index in both books, in their places; empty ids in the others. */
export function commonIndices(before: readonly string[], after: readonly string[]): string[] {
  return after.map((id, index) => (before[index] === id ? id : ''));
}
