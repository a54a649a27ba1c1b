// Notices on their way from the threads that take them to the ledger: all of one turn of a thread's event loop in one
// buffer, 216 bytes each. It is handed over, not copied; as objects, the same costs the sender ten times as much.
//
//   0    token, as it came (TOKEN_* in assembly/memory_map.ts)
//   168  when it came, milliseconds since the epoch (f64)
//   176  clearing price, quantity, price that would have won (f64 each, NaN without)
//   200  loss reason, error code (i16 each, −1 without)
//   204  kind, event: positions in their tables (u8 each, 255 without)
//   208  number its sender knows it by (u32)

import * as map from '../../assembly/memory_map.js';
import { NOTICE_KINDS, type Notice, type NoticeKind } from './event.js';
import { factsOf } from './token_reader.js';
import { VAST_EVENTS } from './vast_events.js';

const AT_MS = map.TOKEN_BYTES;
const CLEARING = AT_MS + 8;
const QUANTITY = AT_MS + 16;
const TO_WIN = AT_MS + 24;
const LOSS_REASON = AT_MS + 32;
const ERROR_CODE = AT_MS + 34;
const KIND = AT_MS + 36;
const EVENT = AT_MS + 37;
const NUMBER = AT_MS + 40;
const STRIDE = AT_MS + 48;
const NO_EVENT = 255;

/** A notice whose facts are still a token that has been verified. */
export type SignedNotice = Omit<Notice, 'facts'> & { readonly token: Uint8Array };

export interface Numbered<N> {
  readonly number: number;
  readonly notice: N;
}

export function encodeNotices(notices: readonly Numbered<SignedNotice>[]): ArrayBuffer {
  const buffer = new ArrayBuffer(notices.length * STRIDE);
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  notices.forEach(({ number, notice }, i) => {
    const at = i * STRIDE;
    bytes.set(notice.token, at);
    view.setFloat64(at + AT_MS, notice.atMs, true);
    view.setFloat64(at + CLEARING, notice.clearingMicros ?? Number.NaN, true);
    view.setFloat64(at + QUANTITY, notice.quantity ?? Number.NaN, true);
    view.setFloat64(at + TO_WIN, notice.toWinMicros ?? Number.NaN, true);
    view.setInt16(at + LOSS_REASON, notice.lossReason ?? -1, true);
    view.setInt16(at + ERROR_CODE, notice.errorCode ?? -1, true);
    view.setUint8(at + KIND, NOTICE_KINDS.indexOf(notice.kind));
    view.setUint8(at + EVENT, notice.name === undefined ? NO_EVENT : eventNumber(notice.name));
    view.setUint32(at + NUMBER, number, true);
  });
  return buffer;
}

export function decodeNotices(buffer: ArrayBuffer): Numbered<Notice>[] {
  const view = new DataView(buffer);
  return Array.from({ length: buffer.byteLength / STRIDE }, (_, i) => {
    const at = i * STRIDE;
    const notice: Notice = {
      kind: NOTICE_KINDS[view.getUint8(at + KIND)] as NoticeKind,
      facts: factsOf(new Uint8Array(buffer, at, map.TOKEN_BYTES)),
      atMs: view.getFloat64(at + AT_MS, true),
      clearingMicros: unlessNaN(view.getFloat64(at + CLEARING, true)),
      quantity: unlessNaN(view.getFloat64(at + QUANTITY, true)),
      lossReason: unlessNegative(view.getInt16(at + LOSS_REASON, true)),
      toWinMicros: unlessNaN(view.getFloat64(at + TO_WIN, true)),
      name: VAST_EVENTS[view.getUint8(at + EVENT)],
      errorCode: unlessNegative(view.getInt16(at + ERROR_CODE, true)),
    };
    return { number: view.getUint32(at + NUMBER, true), notice };
  });
}

function eventNumber(name: string): number {
  const number = (VAST_EVENTS as readonly string[]).indexOf(name);
  if (number < 0) throw new Error(`no event ${name}`);
  return number;
}

function unlessNaN(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function unlessNegative(value: number): number | undefined {
  return value < 0 ? undefined : value;
}
