// The bids of a request: noted when a place is filled, numbered and counted when all are.

import { bids, count, request } from './arena';
import { book } from './bitmaps';
import { packContextFeatures } from './features';
import * as m from './memory_map';
import { giveBack, heldIn, heldLease, heldMicros, heldSlot } from './money';
import { advertiserOf, bestAd, bestMultiplier, campaignOf, clickRate, conversionRate } from './score';

export let bidCount: i32 = 0;
/** Sum of the prices of this request's bids, CPM micros of the base currency. */
export let bidMicros: f64 = 0;
/** Id of the next bid; the worker sets a random start. */
let nextBidId: u64 = 0;

export function setNextBidId(high: u32, low: u32): void {
  nextBidId = (<u64>high << 32) | <u64>low;
}

/** Starts a request without bids. */
export function startBids(): void {
  bidCount = 0;
}

/** Notes the bid of the best ad of a slot, and what it holds. */
export function noteBid(imp: usize, deal: usize, auction: i32, price: f64): void {
  const at = bids + <usize>bidCount * m.BID_STRIDE;
  bidCount++;
  store<u32>(at, <u32>imp, m.BID_IMP);
  store<u32>(at, <u32>deal, m.BID_DEAL);
  store<i32>(at, bestAd, m.BID_AD);
  store<i32>(at, auction, m.BID_AUCTION);
  store<i64>(at, <i64>price, m.BID_PRICE_MICROS);
  store<f32>(at, clickRate(bestAd), m.BID_CTR);
  store<f32>(at, conversionRate(bestAd), m.BID_CVR);
  packContextFeatures(imp + m.IMP_PACKED_FEATURES);
  store<f32>(at, bestMultiplier, m.BID_MULTIPLIER);
  const record = <usize>load<u32>(book, m.BOOK_AD_TABLE) + <usize>bestAd * m.AD_STRIDE;
  store<i32>(at, load<i32>(record, m.AD_SEAT), m.BID_SEAT);
  store<u64>(at, advertiserOf(bestAd), m.BID_ADVERTISER);
  store<i64>(at, heldMicros, m.BID_RESERVED_MICROS);
  store<u32>(at, heldSlot, m.BID_SLOT);
  store<u32>(at, heldLease, m.BID_LEASE);
  store<u32>(at, <u32>heldIn, m.BID_BUCKET);
  store<u32>(at, <u32>campaignOf(bestAd), m.BID_CAMPAIGN);
}

/** Gives back what the bids hold: none of them is made. */
export function dropBids(): void {
  for (; bidCount > 0; bidCount--) {
    const at = bids + <usize>(bidCount - 1) * m.BID_STRIDE;
    const bucket = <usize>load<u32>(at, m.BID_BUCKET);
    giveBack(
      <usize>load<u32>(at, m.BID_CAMPAIGN),
      load<u32>(at, m.BID_SLOT),
      bucket,
      load<i64>(at, m.BID_RESERVED_MICROS),
    );
  }
}

/** Counts the bids by markup type. */
export function countFormats(): void {
  for (let i = 0; i < bidCount; i++) {
    const mtype = <usize>load<u8>(recordOfBid(bids + <usize>i * m.BID_STRIDE), m.AD_TYPE);
    count(m.COUNT_BIDS_BY_FORMAT + ((mtype - 1) << 3), 1);
  }
}

/** Record of the ad of a bid. */
function recordOfBid(at: usize): usize {
  return <usize>load<u32>(book, m.BOOK_AD_TABLE) + <usize>load<i32>(at, m.BID_AD) * m.AD_STRIDE;
}

/** Numbers the bids and counts them in their campaigns, unless the request is a test. */
export function recordBids(rateOut: f64): void {
  const test = (load<i32>(request, m.REQUEST_FLAGS) & m.FLAG_TEST) != 0;
  bidMicros = 0;
  for (let i = 0; i < bidCount; i++) {
    const at = bids + <usize>i * m.BID_STRIDE;
    store<u64>(at, nextBidId++, m.BID_ID);
    bidMicros += <f64>load<i64>(at, m.BID_PRICE_MICROS) / rateOut;
    if (test) continue;
    const campaign = <usize>load<u32>(at, m.BID_CAMPAIGN);
    atomic.add<i64>(campaign + m.CAMPAIGN_BIDS, 1);
    atomic.add<i64>(campaign + m.CAMPAIGN_RESERVED_MICROS, load<i64>(at, m.BID_RESERVED_MICROS));
  }
}
