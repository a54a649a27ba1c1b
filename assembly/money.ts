// What bids cost: the money a bid holds from the moment it is priced, and the gates that ask for it. The ledger frees
// what has expired; here is only added. Rules: docs/money.md sections 2 and 3.
//
//   a campaign's reservations    slot 0 │ level 0: 32 buckets of 1 s │ level 1: of 2 s │ … │ level 12: of 4096 s
//                                slot 1 │ the same

import { request } from './arena';
import { hashBytes, mix } from './hash';
import { MAX_QUANTITY } from './limits';
import * as m from './memory_map';
import { LEDGER_AWAY, NO_BUDGET, REASON_NONE } from './reasons';

/** The most that sums in 64-bit floats hold exactly. */
const COST_MAX: f64 = 9007199254740991;

/** False in a benchmark that measures what the rest costs: nobody is paced, and all have budget. */
export let asksMoney: bool = true;
/** Whether bids hold money: those of test requests do not. */
let holds: bool = false;
let nowS: u32 = 0;
/** What the price may be, in the response's currency, for one unit of the book's. */
let wire: f64 = 1;
/** Hash of the request's id; 0 until it is asked for. */
let requestHash: u64 = 0;

/** What the bid at hand holds: micros, under which lease slot and lease, and the address of the bucket. */
export let heldMicros: i64 = 0;
export let heldSlot: u32 = 0;
export let heldLease: u32 = 0;
export let heldIn: usize = 0;

/** Starts a request. */
export function startMoney(nowUs: f64, wireOfRequest: f64, asks: bool, reserves: bool): void {
  nowS = <u32>(<i64>(nowUs / 1000000));
  wire = wireOfRequest;
  asksMoney = asks;
  holds = reserves;
  requestHash = 0;
}

function fundsUntil(): u32 {
  return atomic.load<u32>(m.CONTROL + m.CONTROL_FUNDS_UNTIL_S);
}

/** True if no ledger stands behind bids that are made now. */
export function isLedgerAway(nowUs: f64): bool {
  const until = fundsUntil();
  return until != m.FUNDS_FOREVER && <u32>(<i64>(nowUs / 1000000)) >= until;
}

/** Impressions that an impression counts for. */
export function quantityOf(imp: usize): f64 {
  const given = load<f64>(imp, m.IMP_QUANTITY);
  return given > 0 ? min(given, MAX_QUANTITY) : 1;
}

// @ts-ignore: decorator
@inline
function slotOf(campaign: usize): u32 {
  return load<u32>(campaign, m.CAMPAIGN_SLOT) & 1;
}

/** Micros that may still be reserved for the campaign whose state is at an address. */
// @ts-ignore: decorator
@inline
export function availableMicros(campaign: usize): f64 {
  return <f64>atomic.load<i64>(campaign + (<usize>slotOf(campaign) << 3), m.CAMPAIGN_AVAILABLE_MICROS);
}

/** Hash of the raw token of the request's id. */
export function requestKey(): u64 {
  if (requestHash == 0) {
    const id = request + m.REQUEST_ID;
    requestHash = hashBytes(<usize>load<u32>(id), <usize>load<u32>(id, 4));
  }
  return requestHash;
}

/** True if a campaign sits out this request to spread its budget: by chance, but the same for all its ads. */
export function isDrawnOut(campaign: usize, detail: usize): bool {
  const pace = load<f32>(campaign, m.CAMPAIGN_PACE);
  if (pace >= 1) return false;
  const drawn = mix(requestKey(), load<u64>(detail, m.DETAIL_CAMPAIGN)) >> 40;
  return <f64>drawn >= <f64>pace * 16777216;
}

/**
 * Holds what a bid may cost.
 * @returns why it cannot be held, or REASON_NONE
 */
export function hold(campaign: usize, detail: usize, price: f64, quantity: f64): i32 {
  heldSlot = slotOf(campaign);
  heldLease = load<u32>(campaign + (<usize>heldSlot << 2), m.CAMPAIGN_LEASES);
  heldMicros = 0;
  if (!holds) return REASON_NONE;
  const level = load<u32>(detail, m.DETAIL_LEVEL);
  const bucket = ((nowS + load<u32>(detail, m.DETAIL_EXPIRY_S)) >> level) + 1;
  // Beyond that the ring would come to a bucket that still has older bids.
  const freed = m.CONTROL + m.CONTROL_FREED + (<usize>level << 2);
  if (fundsUntil() != m.FUNDS_FOREVER && <i32>(bucket - atomic.load<u32>(freed)) >= m.RESERVATION_BUCKETS) {
    return LEDGER_AWAY;
  }
  const cost = ceil(((price / wire) * quantity) / 1000);
  if (!(cost <= COST_MAX)) return NO_BUDGET;
  const micros = <i64>cost;
  const available = campaign + (<usize>heldSlot << 3);
  if (atomic.sub<i64>(available, micros, m.CAMPAIGN_AVAILABLE_MICROS) < micros) {
    atomic.add<i64>(available, micros, m.CAMPAIGN_AVAILABLE_MICROS);
    return NO_BUDGET;
  }
  const index = (campaign - m.CAMPAIGNS) / m.CAMPAIGN_STRIDE;
  heldMicros = micros;
  heldIn =
    m.RESERVATIONS +
    index * m.RESERVATION_STRIDE +
    <usize>heldSlot * m.RESERVATION_SLOT_BYTES +
    <usize>level * m.RESERVATION_LEVEL_BYTES +
    (<usize>(bucket & (m.RESERVATION_BUCKETS - 1)) << 3);
  atomic.add<i64>(heldIn, micros);
  return REASON_NONE;
}

/** Gives back what a bid holds, because its request ends without it. */
export function giveBack(campaign: usize, slot: u32, bucket: usize, micros: i64): void {
  if (micros == 0) return;
  atomic.sub<i64>(bucket, micros);
  atomic.add<i64>(campaign + (<usize>slot << 3), micros, m.CAMPAIGN_AVAILABLE_MICROS);
}
