// The request as a whole: docs/decisions.md section 2, in its order. What fails here ends the request before any ad
// is looked at.

import { WORK_US_MIN } from '../../assembly/limits.js';
import * as reasons from '../../assembly/reasons.js';
import type { Book } from '../book.js';
import { wellFormed } from '../vocabulary.js';
import type { NormalRequest } from './request.js';
import type { Situation } from './situation.js';
import { some } from './wording.js';

/** Why the request ends here. */
export interface Refused {
  readonly reason: number;
  readonly why: string;
}

export interface Admitted {
  /** The response's currency, upper case. */
  readonly currency: string;
  /** Units of it for one unit of the book's currency. */
  readonly rateOut: number;
  /** By seat index: why the request does not let it bid; undefined when it may. */
  readonly seatRefusals: readonly (string | undefined)[];
}

export function isRefused(admission: Refused | Admitted): admission is Refused {
  return 'why' in admission;
}

export function admit(request: NormalRequest, situation: Situation): Refused | Admitted {
  const { book, tmaxMarginUs } = situation;
  if (request.overLimit !== undefined) {
    return { reason: reasons.OVER_LIMIT, why: `the request holds ${request.overLimit}` };
  }
  const { tmaxMs } = request;
  if (tmaxMs !== undefined && tmaxMs * 1000 - tmaxMarginUs < WORK_US_MIN) {
    const why = `tmax is ${tmaxMs} ms; less a margin of ${tmaxMarginUs} µs that is under ${WORK_US_MIN} µs of work`;
    return { reason: reasons.TOO_LITTLE_TIME, why };
  }
  const currency = responseCurrency(request.currencies, book);
  const rateOut = currency === undefined ? undefined : book.rates.get(currency);
  if (currency === undefined || rateOut === undefined) {
    const asked = request.currencies.length > 0 ? some(request.currencies) : 'USD (the default)';
    return {
      reason: reasons.NO_CURRENCY,
      why: `the request takes ${asked}; the book has rates for ${some(book.rates.keys())}`,
    };
  }
  const seatRefusals = book.file.accounts.map((account) => seatRefusal(account.seat, request));
  if (seatRefusals.every((refusal) => refusal !== undefined)) {
    return { reason: reasons.SEAT_BLOCKED, why: some(seatRefusals as string[]) };
  }
  return { currency, rateOut, seatRefusals };
}

/** The book's own currency if it is taken, else the first taken one with a rate; USD where none is listed. */
function responseCurrency(taken: readonly string[], book: Book): string | undefined {
  if (taken.length === 0) return 'USD';
  if (taken.includes(book.file.currency)) return book.file.currency;
  return taken.find((currency) => book.rates.has(currency));
}

function seatRefusal(seat: string, { wseat, bseat }: NormalRequest): string | undefined {
  const name = wellFormed(seat);
  if (wseat.length > 0) return wseat.includes(name) ? undefined : `seat ${seat} is not in wseat (${some(wseat)})`;
  return bseat.includes(name) ? `seat ${seat} is in bseat (${some(bseat)})` : undefined;
}
