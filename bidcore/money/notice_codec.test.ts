// Notices come out of a buffer as they went in.

import t from 'tap';
import { factsWith, tokenWith } from '../testing/notice_tokens.js';
import { NOTICE_KINDS, type Notice } from './event.js';
import { decodeNotices, encodeNotices, type Numbered, type SignedNotice } from './notice_codec.js';

const NOTHING = {
  clearingMicros: undefined,
  quantity: undefined,
  lossReason: undefined,
  toWinMicros: undefined,
  name: undefined,
  errorCode: undefined,
};

const PARTS: readonly Partial<Notice>[] = [
  {},
  { clearingMicros: 0, quantity: 1.5 },
  { clearingMicros: 1_234_567, quantity: 12 },
  { lossReason: 0, toWinMicros: 0 },
  { lossReason: 102, toWinMicros: 9_999_999_999 },
  { name: 'start' },
  { name: 'error', errorCode: 405 },
  { name: 'verificationNotExecuted', errorCode: 0 },
];

t.test('every field of every notice comes back, in order', async (t) => {
  const all = NOTICE_KINDS.flatMap((kind, k) =>
    PARTS.map((part, p) => {
      const facts = factsWith({ bid: (k * 100 + p + 1).toString(16).padStart(16, '0') });
      return { number: 0xfffffff0 - k * 100 - p, notice: { ...NOTHING, kind, facts, atMs: 1.75e12 + p, ...part } };
    }),
  );
  const signed: Numbered<SignedNotice>[] = all.map(({ number, notice: { facts, ...rest } }) => {
    return { number, notice: { ...rest, token: Buffer.from(tokenWith(facts), 'base64url') } };
  });
  t.same(decodeNotices(encodeNotices(signed)), all);
});

t.test('no notices are an empty buffer', async (t) => {
  t.equal(encodeNotices([]).byteLength, 0);
  t.same(decodeNotices(new ArrayBuffer(0)), []);
});
