// Brings the campaign file into the hot path: read, check, expand, compile, flip. A file with problems changes nothing.

import { readFile } from 'node:fs/promises';
import { type Book, makeBook, type NoticeUrls } from '../bidcore/book.js';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import type { Control } from '../bidcore/control.js';
import { DEFAULT_PROFILE, type ExchangeProfile } from '../bidcore/exchange_file.js';
import type { FrontExchange } from './messages.js';
import { missingPriceKeys } from './secret_keys.js';

/** The book that is live. */
export interface LiveBook {
  readonly version: number;
  readonly ads: number;
  /** Campaigns with at least one ad in the book. */
  readonly campaigns: number;
  /** In the order of the book's indices. */
  readonly exchanges: readonly FrontExchange[];
  /** As plain objects, for explanations; undefined before the first one. */
  readonly book: Book | undefined;
  /** What compiling and flipping took. */
  readonly milliseconds: number;
}

/** Why a campaign file was refused, each with the path of the key at fault where there is one. */
export interface BookProblems {
  readonly problems: readonly string[];
}

const NONE: LiveBook = {
  version: 0,
  ads: 0,
  campaigns: 0,
  exchanges: frontExchanges([DEFAULT_PROFILE]),
  book: undefined,
  milliseconds: 0,
};

/** Tells the workers which exchanges there are, with index and profile; resolves once all of them use it. */
export type PublishExchanges = (exchanges: readonly FrontExchange[]) => Promise<void>;

export class BookSource {
  readonly #control: Control;
  readonly #path: string;
  readonly #urls: NoticeUrls;
  readonly #priceKeys: ReadonlySet<string>;
  #live = NONE;

  /** @param priceKeys ends of the names of those there are in the environment */
  constructor(control: Control, path: string, urls: NoticeUrls, priceKeys: ReadonlySet<string>) {
    this.#priceKeys = priceKeys;
    this.#control = control;
    this.#path = path;
    this.#urls = urls;
  }

  get live(): LiveBook {
    return this.#live;
  }

  /**
   * Loads the file as it is now.
   * @param prepare called before the book goes live
   */
  async load(publish: PublishExchanges, prepare: (book: Book) => Promise<void>): Promise<LiveBook | BookProblems> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      return { problems: [`cannot read ${this.#path}: ${(error as Error).message}`] };
    }
    const file = parseCampaignFile(text);
    if (isCampaignFileError(file)) return file;
    const keyless = missingPriceKeys(file.exchanges, this.#priceKeys);
    if (keyless !== undefined) return { problems: [keyless] };
    const book = makeBook(file, this.#live.version + 1, this.#urls);
    const exchanges = frontExchanges(book.profiles);
    // Between the flip and the news of it, a worker would look an exchange up in one book and bid with the other.
    // Exchanges whose index changes therefore bid as the default one meanwhile.
    await publish(commonIndices(this.#live.exchanges, exchanges));
    const loaded = await this.#control.loadBook(book, () => prepare(book));
    if (!('problem' in loaded)) {
      const campaigns = new Set(book.ads.map((ad) => ad.campaign.id)).size;
      const { version } = book;
      this.#live = { version, ads: loaded.ads, campaigns, exchanges, book, milliseconds: loaded.milliseconds };
    }
    await publish(this.#live.exchanges);
    return 'problem' in loaded ? { problems: [loaded.problem] } : this.#live;
  }
}

/** Tells the live book from the problems of a refused one. */
export function isRefused(value: LiveBook | BookProblems): value is BookProblems {
  return 'problems' in value;
}

/** What the front needs to know of the profiles of a book. */
export function frontExchanges(profiles: readonly ExchangeProfile[]): FrontExchange[] {
  return profiles.map(({ id, auth_token_sha256: tokenSha256, qps, no_bid, price_encoding: priceEncoding }, index) => {
    return { id, index, tokenSha256, qps, tellsReason: no_bid === 'reason', priceEncoding };
  });
}

/** The exchanges in force, as long as either book may be: those whose index changes have that of the default one. */
export function commonIndices(before: readonly FrontExchange[], after: readonly FrontExchange[]): FrontExchange[] {
  return before.map((exchange) => (after[exchange.index]?.id === exchange.id ? exchange : { ...exchange, index: 0 }));
}
