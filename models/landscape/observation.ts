// What a notice says about the price to win: the lowest bid that would have won, or a bound of it. Which notices say
// what, and why the others say nothing: docs/landscape.md section 2.

import { CONTEXT_FEATURE_COUNT, unpackFeatures } from '../../bidcore/feature_list.js';
import type { NoticeRecord } from '../../bidcore/money/event.js';

/** The price to win of one auction, as far as it is known. Prices: CPM micros of the base currency. */
export interface PriceObservation {
  /** Hashed features of the context (docs/learning.md section 1), each in its place. */
  readonly features: Uint32Array;
  readonly bidMicros: number;
  /** The price to win is known (exact), at most the bid (below: it won), or above the bid (above: it lost). */
  readonly outcome: 'exact' | 'below' | 'above';
  /** The price to win, of `exact`. */
  readonly priceMicros: number;
  /** Feature of the exchange: the first of the context. */
  readonly exchangeFeature: number;
}

const FIRST_PRICE = 1;
const SECOND_PRICE = 2;
/** Loss reasons (OpenRTB list 5.25) that say the price was too low; all others are not about the price. */
const BELOW_FLOOR = 100;
const BELOW_DEAL_FLOOR = 101;
const OUTBID = 102;

/**
 * What a booked notice teaches, or undefined if it teaches nothing. Give it one notice of a bid: the one that says most
 * (a loss; else the bill, whose price counts; else the win).
 *
 * @param baseRate units of the base currency for one of the bid's; undefined where there is no rate
 */
export function priceObservation(record: NoticeRecord, baseRate: number | undefined): PriceObservation | undefined {
  const { facts } = record;
  const { auction, priceMicros: bid } = facts;
  const isAuction = auction === FIRST_PRICE || auction === SECOND_PRICE;
  if (facts.test || !isAuction || !(bid > 0) || facts.features.length === 0) return undefined;
  if (baseRate === undefined || !(baseRate > 0)) return undefined;
  const known = record.kind === 'loss' ? ofLoss(record, bid) : isWon(record) ? ofWin(record, bid) : undefined;
  if (known === undefined) return undefined;
  const features = unpackFeatures(facts.features).subarray(0, CONTEXT_FEATURE_COUNT);
  return {
    features,
    bidMicros: bid * baseRate,
    outcome: typeof known === 'number' ? 'exact' : known,
    priceMicros: typeof known === 'number' ? known * baseRate : 0,
    exchangeFeature: features[0] as number,
  };
}

type Known = number | 'below' | 'above' | undefined;

/** An impression is a win only where it bills: elsewhere a win or a bill has come before. */
function isWon({ kind, facts }: NoticeRecord): boolean {
  return kind === 'win' || kind === 'bill' || (kind === 'imp' && facts.billedByImpression);
}

/**
 * In a second-price auction the winner pays the price to win: the second bid or the floor, whichever is higher, and
 * with less it would not have won. Paying its own bid, or nothing, says only that it won: soft floors, exchanges that
 * run first price without saying so, make-goods.
 */
function ofWin({ facts, clearingMicros, toWinMicros }: NoticeRecord, bid: number): Known {
  if (toWinMicros !== undefined && toWinMicros > 0 && toWinMicros <= bid) return toWinMicros;
  const paid = facts.auction === SECOND_PRICE ? clearingMicros : undefined;
  return paid !== undefined && paid > 0 && paid < bid ? paid : 'below';
}

/** A loss without a reason counts as one by price, which most are; one that names another teaches nothing. */
function ofLoss({ lossReason, toWinMicros, facts }: NoticeRecord, bid: number): Known {
  const ofDeal = lossReason === BELOW_DEAL_FLOOR && facts.deal;
  if (lossReason !== undefined && lossReason !== BELOW_FLOOR && lossReason !== OUTBID && !ofDeal) return undefined;
  if (toWinMicros === undefined || toWinMicros <= 0 || toWinMicros === bid) return 'above';
  // Lost with more than was needed: it was not the price, or the notice is wrong.
  return toWinMicros > bid ? toWinMicros : undefined;
}
