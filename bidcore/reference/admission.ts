// The request as a whole: docs/decisions.md section 2, in its order. What fails here ends the request before any ad
// is looked at.

import { WORK_US_MIN } from '../../assembly/limits.js';
import * as reasons from '../../assembly/reasons.js';
import type { Book } from '../book.js';
import type { ExchangeProfile } from '../exchange_file.js';
import { type AccountRefusal, accountRefusal } from './account_rules.js';
import type { NormalRequest } from './request.js';
import { profileOf, type Situation } from './situation.js';
import { type Facts, factsOf } from './targeting.js';
import { some } from './wording.js';

/** By position of the account in the file: why it may not bid; undefined when it may. */
export type AccountRefusals = readonly (AccountRefusal | undefined)[];

/** Why the request ends here. */
export interface Refused {
  readonly reason: number;
  readonly why: () => string;
  /** Empty where the request ends before they are asked. */
  readonly accounts: AccountRefusals;
}

export interface Admitted {
  readonly profile: ExchangeProfile;
  readonly facts: Facts;
  /** The response's currency, upper case. */
  readonly currency: string;
  /** Units of it for one unit of the book's currency. */
  readonly rateOut: number;
  /** What the price may be, in units of it, for one unit of the book's currency that a campaign pays. */
  readonly wire: number;
  readonly accounts: AccountRefusals;
}

export function isRefused(admission: Refused | Admitted): admission is Refused {
  return 'why' in admission;
}

export function admit(request: NormalRequest, situation: Situation): Refused | Admitted {
  const { book } = situation;
  const profile = profileOf(situation);
  if (request.overLimit !== undefined) {
    return refused(reasons.OVER_LIMIT, () => `the request holds ${request.overLimit}`);
  }
  const { ledger, nowUs } = situation;
  if (!request.test && ledger !== undefined && Math.floor(nowUs / 1e6) >= ledger.untilS) {
    const until = new Date(ledger.untilS * 1000).toISOString();
    return refused(reasons.LEDGER_AWAY, () => `bids may be made until ${until}`);
  }
  const { tmaxMs } = request;
  const marginUs = profile.tmax_margin_ms === undefined ? situation.tmaxMarginUs : profile.tmax_margin_ms * 1000;
  if (tmaxMs !== undefined && tmaxMs * 1000 - marginUs < WORK_US_MIN) {
    const left = `less a margin of ${marginUs} µs that is under ${WORK_US_MIN} µs of work`;
    return refused(reasons.TOO_LITTLE_TIME, () => `tmax is ${tmaxMs} ms; ${left}`);
  }
  const currency = responseCurrency(request.currencies, profile, book);
  const rateOut = currency === undefined ? undefined : book.rates.get(currency);
  if (currency === undefined || rateOut === undefined) {
    const asked =
      request.currencies.length > 0 ? some(request.currencies) : `${defaultCurrency(profile)} (the default)`;
    const why = (): string => `the request takes ${asked}; the book has rates for ${some(book.rates.keys())}`;
    return refused(reasons.NO_CURRENCY, why);
  }
  const facts = factsOf(request, situation);
  const accounts = book.file.accounts.map((account) => accountRefusal({ account, request, facts, profile, book }));
  if (accounts.every((refusal) => refusal !== undefined)) return { ...nearest(accounts), accounts };
  return { profile, facts, currency, rateOut, wire: wireOf(rateOut, profile), accounts };
}

function refused(reason: number, why: () => string): Refused {
  return { reason, why, accounts: [] };
}

/** The refusal of the account that came furthest. */
function nearest(refusals: readonly AccountRefusal[]): AccountRefusal {
  return refusals.reduce((furthest, one) => (one.reason > furthest.reason ? one : furthest));
}

/** The book's own currency if it is taken, else the first taken one with a rate; where none is listed, the default. */
function responseCurrency(taken: readonly string[], profile: ExchangeProfile, book: Book): string | undefined {
  if (taken.length === 0) return defaultCurrency(profile);
  if (taken.includes(book.file.currency)) return book.file.currency;
  return taken.find((currency) => book.rates.has(currency));
}

function defaultCurrency({ currency = 'USD' }: ExchangeProfile): string {
  return currency;
}

/** Where the exchange adds its share to a net price, the campaign pays more than the price. */
function wireOf(rateOut: number, { margin }: ExchangeProfile): number {
  return margin?.kind === 'net' ? rateOut / (1 + margin.share) : rateOut;
}
