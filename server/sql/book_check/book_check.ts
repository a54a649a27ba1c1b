// The proof that a bidder would take the campaigns as a transaction leaves them, before it is committed: otherwise a
// bidder that starts again would find a file that it refuses.

import type { CampaignFile } from '../../../bidcore/campaign_file.js';
import { campaignTextOf } from '../book/file_of_rows.js';
import type { Change } from '../change.js';
import type { Db } from '../database.js';
import { checkBook } from './check_host.js';
import { checkScope } from './check_scope.js';
import { surelyFits, together } from './headroom.js';
import type { BookUsage, CheckOrder } from './messages.js';
import { type OwnChange, OwnChanges } from './own_changes.js';

/** What of the bidders' configuration decides over books. */
export type BookTerms = Pick<CheckOrder, 'urls' | 'priceKeys'>;

/** Of the command line and of tests: addresses of the usual length. */
const USUAL: BookTerms = {
  urls: { notices: 'http://127.0.0.1:7507', markup: 'https://127.0.0.1:7507', keyId: 1 },
  priceKeys: undefined,
};
/** What is known of the whole counts for so long: other nodes make changes, too. */
const KNOWN_MS = 600_000;
/** From then on it is worth to learn it again when there is an occasion. */
const FRESH_MS = 300_000;

/** What a look at a transaction has found. */
export interface Looked {
  /** Why a bidder would refuse the campaigns; empty: it would not. */
  readonly problems: readonly string[];
  /** What the transaction leaves of them. */
  readonly book: OwnChange['book'];
}

const NOTHING_TO_BID: Looked = { problems: [], book: undefined };

export class BookCheck {
  /** What of it was changed here. */
  readonly own = new OwnChanges();
  readonly #terms: BookTerms;
  #learning: Promise<unknown> = Promise.resolve();
  /** When it was compiled, milliseconds of performance.now(); undefined: it has to be. */
  #whole: { readonly usage: BookUsage; readonly atMs: number } | undefined;
  /** Of the parts that were checked since, and how many there ever were. */
  #parts: BookUsage[] = [];
  #count = 0;
  /** Whether what is known of the whole is that of a transaction which is not committed yet. */
  #tentative = false;

  constructor(terms: BookTerms) {
    this.#terms = terms;
  }

  /** Has changes wait for what is under way to learn the whole, which they would have to do themselves. */
  waitFor(learning: Promise<unknown>): void {
    this.#learning = learning.catch(() => undefined); // then the change does it
  }

  /** Resolves when a change may begin. To be awaited before its transaction is. */
  async ready(): Promise<void> {
    await this.#learning;
  }

  /** Whether a bidder would take the campaigns as they stand in the transaction. */
  async look(tx: Db, changes: readonly Change[]): Promise<Looked> {
    const whole = this.#whole;
    if (whole === undefined || performance.now() - whole.atMs > KNOWN_MS) return this.#checkWhole(tx);
    const scope = await checkScope(tx, changes);
    if (scope === 'all') return this.#checkWhole(tx);
    const text = await campaignTextOf(tx, scope);
    if (typeof text !== 'string') return NOTHING_TO_BID; // neither settings nor accounts
    const { problems, usage, file } = await checkBook({ ...this.#terms, text });
    if (file === undefined) return { problems, book: undefined };
    if (!surelyFits(whole.usage, [...this.#parts, usage].reduce(together))) return this.#checkWhole(tx);
    this.#parts.push(usage);
    this.#count += 1;
    return { problems: [], book: { file, campaigns: [...scope.campaigns], creatives: [...scope.creatives] } };
  }

  /** To be told how the transaction of the last check ended. */
  ended(committed: boolean): void {
    if (this.#tentative && !committed) this.#whole = undefined;
    this.#tentative = false;
  }

  /** How many changes were checked so far: to be asked before a campaign file is read that is to be learnt from. */
  get count(): number {
    return this.#count;
  }

  /** Whether to learn from a file is worth the compilation. */
  get wantsToLearn(): boolean {
    return this.#whole === undefined || performance.now() - this.#whole.atMs > FRESH_MS;
  }

  /**
   * Learns from a campaign file of the database, so that the next change need not look at all of it.
   * @param count as it was before the file was read
   * @returns the file, or why a bidder would refuse it
   */
  async learn(text: string, count: number): Promise<CampaignFile | readonly string[]> {
    const { problems, usage, file } = await checkBook({ ...this.#terms, text });
    if (file === undefined) return problems;
    if (!this.#tentative) {
      this.#whole = { usage, atMs: performance.now() };
      const since = this.#count - count;
      this.#parts = since === 0 ? [] : this.#parts.slice(-since);
    }
    return file;
  }

  async #checkWhole(tx: Db): Promise<Looked> {
    const text = await campaignTextOf(tx);
    if (typeof text !== 'string') return NOTHING_TO_BID;
    const { problems, usage, file } = await checkBook({ ...this.#terms, text });
    if (file === undefined) return { problems, book: undefined };
    this.#whole = { usage, atMs: performance.now() };
    this.#parts = [];
    this.#tentative = true;
    return { problems: [], book: { whole: file } };
  }
}

const checks = new WeakMap<Db, BookCheck>();

/** The check of a database: one for all its changes. */
export function bookCheckOf(db: Db): BookCheck {
  const known = checks.get(db);
  if (known !== undefined) return known;
  return checkBooksBy(db, USUAL);
}

/** Sets what the bidders of a database take. */
export function checkBooksBy(db: Db, terms: BookTerms): BookCheck {
  const check = new BookCheck(terms);
  checks.set(db, check);
  return check;
}
