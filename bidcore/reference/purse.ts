// What the campaigns have left while a request is answered: the bids made before hold what they may cost, and a bid
// that cannot be paid for is not made. docs/money.md section 2.

import * as map from '../../assembly/memory_map.js';
import { LEDGER_AWAY, NO_BUDGET } from '../../assembly/reasons.js';
import type { Ad } from '../book.js';
import { bucketOf } from '../money/reservations.js';
import type { Bid, Situation } from './situation.js';
import { money } from './wording.js';

/** Why a bid is not made although its ad passed all gates. */
export interface Unheld {
  readonly reason: typeof NO_BUDGET | typeof LEDGER_AWAY;
  readonly why: () => string;
}

export class Purse {
  readonly #held = new Map<string, bigint>();

  /** @param test a request with `test=1`, which holds nothing */
  constructor(
    private readonly situation: Situation,
    private readonly test: boolean,
  ) {}

  /** Micros that a campaign may still spend. */
  left(campaign: string): bigint {
    return this.situation.campaign(campaign).availableMicros - (this.#held.get(campaign) ?? 0n);
  }

  /**
   * Holds what a bid of an ad may cost.
   * @param bid without what it holds
   * @param wire what the price may be, in the response's currency, for one unit of the book's that is paid
   */
  hold(bid: Omit<Bid, 'reservedMicros'>, ad: Ad, wire: number): Bid | Unheld {
    if (this.test) return { ...bid, reservedMicros: 0n };
    const problem = this.#bucketProblem(ad.adGroup.bid_expiry_s);
    if (problem !== undefined) return { reason: LEDGER_AWAY, why: () => problem };
    const cost = Math.ceil(((Number(bid.priceMicros) / wire) * bid.quantity) / 1000);
    const { id } = ad.campaign;
    const left = this.left(id);
    // An amount beyond exact numbers is beyond every budget.
    if (!(cost <= Number.MAX_SAFE_INTEGER) || left < BigInt(cost)) {
      const { currency } = this.situation.book.file;
      const why = () =>
        `its bid may cost ${money(cost, currency)}; campaign ${id} has ${money(Number(left), currency)}`;
      return { reason: NO_BUDGET, why };
    }
    this.#held.set(id, (this.#held.get(id) ?? 0n) + BigInt(cost));
    return { ...bid, reservedMicros: BigInt(cost) };
  }

  /** What is wrong with the bucket of a bid that is made now. */
  #bucketProblem(expiryS: number): string | undefined {
    const { ledger, nowUs } = this.situation;
    if (ledger === undefined) return undefined;
    const { level, bucket } = bucketOf(Math.floor(nowUs / 1e6), expiryS);
    if (bucket - (ledger.freed[level] ?? 0) < map.RESERVATION_BUCKETS) return undefined;
    const seconds = 2 ** level;
    return `the ledger is behind: of its ${map.RESERVATION_BUCKETS} buckets of ${seconds} s none is free`;
  }
}

export function isUnheld(made: Bid | Unheld): made is Unheld {
  return 'reason' in made;
}
