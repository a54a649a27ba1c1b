// The auctions of one slot, as flat arrays that are filled again for each slot: no object is made for an auction.

/** Arrays are longer than `count`; what is behind is of earlier slots. */
export interface SlotAuctions {
  /** How many there are. */
  count: number;
  /** Lowest price that wins, CPM. */
  readonly price: Float32Array;
  /** Predicted click rate. */
  readonly rate: Float32Array;
  /** Who wins has a click if this is below `rate × truth`: it is settled before anybody bids. */
  readonly chance: Float32Array;
  /** Room for generator words, two an auction. */
  readonly words: Uint32Array;
  /** True click rates over predicted ones. */
  truth: number;
}

/** Room for so many auctions. */
export function roomFor(capacity: number): SlotAuctions {
  return {
    count: 0,
    price: new Float32Array(capacity),
    rate: new Float32Array(capacity),
    chance: new Float32Array(capacity),
    words: new Uint32Array(2 * capacity),
    truth: 1,
  };
}
