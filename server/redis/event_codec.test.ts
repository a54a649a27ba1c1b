// Notices as bytes, and back.

import { pack, unpack } from 'msgpackr';
import t from 'tap';
import { NO_FEATURES } from '../../bidcore/feature_list.js';
import { NOTICE_KINDS } from '../../bidcore/money/event.js';
import { decision } from '../testing/events.js';
import { notice } from '../testing/money.js';
import { decodeNotice, decodePolicy, encodeNotice, encodePolicy } from './event_codec.js';

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

t.test('a notice of version 1 is of the control, without features', async (t) => {
  const now = notice('c', 'b');
  const values = unpack(encodeNotice(now)) as unknown[];
  const before = pack([1, ...values.slice(1, -2)]);
  t.strictSame(decodeNotice(before), { ...now, facts: { ...now.facts, arm: 0, features: NO_FEATURES } });
});

t.test('other bytes are no notice', async (t) => {
  for (const value of [
    1,
    'x',
    [],
    [1],
    [3, ...new Array(40).fill(0)],
    [2, ...new Array(35).fill(0)],
    [0, ...new Array(40).fill(0)],
    [1, 0, 0, false, 99, ...new Array(40).fill(0)],
    {},
  ]) {
    t.equal(decodeNotice(pack(value)), undefined, JSON.stringify(value));
  }
  t.equal(decodeNotice(new Uint8Array([0xdf, 1])), undefined);
  t.equal(decodeNotice(new Uint8Array()), undefined);
});

t.test('a decision of the policy comes back as it was, and nothing else is one', async (t) => {
  for (const one of [decision('c', 3), decision('d', 4, { fellBack: true, multiplier: 1, density: 0, sigma: 0 })]) {
    t.strictSame(decodePolicy(encodePolicy(one)), one);
  }
  t.equal(decodeNotice(encodePolicy(decision('c', 3))), undefined, 'a reader of notices puts it aside');
  t.equal(decodePolicy(encodeNotice(notice('c', 'b'))), undefined);
  for (const value of [1, [1], [2, ...new Array(30).fill(0)], {}]) t.equal(decodePolicy(pack(value)), undefined);
  t.equal(decodePolicy(new Uint8Array([0xdf, 1])), undefined);
});
