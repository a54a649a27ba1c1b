// The hot path: one call from the bytes of a request to the bytes of its answer. It imports nothing but the shared
// memory, allocates nothing and keeps no state of its own between calls but where its arena is.
//
//   bid ─▶ readRequest ─▶ the request as a whole, its facts, the accounts ─▶ findPlaces ─▶ startMatching
//            └▶ each impression with places: startCreatives ─▶ each place (deal, open), chunk by chunk of the book:
//                 match ─▶ consider, until no later ad can win ─▶ price ─▶ a bid
//                      └▶ writeResponse
//
// The control of flow is here; the leaves are in the files named. Rules: docs/decisions.md.

import { admitAccounts, holds, seatAddress, setSeats } from './accounts';
import { bitmap, context, count, input, output, request, setWorker } from './arena';
import { split } from './batch';
import { bidCount, bidMicros, countFormats, dropBids, noteBid, recordBids, startBids } from './bids';
import { CANDIDATES, bytes, setBook } from './bitmaps';
import { candidatesEnd, candidatesReason, extendCandidates, startCreatives } from './creatives';
import { startTokens, writeResponse } from './encode';
import { resolveFacts } from './facts';
import { exchangeSlot, prepareAd, setModel } from './features';
import { listCount } from './fields';
import { asPrice, setRates } from './floors';
import { startCaps, startFrequency } from './frequency';
import { LAYOUT_HASH } from './generated';
import { hashBytes } from './hash';
import { MAX_BIDS, MAX_EXCHANGES, WORK_US_MIN } from './limits';
import { baseEnd, startMatching } from './match';
import * as m from './memory_map';
import { hold, isLedgerAway, quantityOf, startMoney } from './money';
import { considerChunkOfPod, podTakes, startPod } from './pods';
import { act, setPolicyScratch } from './policy';
import { rateOf, responseCurrency, shade } from './price';
import {
  BELOW_FLOOR, LEDGER_AWAY, NOT_READY, NO_CURRENCY, NO_DEAL, NO_TARGETING, OVER_LIMIT, REASON_NONE, TOO_LITTLE_TIME,
} from './reasons';
import { readRequest } from './request';
import { setBrackets } from './scan';
import {
  bestAd, bestWilling, campaignOf, consider, considerChunk, floorOf, isDecided, priceLevel, setScoring, slotReason,
  startImp, startRequest, startSlot,
} from './score';
import { findPlaces, placeAddress, placeReason } from './slots';
import { armOf, bookOf, enter, leave, modelOf, modelVersionOf, vectorsOf } from './snapshot';
import { sipHash } from './token';

/** Stages of `bidThrough`, for measuring what each costs. */
const STAGE_SCAN: i32 = 1;
const STAGE_MATCH: i32 = 2;
const STAGE_SCORE: i32 = 3;
const STAGE_PRICE: i32 = 4;
const STAGE_ALL: i32 = 5;
/** All of them, but without budgets and pacing: nothing is asked for and nothing reserved. */
const STAGE_WITHOUT_MONEY: i32 = 6;

let book: usize = 0;
let model: usize = 0;
let exchangeIndex: i32 = 0;
/** Slot of the exchange in the model's tables. */
let tables: i32 = 0;
/** Which of the live models predicts. */
let arm: i32 = m.ARM_CONTROL;
/** Units of the response's currency for one of the book's; and what of that the price may be, less the margin. */
let rateOut: f64 = 1;
let wire: f64 = 1;
/** How far into the bitmaps matching may go: their end, unless a benchmark says otherwise. */
let chunksWanted: usize = usize.MAX_VALUE;
let chunksMost: usize = 0;
/** The furthest gate this request reached. */
let furthest: i32 = REASON_NONE;
/** A bid could not be held for want of a ledger: the request ends. */
let ledgerLost: bool = false;

export { setNextBidId } from './bids';
export { exponential } from './exponential';

/** The layout this module was built for; the code around it refuses another. */
export function layoutHash(): i32 {
  return LAYOUT_HASH;
}

/** Takes a worker's arena. Called once, before anything else. */
export function init(worker: i32): void {
  setWorker(worker);
  setPolicyScratch(context + m.CONTEXT_POLICY);
}

/**
 * Answers the request of `length` bytes in this worker's input.
 * @param nowUs time of receipt, microseconds since the epoch
 * @param exchange index of the exchange in the book
 * @returns bytes of the response in this worker's output, or minus a reason
 */
export function bid(length: i32, nowUs: f64, exchange: i32): i32 {
  const result = answer(length, nowUs, exchange, STAGE_ALL);
  count(m.COUNT_REQUESTS, 1);
  count(m.COUNT_BYTES_IN, <f64>length);
  const known = <u32>exchange < <u32>MAX_EXCHANGES ? exchange : 0;
  count(m.COUNT_EXCHANGES + (<usize>known << 3), 1);
  if ((load<i32>(request, m.REQUEST_FLAGS) & m.FLAG_TEST) != 0) count(m.COUNT_TESTS, 1);
  if (result > 0) {
    count(m.COUNT_RESPONSES, 1);
    count(m.COUNT_BYTES_OUT, <f64>result);
    count(m.COUNT_BIDS, <f64>bidCount);
    count(m.COUNT_BIDS_BY_ARM + (<usize>arm << 3), <f64>bidCount);
    count(m.COUNT_BID_MICROS, bidMicros);
    countFormats();
  } else count(m.COUNT_REASONS + (<usize>-result << 3), 1);
  return result;
}

/**
 * As `bid`, but ends behind a stage and moves none of the worker's counters: for benchmarks, and to warm up.
 * @param chunks how much of the book to match where nothing is scored, which is what else says when to stop
 */
export function bidThrough(length: i32, nowUs: f64, exchange: i32, stage: i32, chunks: i32): i32 {
  chunksWanted = stage == STAGE_MATCH ? <usize>chunks * m.CHUNK_BYTES : usize.MAX_VALUE;
  const result = answer(length, nowUs, exchange, stage);
  chunksWanted = usize.MAX_VALUE;
  return result;
}

/** Chunks of the book that the last decision matched. */
export function chunksMatched(): i32 {
  return <i32>(baseEnd / m.CHUNK_BYTES);
}

function answer(length: i32, nowUs: f64, exchange: i32, stage: i32): i32 {
  const malformed = readRequest(length);
  if (malformed != REASON_NONE) return -malformed;
  if (stage == STAGE_SCAN) return 0;
  const snapshot = enter();
  const result = (snapshot & m.SNAPSHOT_READY) == 0 ? -NOT_READY : decide(snapshot, nowUs, exchange, stage);
  leave();
  return result;
}

function decide(snapshot: u32, nowUs: f64, exchange: i32, stage: i32): i32 {
  const flags = load<i32>(request, m.REQUEST_FLAGS);
  if ((flags & m.FLAG_OVER_LIMIT) != 0) return -OVER_LIMIT;
  const test = (flags & m.FLAG_TEST) != 0;
  if (!test && isLedgerAway(nowUs)) return -LEDGER_AWAY;
  book = bookOf(snapshot);
  exchangeIndex = <u32>exchange < load<u32>(book, m.BOOK_EXCHANGE_COUNT) ? exchange : 0;
  const profile = <usize>load<u32>(book, m.BOOK_EXCHANGES) + <usize>exchangeIndex * m.EXCHANGE_STRIDE;
  const tmaxMs = load<f64>(request, m.REQUEST_TMAX_MS);
  if (tmaxMs > 0 && tmaxMs * 1000 - tmaxMarginUs(profile) < <f64>WORK_US_MIN) return -TOO_LITTLE_TIME;
  const currency = responseCurrency(book, request + m.REQUEST_CURRENCIES, load<u32>(profile, m.EXCHANGE_CURRENCY));
  if (currency == 0) return -NO_CURRENCY;
  rateOut = rateOf(book, currency);
  wire = rateOut / load<f64>(profile, m.EXCHANGE_DIVISOR);
  setRates(rateOut, wire);
  startMoney(nowUs, wire, stage != STAGE_WITHOUT_MONEY, stage == STAGE_ALL && !test);
  setBook(book);
  setSeats(<usize>load<u32>(profile, m.EXCHANGE_SEATS));
  resolveFacts(nowUs, load<u64>(profile), book);
  startFrequency(nowUs, stage != STAGE_WITHOUT_MONEY);
  const refused = admitAccounts();
  if (refused != REASON_NONE) return -refused;
  const placeCount = findPlaces(rateOut, profile, exchangeIndex);
  if (placeCount == 0) return -placeReason;

  arm = armOf(snapshot);
  model = modelOf(snapshot, arm);
  setModel(model);
  tables = exchangeSlot();
  setScoring(book, vectorsOf(snapshot, arm), model, tables);
  startMatching(profile);
  bidOnPlaces(placeCount, stage);
  if (ledgerLost) {
    dropBids();
    return -LEDGER_AWAY;
  }
  if (bidCount == 0) return -furthest;
  if (stage < STAGE_ALL) return 0;

  startTokens(nowUs, currency, exchangeIndex, modelVersionOf(snapshot, arm), arm);
  recordBids(rateOut);
  return writeResponse(book, bidCount, currency, load<i32>(profile, m.EXCHANGE_WHEN));
}

/** What the exchange, or else the node, takes from `tmax`, in microseconds. */
function tmaxMarginUs(profile: usize): f64 {
  const own = load<i32>(profile, m.EXCHANGE_TMAX_MARGIN_US);
  return own >= 0 ? <f64>own : <f64>load<u32>(m.CONTROL + m.CONTROL_TMAX_MARGIN_US);
}

// @ts-ignore: decorator
@inline
function reach(reason: i32): void {
  furthest = max(furthest, reason);
}

/** Fills the places. Those of an impression stand together and share its candidates. */
function bidOnPlaces(placeCount: i32, stage: i32): void {
  startBids();
  ledgerLost = false;
  furthest = NO_TARGETING;
  chunksMost = min(bytes, chunksWanted);
  startRequest();
  let imp: usize = 0;
  for (let i = 0; i < placeCount && bidCount < MAX_BIDS && !ledgerLost; i++) {
    const place = placeAddress(i);
    const its = <usize>load<u32>(place, m.PLACE_IMP);
    if (its != imp) {
      if (imp != 0) endImp();
      imp = its;
      startCreatives(imp);
      startImp(imp);
    }
    if (stage > STAGE_MATCH) fillPlace(place, stage);
    else while (candidatesEnd < chunksMost) extendCandidates();
  }
  endImp();
}

/** Where no bid was made, the reason needs to know whether any ad is a candidate. */
function endImp(): void {
  while (bidCount == 0 && candidatesEnd < chunksMost && max(furthest, candidatesReason) < NO_DEAL) extendCandidates();
  reach(candidatesReason);
}

/** Bids on a place, and in a dynamic pod again until it is full or nobody else fits. */
function fillPlace(place: usize, stage: i32): void {
  const repeats = load<i32>(place, m.PLACE_REPEATS);
  for (let i = 0; i < repeats && bidCount < MAX_BIDS; i++) {
    const before = bidCount;
    bidOnPlace(place, stage, startPod(<usize>load<u32>(place, m.PLACE_IMP), i, bidCount));
    if (bidCount == before) return;
  }
}

/**
 * Finds the best ad of a place, prices it and notes the bid.
 * @param podded whether bids of its pod were made
 */
function bidOnPlace(place: usize, stage: i32, podded: bool): void {
  const deal = <usize>load<u32>(place, m.PLACE_DEAL);
  const auction = load<i32>(place, m.PLACE_AUCTION);
  const fixed = auction == 3;
  const byDuration = load<i32>(place, m.PLACE_BY_DURATION) != 0;
  let floorOut = load<f64>(place, m.PLACE_FLOOR);
  startCaps(bidCount);
  startSlot(fixed ? floorOut / wire : -1, byDuration ? 0 : max(floorOut, 1) / wire, byDuration);
  if (deal == 0) considerOpen(podded);
  else considerDeal(deal, <usize>load<u32>(place, m.PLACE_LISTED), podded);
  if (bestAd < 0) return reach(slotReason);

  if (byDuration) floorOut = floorOf(bestAd);
  const least = max(floorOut, 1);
  const most = asPrice(bestWilling);
  if (most < least) return reach(BELOW_FLOOR);
  if (stage == STAGE_SCORE) return;
  let price = fixed ? least : most;
  if (auction == 1) {
    const shaded = floor(shade(model, tables, priceLevel(), bestWilling, floorOut / wire) * wire + 0.001);
    price = min(max(shaded, least), most);
  }
  makeBid(<usize>load<u32>(place, m.PLACE_IMP), deal, auction, price);
}

/** Makes the bid of the best ad of a slot, if its campaign can pay for it; what the other ads lack counts no more. */
function makeBid(imp: usize, deal: usize, auction: i32, price: f64): void {
  const detail = <usize>load<u32>(book, m.BOOK_AD_DETAILS) + <usize>bestAd * m.DETAIL_STRIDE;
  const refused = hold(campaignOf(bestAd), detail, price, quantityOf(imp));
  if (refused == REASON_NONE) noteBid(imp, deal, auction, price);
  else if (refused == LEDGER_AWAY) ledgerLost = true;
  else reach(refused);
}

/** The ads that may bid in the open auction, until no later one can win. */
function considerOpen(podded: bool): void {
  const open = <usize>load<u32>(book, m.BOOK_OPEN);
  for (let o: usize = 0; o < bytes && !isDecided(o); o += m.CHUNK_BYTES) {
    if (o == candidatesEnd) extendCandidates();
    if (podded) considerChunkOfPod(bitmap(CANDIDATES), open, o);
    else considerChunk(bitmap(CANDIDATES), open, o);
  }
}

/** The ads of a deal: a list in the book. */
function considerDeal(deal: usize, slot: usize, podded: bool): void {
  const address = <usize>load<u32>(slot, m.SLOT_ADDRESS);
  const listed = load<i32>(slot, m.SLOT_COUNT);
  for (let i = 0; i < listed; i++) {
    const ad = load<i32>(address + (<usize>i << 2));
    const o = <usize>(ad / m.CHUNK_ADS) * m.CHUNK_BYTES;
    if (isDecided(o)) return;
    while (candidatesEnd <= o) extendCandidates();
    if (!isIn(bitmap(CANDIDATES), ad) || !takesAd(deal, ad)) continue;
    if (!podded || podTakes(ad)) consider(ad);
  }
}

// @ts-ignore: decorator
@inline
function isIn(bits: usize, ad: i32): bool {
  return ((load<u8>(bits + <usize>(ad >> 3)) >> <u8>(ad & 7)) & 1) != 0;
}

/** True if a deal takes the seat and the advertiser of an ad. */
function takesAd(deal: usize, ad: i32): bool {
  if (listCount(deal + m.DEAL_WSEAT) > 0) {
    const record = <usize>load<u32>(book, m.BOOK_AD_TABLE) + <usize>ad * m.AD_STRIDE;
    const seat = load<u64>(seatAddress(load<i32>(record, m.AD_SEAT)));
    if (!holds(deal + m.DEAL_WSEAT, seat)) return false;
  }
  return listCount(deal + m.DEAL_WADOMAIN) == 0 || takesDomain(deal, ad);
}

function takesDomain(deal: usize, ad: i32): bool {
  const detail = <usize>load<u32>(book, m.BOOK_AD_DETAILS) + <usize>ad * m.DETAIL_STRIDE;
  const domains = <usize>load<u32>(detail, m.DETAIL_DOMAINS);
  const domainCount = load<i32>(detail, m.DETAIL_DOMAIN_COUNT);
  for (let i = 0; i < domainCount; i++) {
    if (holds(deal + m.DEAL_WADOMAIN, load<u64>(domains + (<usize>i << 3)))) return true;
  }
  return false;
}

// ---- around the path: batches, and what the main thread calls

/** Splits the batch of `length` bytes in this worker's batch area: number of requests, or minus a reason. */
export function splitBatch(length: i32): i32 {
  const arena = input - m.ARENA_INPUT;
  setBrackets(arena + m.ARENA_OUTPUT); // a batch may nest deeper than a body, and nothing is answered yet
  const requests = split(arena + m.ARENA_BATCH, length, arena + m.ARENA_BATCH_TABLE);
  setBrackets(arena + m.ARENA_BRACKETS);
  return requests;
}

/**
 * Writes the vectors of the ads of a book under an arm's model, as named by the bits of a snapshot, from one ad to
 * another.
 */
export function prepareAds(snapshot: u32, arm: i32, from: i32, to: i32): void {
  const records = <usize>load<u32>(bookOf(snapshot), m.BOOK_AD_TABLE);
  const details = <usize>load<u32>(bookOf(snapshot), m.BOOK_AD_DETAILS);
  setModel(modelOf(snapshot, arm));
  for (let ad = from; ad < to; ad++) {
    const vector = vectorsOf(snapshot, arm) + <usize>ad * m.VECTOR_STRIDE;
    prepareAd(records + <usize>ad * m.AD_STRIDE, details + <usize>ad * m.DETAIL_STRIDE, vector);
  }
}

/**
 * Lets the policy of the control's model act for a campaign: writes its decision and its multiplier, which is not yet
 * in force.
 * @param normal a draw from the standard normal, for a policy that explores
 */
export function actOnCampaign(campaign: i32, nowMs: f64, normal: f32): void {
  const snapshot = atomic.load<u32>(m.CONTROL + m.CONTROL_SNAPSHOT);
  const version = modelVersionOf(snapshot, m.ARM_CONTROL);
  const at: usize = m.CAMPAIGNS + <usize>campaign * m.CAMPAIGN_STRIDE;
  act(at, modelOf(snapshot, m.ARM_CONTROL), version, nowMs, normal);
}

/** Address of the hashed features of the impression last scored: what the features in its token are held against. */
export function featuresAddress(): i32 {
  return <i32>(context + m.CONTEXT_FEATURES);
}

/** Hash of the bytes at the input, for tests that hold the code around against the module. */
export function hashInput(length: i32): u64 {
  return hashBytes(input, <usize>length);
}

/** MAC of what stands at the output, between answers: 16 bytes of key, then `length` of message. Takes its place. */
export function macOutput(length: i32): void {
  store<u64>(output, sipHash(output, output + m.MAC_KEY_BYTES, <usize>length));
}

/** MAC of the bytes at the input, for the same. */
export function macInput(length: i32): u64 {
  return sipHash(m.CONTROL + m.CONTROL_NOTICE_KEY, input, <usize>length);
}
