// The proof that a bidder would take the campaigns as a transaction leaves them, before it is committed: otherwise a
// bidder that starts again would find a file that it refuses.

import { campaignTextOf } from '../book/file_of_rows.js';
import type { Change } from '../change.js';
import type { Db } from '../database.js';
import { checkBook } from './check_host.js';
import { checkScope } from './check_scope.js';
import { surelyFits, together } from './headroom.js';
import type { BookUsage, CheckOrder } from './messages.js';

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

export class BookCheck {
  readonly #terms: BookTerms;
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

  /** Why a bidder would refuse the campaigns as they stand in the transaction; empty: it would not. */
  async problems(tx: Db, changes: readonly Change[]): Promise<readonly string[]> {
    const whole = this.#whole;
    if (whole === undefined || performance.now() - whole.atMs > KNOWN_MS) return this.#checkWhole(tx);
    const scope = await checkScope(tx, changes);
    if (scope === 'all') return this.#checkWhole(tx);
    const text = await campaignTextOf(tx, scope);
    if (typeof text !== 'string') return []; // neither settings nor accounts: nothing to bid with
    const { problems, usage } = await checkBook({ ...this.#terms, text });
    if (problems.length > 0) return problems;
    if (!surelyFits(whole.usage, [...this.#parts, usage].reduce(together))) return this.#checkWhole(tx);
    this.#parts.push(usage);
    this.#count += 1;
    return [];
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
   * @returns why a bidder would refuse it; empty: it would not
   */
  async learn(text: string, count: number): Promise<readonly string[]> {
    const { problems, usage } = await checkBook({ ...this.#terms, text });
    if (problems.length > 0 || this.#tentative) return problems;
    this.#whole = { usage, atMs: performance.now() };
    const since = this.#count - count;
    this.#parts = since === 0 ? [] : this.#parts.slice(-since);
    return [];
  }

  async #checkWhole(tx: Db): Promise<readonly string[]> {
    const text = await campaignTextOf(tx);
    if (typeof text !== 'string') return [];
    const { problems, usage } = await checkBook({ ...this.#terms, text });
    if (problems.length > 0) return problems;
    this.#whole = { usage, atMs: performance.now() };
    this.#parts = [];
    this.#tentative = true;
    return [];
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
