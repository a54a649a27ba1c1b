// Reads a notice: kind and token from its path, the rest from its query. What comes out is either a notice for the
// ledger or what became of it. Rules: docs/money.md section 5.

import { clearingPrice, optionalNumber, type PriceReader, plainPrice } from './clearing_price.js';
import { landingOf } from './click_address.js';
import type { BidFacts, NoticeKind } from './event.js';
import type { KeyRing } from './key_ring.js';
import type { SignedNotice } from './notice_codec.js';
import type { NoticeOutcome, PriceProblem } from './notice_outcomes.js';
import { isTokenProblem, readToken } from './token_reader.js';
import { ERROR_CODE_MAX, VAST_EVENTS } from './vast_events.js';

/** What a node knows that notices are read by. */
export interface NoticeContext {
  readonly ring: KeyRing;
  /** For how long after its bid a notice counts, seconds. */
  readonly lifeS: number;
  /** How an exchange tells its prices, by its position in the book. */
  readonly price: (exchange: number) => PriceReader;
}

export interface NoticeReading {
  /** For the ledger; undefined if there is nothing to book. */
  readonly notice: SignedNotice | undefined;
  /** What became of it; with a notice, what is to be counted in place of `booked`. */
  readonly outcome: NoticeOutcome | undefined;
  /** Of a click: where it leads, if it leads anywhere. */
  readonly landing: string | undefined;
}

/** What a notice says besides its token, each as text; undefined where it says nothing. */
export interface NoticeWords {
  readonly price: string | undefined;
  readonly quantity: string | undefined;
  readonly lossReason: string | undefined;
  readonly toWin: string | undefined;
}

/** A notice that says nothing but what its token says. */
export const NOTHING_SAID = {
  clearingMicros: undefined,
  quantity: undefined,
  lossReason: undefined,
  toWinMicros: undefined,
  name: undefined,
  errorCode: undefined,
};
const QUANTITY_MAX = 1e9;
const LOSS_REASON_MAX = 32_767;

/** Says that a click is only counted: another server's VAST leads on. */
export const TRACKING_ONLY = 't';

/** Reads a notice as it comes over HTTP. */
export function readNotice(
  kind: NoticeKind,
  tokenText: string,
  query: URLSearchParams,
  context: NoticeContext,
  atMs: number,
): NoticeReading {
  const token = readToken(tokenText, context.ring, atMs / 1000, context.lifeS);
  if (isTokenProblem(token)) return over(token);
  const { facts, bytes } = token;
  const base = saying({ kind, token: bytes, atMs }, NOTHING_SAID);
  const text = (name: string): string | undefined => query.get(name) ?? undefined;
  if (kind === 'click') {
    const landing = landingOf(query, context.ring);
    if (landing === undefined && !query.has(TRACKING_ONLY)) return over('wrong_address');
    return facts.test ? over('test', landing) : { notice: base, outcome: undefined, landing };
  }
  if (kind === 'event') {
    const name = VAST_EVENTS.find((event) => event === query.get('e'));
    if (name === undefined) return over('wrong_event');
    const code = name === 'error' ? whole(text('c'), ERROR_CODE_MAX) : undefined;
    return facts.test ? over('test') : forLedger(saying(base, { name, errorCode: code }));
  }
  const words = { price: text('p'), quantity: text('q'), lossReason: text('r'), toWin: text('m') };
  return readWords(base, facts, words, context.price(facts.exchange));
}

/** Reads what a win, a bill, a loss, an impression or a conversion says. */
export function readWords(base: SignedNotice, facts: BidFacts, words: NoticeWords, read: PriceReader): NoticeReading {
  const { kind } = base;
  if (facts.test) return over('test');
  if (kind === 'bill' && facts.billedByImpression) return over('wrong_kind');
  if (kind === 'loss') {
    const lossReason = whole(words.lossReason, LOSS_REASON_MAX);
    // A price that would have won is above the bid's, and also exchanges that encrypt prices may tell it plainly.
    const told = words.toWin ?? '';
    return forLedger(
      saying(base, { lossReason, toWinMicros: told.length > 128 ? undefined : (plainPrice(told) ?? read(told)) }),
    );
  }
  const priced = kind === 'win' || kind === 'bill' || (kind === 'imp' && facts.billedByImpression);
  if (!priced) return forLedger(base);
  const price = clearingPrice(words.price, read, facts.priceMicros);
  const quantity = optionalNumber(words.quantity, Number.MIN_VALUE, QUANTITY_MAX);
  if (typeof price === 'number') return forLedger(saying(base, { clearingMicros: price, quantity }));
  // While a creative is looked at nothing is won. A bill says what to pay; without that, it bills nothing.
  if (price === 'price_audit' || kind === 'bill') return over(price);
  return forLedger(saying(base, { quantity }), price);
}

type Said = Pick<SignedNotice, keyof typeof NOTHING_SAID>;

/** A notice that has said nothing so far, with what it says. Field by field: a spread takes 100 times as long. */
function saying({ kind, token, atMs }: Omit<SignedNotice, keyof Said>, said: Partial<Said>): SignedNotice {
  const { clearingMicros, quantity, lossReason, toWinMicros, name, errorCode } = said;
  return { kind, token, atMs, clearingMicros, quantity, lossReason, toWinMicros, name, errorCode };
}

function over(outcome: NoticeOutcome, landing?: string): NoticeReading {
  return { notice: undefined, outcome, landing };
}

function forLedger(notice: SignedNotice, outcome?: PriceProblem): NoticeReading {
  return { notice, outcome, landing: undefined };
}

function whole(text: string | undefined, max: number): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}
