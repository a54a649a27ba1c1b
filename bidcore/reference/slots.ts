// The slots of an impression: one for each of its deals, in order, and the open auction behind them. A slot has its
// auction type and its floors, in the request's currency and in the response's (docs/decisions.md sections 3 and 5).

import { MAX_POD_BIDS, PRICE_MICROS_MAX } from '../../assembly/limits.js';
import type { Book } from '../book.js';
import type { Creative } from '../creative_file.js';
import type { Admitted } from './admission.js';
import { remember } from './remember.js';
import type { Floor, NormalDeal, NormalImp, NormalRequest, NormalStream } from './request.js';
import type { Auction } from './situation.js';

export interface Slot {
  readonly imp: NormalImp;
  /** Undefined: the open auction. */
  readonly deal: NormalDeal | undefined;
  readonly auction: Auction;
  /** Why no ad at all may bid here; undefined when ads may. */
  readonly refusal: string | undefined;
  readonly floors: Floors;
  /** How often it can be filled: more than once in a dynamic pod. */
  readonly repetitions: number;
}

/** The floor that counts for some ads. */
export interface SlotFloor {
  /** As the request gives it. */
  readonly asked: Floor;
  /** The same as CPM micros of the response's currency, 0 without one; undefined when its currency has no rate. */
  readonly out: number | undefined;
}

/** The floors of a slot: one for all ads, but video and audio may have their own by duration. */
export class Floors {
  readonly #known = new Map<string, SlotFloor>();

  /** @param own the deal's, if it has one: then it counts for all ads */
  constructor(
    private readonly own: Floor | undefined,
    private readonly imp: NormalImp,
    private readonly convert: (floor: Floor) => number | undefined,
  ) {}

  /** For ads without a duration, or whose duration does not matter. */
  get general(): SlotFloor {
    return remember(this.#known, '', () => this.#withOut(this.own ?? this.imp.floor));
  }

  of(creative: Creative): SlotFloor {
    if (this.own !== undefined || (creative.type !== 'video' && creative.type !== 'audio')) return this.general;
    const { type, duration_s: duration } = creative;
    const stream = this.imp[type];
    if (stream === undefined) return this.general;
    return remember(this.#known, `${type} ${duration}`, () => {
      const amount = amountFor(duration, stream);
      return amount === undefined ? this.general : this.#withOut({ amount, currency: this.imp.floor.currency });
    });
  }

  #withOut(asked: Floor): SlotFloor {
    return { asked, out: this.convert(asked) };
  }
}

/** The floor a video or audio has for a duration; undefined where that of the impression counts. */
function amountFor(duration: number, { durationFloors, minCpmPerSecond }: NormalStream): number | undefined {
  const covers = (min = 0, max = Number.POSITIVE_INFINITY): boolean => min <= duration && duration <= max;
  const listed = durationFloors.find(({ min, max, amount }) => amount !== undefined && covers(min, max));
  if (listed !== undefined) return listed.amount;
  const perDuration = (minCpmPerSecond ?? 0) * duration;
  return perDuration > 0 ? perDuration : undefined;
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
  const own = deal.floor.amount === undefined ? undefined : deal.floor;
  return {
    imp,
    deal,
    auction,
    refusal: unpriced ? `deal ${deal.text} is at a fixed price (at=3) and has no bidfloor of its own` : undefined,
    floors: new Floors(own, imp, (floor) => floorOut(floor, admitted.rateOut, book, fixed ? nearest : up)),
    repetitions: 1,
  };
}

function openSlot(imp: NormalImp, request: NormalRequest, admitted: Admitted, book: Book): Slot {
  return {
    imp,
    deal: undefined,
    auction: request.auction,
    refusal: undefined,
    floors: new Floors(undefined, imp, (floor) => floorOut(floor, admitted.rateOut, book, up)),
    repetitions: repetitionsOf(imp),
  };
}

/** The part of an impression that says whether it is a dynamic pod. */
export function podStream({ video, audio }: NormalImp): NormalStream | undefined {
  const stream = video ?? audio;
  return stream?.podDuration !== undefined && stream.podDuration > 0 ? stream : undefined;
}

function repetitionsOf(imp: NormalImp): number {
  const stream = podStream(imp);
  if (stream === undefined) return 1;
  const { maxSequence } = stream;
  return maxSequence !== undefined && maxSequence >= 1 && maxSequence <= MAX_POD_BIDS ? maxSequence : MAX_POD_BIDS;
}

function floorOut(floor: Floor, rateOut: number, book: Book, round: (x: number) => number): number | undefined {
  if (!isFloor(floor)) return 0;
  const rateFloor = book.rates.get(floor.currency);
  return rateFloor === undefined ? undefined : round(floor.amount * 1e6 * (rateOut / rateFloor));
}

/** A floor that is given and above 0. */
export function isFloor(floor: Floor): floor is Floor & { readonly amount: number } {
  return floor.amount !== undefined && floor.amount > 0;
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

/** The lowest price a bid may have, CPM micros of the response's currency. */
export function lowestPrice({ out }: SlotFloor): number {
  return Math.max(out ?? 0, 1);
}
