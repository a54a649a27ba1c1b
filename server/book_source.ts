// Brings campaigns into the hot path, from their file or from the database: read, check, expand and compile, which
// another thread does (book/book_thread.ts), and flip. Campaigns with problems change nothing.

import { type Book, makeBook, type NoticeUrls, profilesOf } from '../bidcore/book.js';
import type { CampaignFile } from '../bidcore/campaign_file.js';
import type { CampaignPart } from '../bidcore/campaign_part.js';
import type { CompileBook, Control } from '../bidcore/control.js';
import { DEFAULT_PROFILE, type ExchangeProfile } from '../bidcore/exchange_file.js';
import type { BookHost } from './book/book_host.js';
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
  /** What it was made from; undefined before the first one. */
  readonly file: CampaignFile | undefined;
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
  file: undefined,
  milliseconds: 0,
};

/** Tells the workers which exchanges there are, with index and profile; resolves once all of them use it. */
export type PublishExchanges = (exchanges: readonly FrontExchange[]) => Promise<void>;

/** Called before a book goes live, with what it was made from. */
type PrepareBook = (book: Pick<Book, 'file'>) => Promise<void>;

/** One way to bring a book into force. */
export type LoadBook = (publish: PublishExchanges, prepare: PrepareBook) => Promise<LiveBook | BookProblems>;

/** One call at a time: the thread compiles what came last. */
export class BookSource {
  readonly #control: Control;
  readonly #path: string;
  readonly #urls: NoticeUrls;
  readonly #priceKeys: ReadonlySet<string>;
  readonly #host: BookHost;
  #live = NONE;
  #book: Book | undefined;
  #campaigns: { readonly file: CampaignFile; readonly ids: ReadonlySet<string> } | undefined;

  /** @param priceKeys ends of the names of those there are in the environment */
  constructor(control: Control, host: BookHost, path: string, urls: NoticeUrls, priceKeys: ReadonlySet<string>) {
    this.#priceKeys = priceKeys;
    this.#control = control;
    this.#host = host;
    this.#path = path;
    this.#urls = urls;
  }

  get live(): LiveBook {
    return this.#live;
  }

  /** The live book as plain objects, for explanations: made when it is asked for. Throws before the first one. */
  get book(): Book {
    const { file, version } = this.#live;
    if (file === undefined) throw new Error('no book is live');
    if (this.#book?.version !== version) this.#book = makeBook(file, version, this.#urls);
    return this.#book;
  }

  /** Whether the live book has a campaign. */
  has(campaign: string): boolean {
    const { file } = this.#live;
    if (file === undefined) return false;
    if (this.#campaigns?.file !== file) {
      const ids = file.accounts.flatMap((account) => account.campaigns.map(({ id }) => id));
      this.#campaigns = { file, ids: new Set(ids) };
    }
    return this.#campaigns.ids.has(campaign);
  }

  /**
   * Loads the file as it is now.
   * @param prepare called before the book goes live
   */
  async load(publish: PublishExchanges, prepare: PrepareBook): Promise<LiveBook | BookProblems> {
    const file = await this.#host.read(this.#path);
    return isProblems(file) ? { problems: file } : this.#put(file, publish, prepare);
  }

  /**
   * Loads the campaigns of the database.
   * @param parts what of them is new since the last time; undefined: all may be
   */
  async take(
    file: CampaignFile,
    parts: readonly CampaignPart[] | undefined,
    publish: PublishExchanges,
    prepare: PrepareBook,
  ): Promise<LiveBook | BookProblems> {
    await this.#host.take(file, parts);
    return this.#put(file, publish, prepare);
  }

  async #put(file: CampaignFile, publish: PublishExchanges, prepare: PrepareBook): Promise<LiveBook | BookProblems> {
    const keyless = missingPriceKeys(file.exchanges, this.#priceKeys);
    if (keyless !== undefined) return { problems: [keyless] };
    const version = this.#live.version + 1;
    const exchanges = frontExchanges(profilesOf(file));
    // Between the flip and the news of it, a worker would look an exchange up in one book and bid with the other.
    // Exchanges whose index changes therefore bid as the default one meanwhile.
    await publish(commonIndices(this.#live.exchanges, exchanges));
    let campaigns = 0;
    const compile: CompileBook = async (half, indices) => {
      const compiled = await this.#host.compile(half, version, indices);
      if (!('problem' in compiled)) campaigns = compiled.campaigns;
      return compiled;
    };
    const loaded = await this.#control.loadCompiled({ file, version }, compile, () => prepare({ file }));
    if (!('problem' in loaded)) {
      const { ads, milliseconds } = loaded;
      this.#live = { version, ads, campaigns, exchanges, file, milliseconds };
    }
    await publish(this.#live.exchanges);
    return 'problem' in loaded ? { problems: [loaded.problem] } : this.#live;
  }
}

function isProblems(value: CampaignFile | readonly string[]): value is readonly string[] {
  return Array.isArray(value);
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
