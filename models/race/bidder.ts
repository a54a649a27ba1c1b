// Who bids in a race. One object bids one day.

/** What the bidder has done so far. Money in CPM units of the log. */
export interface Books {
  spent: number;
  /** Sum of predicted click rates, and the clicks, of what was won. */
  value: number;
  clicks: number;
  wins: number;
  bids: number;
  /** Sum of all bids made. */
  reserved: number;
  /** Auctions seen. */
  auctions: number;
}

export interface RaceBidder {
  /** @param auctions how many a day usually has, as traffic is known from the days before */
  begin?(budget: number, auctions: number): void;
  /** A slot begins. */
  slot?(slot: number, books: Readonly<Books>): void;
  /** Half a minute begins. @param second of the day */
  tick?(second: number, books: Readonly<Books>): void;
  /** The bid for an impression of a predicted click rate, CPM; 0 is none. */
  bid(rate: number): number;
  /** The auction is over. @param paid 0 if it was lost */
  after?(paid: number): void;
}
