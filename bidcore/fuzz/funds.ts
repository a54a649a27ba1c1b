// The money side of the world: what campaigns have available before each answer, and what an answer must have done to
// it. Every answer starts from the same funds, so no case depends on those before it.

import * as map from '../../assembly/memory_map.js';
import { bucketAddress, bucketOf, type LedgerState } from '../money/reservations.js';
import type { CampaignState } from '../reference/situation.js';
import type { Random } from './random.js';

/** What a bid holds. */
export interface Hold {
  readonly campaign: string;
  readonly slot: number;
  readonly expiryS: number;
  readonly micros: bigint;
}

/** A campaign of the book: where its state is. */
interface Account {
  readonly index: number;
  readonly state: CampaignState;
}

/** In the lease slot that is not current: nobody may take from it. */
const OTHER_MICROS = 10n ** 15n;
const OTHER_LEASE = 0xfffffffe;

/** How far a ledger has come at a time; most of the time there is none. */
export function makeLedger(random: Random, nowUs: number): LedgerState | undefined {
  if (random.chance(0.85)) return undefined;
  const nowS = Math.floor(nowUs / 1e6);
  const aheadS = random.weighted([
    [8, 1000],
    [1, 1],
    [1, 0],
    [1, -5],
  ]);
  const behind = random.weighted([
    [4, 0],
    [4, random.int(0, 6)],
    [1, 60],
  ]);
  const freed = Array.from({ length: map.RESERVATION_LEVELS }, (_, k) =>
    Math.max(0, Math.floor(nowS / 2 ** k) - behind),
  );
  return { untilS: nowS + aheadS, freed };
}

export class Funds {
  readonly #view: DataView;
  readonly #reservations: Int32Array;
  readonly #accounts = new Map<string, Account>();

  constructor(buffer: SharedArrayBuffer) {
    this.#view = new DataView(buffer);
    this.#reservations = new Int32Array(buffer, map.RESERVATIONS);
  }

  /** Takes the campaigns of a book, with what each has. Nothing is reserved from before. */
  open(accounts: Iterable<readonly [id: string, index: number, state: CampaignState]>): void {
    this.#accounts.clear();
    for (const [id, index, state] of accounts) {
      this.#accounts.set(id, { index, state });
      const at = map.CAMPAIGNS + index * map.CAMPAIGN_STRIDE;
      this.#view.setUint32(at + map.CAMPAIGN_SLOT, state.slot, true);
      this.#view.setUint32(at + map.CAMPAIGN_LEASES + state.slot * 4, state.lease, true);
      this.#view.setUint32(at + map.CAMPAIGN_LEASES + (1 - state.slot) * 4, OTHER_LEASE, true);
      this.#clear(index);
    }
  }

  /** Before an answer: fills what earlier ones took, and sets how far the ledger has come. */
  refill(ledger: LedgerState | undefined): void {
    this.#view.setUint32(map.CONTROL + map.CONTROL_FUNDS_UNTIL_S, ledger?.untilS ?? map.FUNDS_FOREVER, true);
    ledger?.freed.forEach((bucket, level) => {
      this.#view.setUint32(map.CONTROL + map.CONTROL_FREED + level * 4, bucket, true);
    });
    for (const { index, state } of this.#accounts.values()) {
      if (this.#available(index, state.slot) !== state.availableMicros) this.#clear(index);
      const at = map.CAMPAIGNS + index * map.CAMPAIGN_STRIDE + map.CAMPAIGN_AVAILABLE_MICROS;
      this.#view.setBigInt64(at + state.slot * 8, state.availableMicros, true);
      this.#view.setBigInt64(at + (1 - state.slot) * 8, OTHER_MICROS, true);
    }
  }

  /** What the last answer did to the funds that its bids do not say. */
  problem(holds: readonly Hold[], nowUs: number): string | undefined {
    const held = new Map<string, Hold[]>();
    for (const hold of holds) held.set(hold.campaign, [...(held.get(hold.campaign) ?? []), hold]);
    for (const [id, { index, state }] of this.#accounts) {
      const own = held.get(id) ?? [];
      const sum = own.reduce((micros, hold) => micros + hold.micros, 0n);
      const left = this.#available(index, state.slot);
      if (left !== state.availableMicros - sum) return `${id}: ${left} left of ${state.availableMicros} less ${sum}`;
      if (this.#available(index, 1 - state.slot) !== OTHER_MICROS) return `${id}: the other lease slot was touched`;
      if (own.length > 0) {
        const problem = this.#bucketProblem(index, own, nowUs);
        if (problem !== undefined) return `${id}: ${problem}`;
      }
    }
    return undefined;
  }

  /** Takes what the bids hold out of their buckets: nothing may be left. */
  #bucketProblem(index: number, holds: readonly Hold[], nowUs: number): string | undefined {
    for (const { slot, expiryS, micros } of holds) {
      const { level, bucket } = bucketOf(Math.floor(nowUs / 1e6), expiryS);
      const at = bucketAddress(index, slot, level, bucket);
      this.#view.setBigInt64(at, this.#view.getBigInt64(at, true) - micros, true);
    }
    const own = this.#own(index);
    const wrong = own.findIndex((word) => word !== 0);
    return wrong < 0 ? undefined : `reservations at byte ${wrong * 4} are not those of the bids`;
  }

  #available(index: number, slot: number): bigint {
    const at = map.CAMPAIGNS + index * map.CAMPAIGN_STRIDE + map.CAMPAIGN_AVAILABLE_MICROS;
    return this.#view.getBigInt64(at + slot * 8, true);
  }

  #clear(index: number): void {
    this.#own(index).fill(0);
  }

  /** The reservations of a campaign, as 32-bit words. */
  #own(index: number): Int32Array {
    const words = map.RESERVATION_STRIDE / 4;
    return this.#reservations.subarray(index * words, (index + 1) * words);
  }
}
