// Which notices of which bids have come: so that each kind counts once. A bid is remembered as long as its token lives.
//
// Open addressing over bid ids, eight bytes and a byte of marks each, one table for each hour in which bids were made:
// what is too old goes as a whole table, without a search.

const HOUR_S = 3600;
const FIRST_SLOTS = 1024;
/** A notice whose token was alive when it came may be looked up so much later. */
const ON_ITS_WAY_S = 60;

/** Tables by the hour the bids were made in. */
export class SeenNotices {
  readonly #hours = new Map<number, Marks>();
  readonly #lifeS: number;

  /** @param lifeS how long a token lives, seconds */
  constructor(lifeS: number) {
    this.#lifeS = lifeS;
  }

  /** Bids remembered. */
  get size(): number {
    let size = 0;
    for (const marks of this.#hours.values()) size += marks.size;
    return size;
  }

  /** Marks of a bid; 0 if none has come. */
  marks(bid: bigint, issuedS: number): number {
    return this.#hours.get(hourOf(issuedS))?.get(bid) ?? 0;
  }

  /** @param expiryS for how long the bid holds: its token lives as long, if that is longer than tokens do */
  set(bid: bigint, issuedS: number, marks: number, expiryS = 0): void {
    const hour = hourOf(issuedS);
    let its = this.#hours.get(hour);
    if (its === undefined) {
      its = new Marks();
      this.#hours.set(hour, its);
    }
    its.set(bid, marks);
    its.longestExpiryS = Math.max(its.longestExpiryS, expiryS);
  }

  /** Forgets bids whose tokens have died. */
  forget(nowS: number): void {
    for (const [hour, { longestExpiryS }] of this.#hours) {
      const lifeS = Math.max(this.#lifeS, longestExpiryS) + ON_ITS_WAY_S;
      if ((hour + 1) * HOUR_S + lifeS < nowS) this.#hours.delete(hour);
    }
  }

  /** Everything remembered, to be kept and given to `restore`. */
  dump(): SeenDump[] {
    return [...this.#hours].map(([hour, marks]) => {
      return { hour, longestExpiryS: marks.longestExpiryS, ...marks.dump() };
    });
  }

  restore(dump: readonly SeenDump[]): void {
    for (const { hour, longestExpiryS = 0, bids, marks } of dump) {
      const view = new DataView(bids.buffer, bids.byteOffset, bids.byteLength);
      marks.forEach((mark, i) => {
        this.set(view.getBigUint64(i * 8, true), hour * HOUR_S, mark, longestExpiryS);
      });
    }
  }
}

export interface SeenDump {
  readonly hour: number;
  /** For how long its bids hold at most, seconds. */
  readonly longestExpiryS?: number;
  /** Ids, 8 bytes each, little-endian; and the marks of each. */
  readonly bids: Uint8Array;
  readonly marks: Uint8Array;
}

function hourOf(issuedS: number): number {
  return Math.floor(issuedS / HOUR_S);
}

/** A table of marks by bid id. Marks of 0 mean an empty slot. */
class Marks {
  longestExpiryS = 0;
  #ids = new BigUint64Array(FIRST_SLOTS);
  #marks = new Uint8Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(bid: bigint): number {
    return this.#marks[this.#find(bid)] as number;
  }

  set(bid: bigint, marks: number): void {
    if (this.#size * 2 > this.#ids.length) this.#grow();
    const slot = this.#find(bid);
    if (this.#marks[slot] === 0) this.#size++;
    this.#ids[slot] = bid;
    this.#marks[slot] = marks;
    if (marks === 0) throw new Error('a bid with marks is not forgotten alone');
  }

  dump(): { bids: Uint8Array; marks: Uint8Array } {
    const bids = new BigUint64Array(this.#size);
    const marks = new Uint8Array(this.#size);
    let n = 0;
    this.#marks.forEach((mark, i) => {
      if (mark === 0) return;
      bids[n] = this.#ids[i] as bigint;
      marks[n++] = mark;
    });
    return { bids: new Uint8Array(bids.buffer), marks };
  }

  /** The slot of a bid, or the empty one where it would go. Bid ids count up from random starts: low bits spread. */
  #find(bid: bigint): number {
    const mask = this.#ids.length - 1;
    let slot = Number(BigInt.asUintN(32, bid ^ (bid >> 32n))) & mask;
    while (this.#marks[slot] !== 0 && this.#ids[slot] !== bid) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const ids = this.#ids;
    const marks = this.#marks;
    this.#ids = new BigUint64Array(ids.length * 2);
    this.#marks = new Uint8Array(ids.length * 2);
    ids.forEach((bid, i) => {
      if (marks[i] === 0) return;
      const slot = this.#find(bid);
      this.#ids[slot] = bid;
      this.#marks[slot] = marks[i] as number;
    });
  }
}
