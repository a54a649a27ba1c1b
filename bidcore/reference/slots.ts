// The slots of an impression: one for each of its deals, in order, and the open auction behind them. A slot has its
// auction type and its floor, in the request's currency and in the response's (docs/decisions.md sections 3 and 5).

import { PRICE_MICROS_MAX } from '../../assembly/limits.js';
import type { Book } from '../book.js';
import type { Admitted } from './admission.js';
import type { Floor, NormalDeal, NormalImp, NormalRequest } from './request.js';
import type { Auction } from './situation.js';

export interface Slot {
  readonly imp: NormalImp;
  /** Undefined: the open auction. */
  readonly deal: NormalDeal | undefined;
  readonly auction: Auction;
  /** Why no ad at all may bid here; undefined when ads may. */
  readonly refusal: string | undefined;
  /** The floor that counts, as the request gives it. */
  readonly floor: Floor;
  /** The same as CPM micros of the response's currency, 0 without one; undefined when its currency has no rate. */
  readonly floorOut: number | undefined;
}

export function slotsOf(imp: NormalImp, request: NormalRequest, admitted: Admitted, book: Book): Slot[] {
  const slots = imp.deals.map((deal) => dealSlot(imp, deal, request, admitted, book));
  const open = openSlot(imp, request, admitted, book);
  if (!imp.privateAuction) return [...slots, open];
  // A private auction without deals has no slot an ad could win; one that takes none stands for it, so that the
  // impression still has a reason.
  return slots.length > 0 ? slots : [{ ...open, refusal: 'the auction is private and lists no usable deal' }];
}

function dealSlot(imp: NormalImp, deal: NormalDeal, request: NormalRequest, admitted: Admitted, book: Book): Slot {
  const auction = deal.auction ?? request.auction;
  const fixed = auction === 3;
  const unpriced = fixed && !(deal.floor.amount !== undefined && deal.floor.amount > 0);
  const floor = deal.floor.amount === undefined ? imp.floor : deal.floor;
  return {
    imp,
    deal,
    auction,
    refusal: unpriced ? `deal ${deal.text} is at a fixed price (at=3) and has no bidfloor of its own` : undefined,
    floor,
    floorOut: floorOut(floor, admitted.rateOut, book, fixed ? nearest : up),
  };
}

function openSlot(imp: NormalImp, request: NormalRequest, admitted: Admitted, book: Book): Slot {
  return {
    imp,
    deal: undefined,
    auction: request.auction,
    refusal: undefined,
    floor: imp.floor,
    floorOut: floorOut(imp.floor, admitted.rateOut, book, up),
  };
}

function floorOut(floor: Floor, rateOut: number, book: Book, round: (x: number) => number): number | undefined {
  if (floor.amount === undefined || !(floor.amount > 0)) return 0;
  const rateFloor = book.rates.get(floor.currency);
  return rateFloor === undefined ? undefined : round(floor.amount * 1e6 * (rateOut / rateFloor));
}

function nearest(x: number): number {
  return Math.floor(Math.min(x, PRICE_MICROS_MAX) + 0.5);
}

/** Rounded up, but not because of the noise of a conversion: 1.1 × 1e6 is 1100000.0000000002. */
export function up(x: number): number {
  const limited = Math.min(x, PRICE_MICROS_MAX);
  const near = nearest(limited);
  return Math.abs(limited - near) < 0.001 ? near : Math.ceil(limited);
}

/** The lowest price a bid in the slot may have, CPM micros of the response's currency. */
export function lowestPrice(slot: Slot): number {
  return Math.max(slot.floorOut ?? 0, 1);
}
