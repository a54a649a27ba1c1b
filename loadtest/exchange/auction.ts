// The rules of one auction, as OpenRTB has them: floors, deals, first and second price, ties, loss reasons, the price
// that would have won. Pure; prices are integer micros CPM of one currency.

/** Auction types of OpenRTB 2.6: `at` of a request or a deal. */
export const FIRST_PRICE = 1;
export const SECOND_PRICE = 2;
/** Only of a deal: its floor is its price. */
export const FIXED_PRICE = 3;
export type AuctionType = 1 | 2 | 3;

/** OpenRTB 3.0 list "Loss Reason Codes". */
export const LOSS = {
  won: 0,
  invalidDeal: 4,
  belowFloor: 100,
  belowDealFloor: 101,
  higherBid: 102,
  dealBid: 103,
} as const;

export interface DealTerms {
  readonly id: string;
  readonly type: AuctionType;
  readonly floorMicros: number;
}

export interface Terms {
  readonly type: 1 | 2;
  readonly floorMicros: number;
  readonly deals: readonly DealTerms[];
}

export interface Entry {
  /** Who bids. A buyer does not bid against itself: its other bids do not raise its price. */
  readonly buyer: number;
  readonly priceMicros: number;
  readonly deal?: string | undefined;
}

/** What an entry is told. */
export interface Verdict {
  /** One of LOSS. */
  readonly reason: number;
  /** What would have had to be bid; undefined where no price would have won. */
  readonly toWinMicros: number | undefined;
}

export interface Settlement {
  /** Position of the winner among the entries; -1 if nothing was sold. */
  readonly winner: number;
  /** What the winner pays, at most what it bid; 0 without a winner. */
  readonly clearingMicros: number;
  readonly verdicts: readonly Verdict[];
}

/**
 * Holds an auction. A valid bid on a fixed-price deal goes before all others; among the rest the highest price wins, a
 * bid on another deal being one among equals.
 * @param tie from 0 to 1 (not 1): which of equal bids wins
 */
export function settle(terms: Terms, entries: readonly Entry[], tie: number): Settlement {
  const deals = entries.map((entry) => dealOf(terms, entry));
  const floors = entries.map((entry, i) => (entry.deal === undefined ? terms.floorMicros : deals[i]?.floorMicros));
  const isValid = (entry: Entry, i: number): boolean =>
    floors[i] !== undefined && entry.priceMicros > 0 && entry.priceMicros >= (floors[i] as number);
  const valid = entries.map((_, i) => i).filter((i) => isValid(entries[i] as Entry, i));
  const fixed = valid.filter((i) => deals[i]?.type === FIXED_PRICE);
  const winner = highest(fixed.length > 0 ? fixed : valid, entries, tie);
  const won = entries[winner];
  const isFixed = fixed.length > 0;
  const clearingMicros = won === undefined ? 0 : clearing(terms, entries, valid, winner, deals[winner], floors[winner]);
  const verdicts = entries.map((entry, i): Verdict => {
    const floor = floors[i];
    if (i === winner) return { reason: LOSS.won, toWinMicros: isFixed ? floor : toBeat(entries, valid, entry, floor) };
    // Behind a fixed-price deal, or a better bid of its own buyer, there is no such price.
    const none = floor === undefined || isFixed || won?.buyer === entry.buyer;
    const toWinMicros = none ? undefined : Math.max(floor, won?.priceMicros ?? 0);
    if (floor === undefined) return { reason: LOSS.invalidDeal, toWinMicros };
    if (entry.priceMicros < floor || entry.priceMicros <= 0) {
      return { reason: entry.deal === undefined ? LOSS.belowFloor : LOSS.belowDealFloor, toWinMicros };
    }
    return { reason: isFixed || won?.deal !== undefined ? LOSS.dealBid : LOSS.higherBid, toWinMicros };
  });
  return { winner, clearingMicros, verdicts };
}

function dealOf({ deals }: Terms, { deal }: Entry): DealTerms | undefined {
  return deal === undefined ? undefined : deals.find(({ id }) => id === deal);
}

/** Of these entries the one with the highest price; of equals one by the draw; -1 of none. */
function highest(among: readonly number[], entries: readonly Entry[], tie: number): number {
  let most = 0;
  for (const i of among) most = Math.max(most, (entries[i] as Entry).priceMicros);
  const equals = among.filter((i) => (entries[i] as Entry).priceMicros === most);
  return equals[Math.floor(tie * equals.length)] ?? -1;
}

function clearing(
  terms: Terms,
  entries: readonly Entry[],
  valid: readonly number[],
  winner: number,
  deal: DealTerms | undefined,
  floor: number | undefined,
): number {
  const won = entries[winner] as Entry;
  switch (deal?.type ?? terms.type) {
    case FIXED_PRICE:
      return (deal as DealTerms).floorMicros;
    case SECOND_PRICE:
      return Math.max(1, toBeat(entries, valid, won, floor)); // what is sold is not given away
    case FIRST_PRICE:
      return won.priceMicros;
  }
}

/** The floor, or the highest valid bid of another buyer, if that is higher. */
function toBeat(entries: readonly Entry[], valid: readonly number[], own: Entry, floor: number | undefined): number {
  let most = floor ?? 0;
  for (const i of valid) {
    const entry = entries[i] as Entry;
    if (entry.buyer !== own.buyer) most = Math.max(most, entry.priceMicros);
  }
  return Math.min(most, own.priceMicros);
}
