// The response: what was decided, as OpenRTB JSON. Everything that does not depend on the request was rendered when the
// book was made (`bidcore/render.ts`): here pieces are copied, with the token between them, and ids, prices and
// deals are written. Rules: docs/decisions.md section 6.

import { seatAddress } from './accounts';
import { bids, context, output, request } from './arena';
import { packAdFeatures } from './features';
import { userKey } from './frequency';
import * as m from './memory_map';
import { quantityOf } from './money';
import { writeAssets } from './native_assets';
import { copy, copyText, hexadecimal, outputEnd, price, startOutput, write, writeCurrency } from './output';
import { BEFORE_ASSETS, BEFORE_TOKEN, WHEN_BURL } from './pieces';
import { writeToken } from './token';

/** Bytes of the token that are the same for all bids of a response. */
export function startTokens(nowUs: f64, currency: u32, exchange: i32, modelVersion: u32, arm: i32): void {
  const token = context + m.CONTEXT_TOKEN;
  store<u8>(token, m.TOKEN_FORMAT, m.TOKEN_VERSION);
  store<u8>(token, load<u8>(m.CONTROL + m.CONTROL_NOTICE_KEY_ID), m.TOKEN_KEY_ID);
  store<u8>(token, load<u8>(m.CONTROL + m.CONTROL_NODE), m.TOKEN_NODE);
  store<u32>(token, <u32>(<i64>(nowUs / 1000000)), m.TOKEN_ISSUED_S);
  store<u32>(token, (currency & 0xdfdfdf) | (<u32>exchange << 24), m.TOKEN_CURRENCY); // upper case, exchange behind it
  store<u32>(token, modelVersion, m.TOKEN_MODEL);
  store<u64>(token, userKey(), m.TOKEN_USER);
  store<u8>(token, arm, m.TOKEN_ARM);
  store<u16>(token, 0, m.TOKEN_SPARE);
}

/** Conditions of pieces that the exchange at hand fulfils. */
let exchangeWhen: i32 = 0;

/** Copies the pieces of an ad whose conditions hold, the token or the native assets before those that want them. */
function writePieces(imp: usize, detail: usize): void {
  const native = imp + m.IMP_NATIVE_RECORD;
  const parts = <usize>load<u32>(detail, m.DETAIL_NATIVE);
  const holds = exchangeWhen | (parts != 0 ? load<i32>(native, m.NATIVE_WHEN) : 0);
  let piece = <usize>load<u32>(detail, m.DETAIL_PIECES);
  const pieces = load<i32>(detail, m.DETAIL_PIECE_COUNT);
  for (let i = 0; i < pieces; i++) {
    const head = load<u32>(piece);
    const length = <usize>(head & 0xffff);
    const before = <i32>((head >> 16) & 0xff);
    if ((<i32>(head >> 24) & ~holds) == 0) {
      if (before == BEFORE_TOKEN) copy(context + m.CONTEXT_TOKEN_TEXT, m.TOKEN_TEXT_BYTES);
      else if (before == BEFORE_ASSETS) writeAssets(native, parts);
      copy(piece + 4, length);
    }
    piece += 4 + length;
  }
}

/** The flag bits of a bid's token. An exchange that is not given the `burl` calls none: the impression bills. */
function flagsOf(bid: usize): i32 {
  const test = load<i32>(request, m.REQUEST_FLAGS) & m.FLAG_TEST;
  const deal = load<u32>(bid, m.BID_DEAL) != 0 ? 2 : 0;
  const byImpression = (exchangeWhen & WHEN_BURL) == 0 ? 32 : 0;
  return test | deal | (load<i32>(bid, m.BID_AUCTION) << 2) | (load<i32>(bid, m.BID_SLOT) << 4) | byImpression;
}

/** Writes the token of a bid: its bytes, then its text. */
function makeToken(bid: usize, detail: usize): void {
  const token = context + m.CONTEXT_TOKEN;
  const imp = <usize>load<u32>(bid, m.BID_IMP);
  store<u8>(token, <u8>flagsOf(bid), m.TOKEN_FLAGS);
  store<u64>(token, load<u64>(bid, m.BID_ID), m.TOKEN_BID_ID);
  store<u64>(token, load<u64>(detail, m.DETAIL_KEY), m.TOKEN_AD_KEY);
  store<i64>(token, load<i64>(bid, m.BID_PRICE_MICROS), m.TOKEN_PRICE_MICROS);
  store<f32>(token, load<f32>(bid, m.BID_CTR), m.TOKEN_CTR);
  store<f32>(token, load<f32>(bid, m.BID_CVR), m.TOKEN_CVR);
  store<f32>(token, load<f32>(bid, m.BID_MULTIPLIER), m.TOKEN_MULTIPLIER);
  store<u32>(token, load<u32>(bid, m.BID_LEASE), m.TOKEN_LEASE);
  store<u64>(token, load<u64>(detail, m.DETAIL_CAMPAIGN), m.TOKEN_CAMPAIGN);
  store<u64>(token, load<u64>(detail, m.DETAIL_AD_GROUP), m.TOKEN_AD_GROUP);
  store<i64>(token, load<i64>(bid, m.BID_RESERVED_MICROS), m.TOKEN_RESERVED_MICROS);
  store<f32>(token, <f32>quantityOf(imp), m.TOKEN_QUANTITY);
  store<u32>(token, load<u32>(detail, m.DETAIL_EXPIRY_S), m.TOKEN_EXPIRY_S);
  const features = imp + m.IMP_PACKED_FEATURES;
  v128.store(token, v128.load(features), m.TOKEN_FEATURES);
  v128.store(token, v128.load(features, 16), m.TOKEN_FEATURES + 16);
  v128.store(token, v128.load(features, 32), m.TOKEN_FEATURES + 32); // its last 3 bytes are of the ad
  packAdFeatures(detail, token + m.TOKEN_FEATURES_OF_AD);
  writeToken(token, context + m.CONTEXT_TOKEN_TEXT);
}

function writeBid(bid: usize, details: usize): void {
  const detail = details + <usize>load<i32>(bid, m.BID_AD) * m.DETAIL_STRIDE;
  const deal = <usize>load<u32>(bid, m.BID_DEAL);
  makeToken(bid, detail);
  write('{"id":"');
  hexadecimal(load<u64>(bid, m.BID_ID));
  write('","impid":');
  copyText(<usize>load<u32>(bid, m.BID_IMP) + m.IMP_ID);
  write(',"price":');
  price(load<i64>(bid, m.BID_PRICE_MICROS));
  write(',');
  writePieces(<usize>load<u32>(bid, m.BID_IMP), detail);
  if (deal != 0) {
    write(',"dealid":');
    copyText(deal + m.DEAL_ID);
  }
  write('}');
}

/**
 * Writes the response with the first `count` bids, in order, one seatbid a seat.
 * @param when conditions of pieces that the exchange fulfils
 * @returns its length in bytes
 */
export function writeResponse(book: usize, count: i32, currency: u32, when: i32): i32 {
  startOutput(output);
  exchangeWhen = when;
  const details = <usize>load<u32>(book, m.BOOK_AD_DETAILS);
  write('{"id":');
  copyText(request + m.REQUEST_ID);
  write(',"bidid":"');
  hexadecimal(load<u64>(bids, m.BID_ID));
  write('","cur":"');
  writeCurrency(currency);
  write('","seatbid":[');
  let written = 0;
  for (let i = 0; i < count; i++) {
    const seat = load<i32>(bids + <usize>i * m.BID_STRIDE, m.BID_SEAT);
    if (seat < 0) continue;
    if (written > 0) write(',');
    written++;
    write('{"bid":[');
    let first = true;
    for (let j = i; j < count; j++) {
      const bid = bids + <usize>j * m.BID_STRIDE;
      if (load<i32>(bid, m.BID_SEAT) != seat) continue;
      if (!first) write(',');
      first = false;
      writeBid(bid, details);
      store<i32>(bid, -1, m.BID_SEAT);
    }
    write('],"seat":');
    const text = seatAddress(seat);
    copy(text + m.SEAT_TEXT, <usize>load<u32>(text, 12));
    write('}');
  }
  write(']}');
  return <i32>(outputEnd() - output);
}
