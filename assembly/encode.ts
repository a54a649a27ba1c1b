// The response: what was decided, as OpenRTB JSON. Everything that does not depend on the request was rendered when the
// book was made (`bidcore/render.ts`): here pieces are copied, with the token between them, and ids, prices and
// deals are written. Rules: docs/decisions.md section 6.

import { bids, output, request } from './arena';
import * as m from './memory_map';
import { writeToken } from './token';

let to: usize = 0;

/** Writes a text of this file. Its characters are UTF-16 in static data; 16 at a time are narrowed to bytes. */
// @ts-ignore: decorator
@inline
function write(text: string): void {
  const from = changetype<usize>(text);
  const length = <usize>text.length;
  for (let i: usize = 0; i < length; i += 16) {
    v128.store(to + i, i8x16.narrow_i16x8_u(v128.load(from + (i << 1)), v128.load(from + (i << 1), 16)));
  }
  to += length;
}

// @ts-ignore: decorator
@inline
function copy(from: usize, length: usize): void {
  // Most pieces are some hundred bytes; 16 at a time beats the call into memory.copy, and what is written past the
  // piece is overwritten by the next or cut off.
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
  to += length;
}

// @ts-ignore: decorator
@inline
function copyText(text: usize): void {
  copy(<usize>load<u32>(text), <usize>load<u32>(text, 4));
}

function hexadecimal(id: u64): void {
  for (let shift: i32 = 60; shift >= 0; shift -= 4) {
    const nibble = <u32>(id >> <u64>shift) & 15;
    store<u8>(to++, <u8>(48 + nibble + ((nibble + 6) >> 4) * 39)); // a to f stand 39 behind the digits
  }
}

/** Micros as units, without trailing zeros: 1500000 is 1.5. */
function price(micros: i64): void {
  const whole = <u64>micros / 1000000;
  let part = <u32>(<u64>micros % 1000000);
  decimal(whole);
  if (part == 0) return;
  store<u8>(to++, 46);
  let weight: u32 = 100000;
  while (part != 0) {
    store<u8>(to++, <u8>(48 + part / weight));
    part %= weight;
    weight /= 10;
  }
}

function decimal(n: u64): void {
  let digits: usize = 1;
  for (let rest = n / 10; rest != 0; rest /= 10) digits++;
  to += digits;
  let q = to;
  do {
    store<u8>(--q, <u8>(48 + (n % 10)));
    n /= 10;
  } while (n != 0);
}

/** Bytes of the token that are the same for all bids of a response. */
export function startTokens(token: usize, nowUs: f64, currency: u32, exchange: i32, modelVersion: u32): void {
  store<u8>(token, 1, m.TOKEN_VERSION);
  store<u8>(token, load<u8>(m.CONTROL + m.CONTROL_NOTICE_KEY_ID), m.TOKEN_KEY_ID);
  store<u8>(token, load<u8>(m.CONTROL + m.CONTROL_NODE), m.TOKEN_NODE);
  store<u32>(token, <u32>(<i64>(nowUs / 1000000)), m.TOKEN_ISSUED_S);
  store<u32>(token, (currency & 0xdfdfdf) | (<u32>exchange << 24), m.TOKEN_CURRENCY); // upper case, exchange behind it
  store<u32>(token, modelVersion, m.TOKEN_MODEL);
}

function writeBid(bid: usize, details: usize, token: usize): void {
  const detail = details + <usize>load<i32>(bid, m.BID_AD) * m.DETAIL_STRIDE;
  const deal = <usize>load<u32>(bid, m.BID_DEAL);
  const micros = load<i64>(bid, m.BID_PRICE_MICROS);
  const test = load<i32>(request, m.REQUEST_FLAGS) & m.FLAG_TEST;
  store<u8>(token, <u8>(test | (deal != 0 ? 2 : 0) | (load<i32>(bid, m.BID_AUCTION) << 2)), m.TOKEN_FLAGS);
  store<u64>(token, load<u64>(bid, m.BID_ID), m.TOKEN_BID_ID);
  store<u64>(token, load<u64>(detail, m.DETAIL_KEY), m.TOKEN_AD_KEY);
  store<i64>(token, micros, m.TOKEN_PRICE_MICROS);
  store<f32>(token, load<f32>(bid, m.BID_CTR), m.TOKEN_CTR);
  store<f32>(token, load<f32>(bid, m.BID_CVR), m.TOKEN_CVR);
  store<f32>(token, load<f32>(bid, m.BID_MULTIPLIER), m.TOKEN_MULTIPLIER);
  const text = token + 64;
  writeToken(token, text);

  write('{"id":"');
  hexadecimal(load<u64>(bid, m.BID_ID));
  write('","impid":');
  copyText(<usize>load<u32>(bid, m.BID_IMP) + m.IMP_ID);
  write(',"price":');
  price(micros);
  write(',');
  let piece = <usize>load<u32>(detail, m.DETAIL_PIECES);
  const pieces = load<i32>(detail, m.DETAIL_PIECE_COUNT);
  for (let i = 0; i < pieces; i++) {
    if (i > 0) copy(text, m.TOKEN_TEXT_BYTES);
    const length = <usize>load<u32>(piece);
    copy(piece + 4, length);
    piece += 4 + length;
  }
  if (deal != 0) {
    write(',"dealid":');
    copyText(deal + m.DEAL_ID);
  }
  write('}');
}

/**
 * Writes the response with the first `count` bids, in order, one seatbid a seat.
 * @returns its length in bytes
 */
export function writeResponse(book: usize, count: i32, token: usize, currency: u32): i32 {
  to = output;
  const details = <usize>load<u32>(book, m.BOOK_AD_DETAILS);
  write('{"id":');
  copyText(request + m.REQUEST_ID);
  write(',"bidid":"');
  hexadecimal(load<u64>(bids, m.BID_ID));
  write('","cur":"');
  store<u32>(to, currency & 0xdfdfdf); // upper case
  to += 3;
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
      writeBid(bid, details, token);
      store<i32>(bid, -1, m.BID_SEAT);
    }
    write('],"seat":');
    const text = <usize>load<u32>(book, m.BOOK_SEATS) + <usize>seat * m.SEAT_STRIDE;
    copy(text + m.SEAT_TEXT, <usize>load<u32>(text, 12));
    write('}');
  }
  write(']}');
  return <i32>(to - output);
}
