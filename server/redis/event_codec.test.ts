// Notices as bytes, and back.

import { pack } from 'msgpackr';
import t from 'tap';
import { NOTICE_KINDS } from '../../bidcore/money/event.js';
import { notice } from '../testing/money.js';
import { decodeNotice, encodeNotice } from './event_codec.js';

t.test('every field comes back as it was', async (t) => {
  for (const kind of NOTICE_KINDS) {
    const plain = notice('c', 'b', { kind, chargeMicros: 1e15 - 1, clearingMicros: undefined });
    t.strictSame(decodeNotice(encodeNotice(plain)), plain);
    const full = notice(
      'c',
      'b',
      { kind, by: 255, late: true, quantity: 2.5, lossReason: 102, toWinMicros: 3, name: 'complete', errorCode: 405 },
      { lease: 2 ** 32 - 1, slot: 1, user: '', deal: true, test: true, billedByImpression: true, reservedMicros: 1e15 },
    );
    t.strictSame(decodeNotice(encodeNotice(full)), full);
  }
});

t.test('other bytes are no notice', async (t) => {
  for (const value of [
    1,
    'x',
    [],
    [1],
    [2, ...new Array(40).fill(0)],
    [1, 0, 0, false, 99, ...new Array(40).fill(0)],
    {},
  ]) {
    t.equal(decodeNotice(pack(value)), undefined, JSON.stringify(value));
  }
  t.equal(decodeNotice(new Uint8Array([0xdf, 1])), undefined);
  t.equal(decodeNotice(new Uint8Array()), undefined);
});
