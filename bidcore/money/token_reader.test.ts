// Tokens of notices: what was signed comes back, and nothing else is believed.

import t from 'tap';
import { hashText } from '../hash.js';
import { SAMPLE_SETTINGS, TestBidder } from '../testing/bidder.js';
import { factsWith, OTHER_KEY, TEST_ISSUED_S, TEST_KEY, tokenWith } from '../testing/notice_tokens.js';
import { SAMPLE_NOW_US, sampleBook, sampleRequest } from '../testing/sample_book.js';
import { KeyRing, slowMac } from './key_ring.js';
import { isTokenProblem, readToken } from './token_reader.js';

const LIFE_S = 24 * 3600;
const ring = new KeyRing(TEST_KEY);

t.test('every field of a token comes back', async (t) => {
  t.match(readToken(tokenWith(), ring, TEST_ISSUED_S, LIFE_S), { facts: factsWith() });
  const other = factsWith({
    bid: 'fedcba9876543210',
    user: '',
    slot: 0,
    reservedMicros: 1e15,
    priceMicros: 999_999_999_999_999,
    auction: 3,
    deal: true,
    test: true,
    billedByImpression: true,
    lease: 0xffffffff,
    issuedS: TEST_ISSUED_S - 5,
  });
  t.match(readToken(tokenWith(other), ring, TEST_ISSUED_S, LIFE_S), { facts: other });
});

t.test('a change of any character, or of the length, is found out', async (t) => {
  const token = tokenWith();
  for (let i = 0; i < token.length; i++) {
    const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
    const problem = readToken(changed, ring, TEST_ISSUED_S, LIFE_S);
    // The first three hold the version and the number of the key.
    t.ok(i < 3 ? typeof problem === 'string' : problem === 'forged', `character ${i}: ${String(problem)}`);
  }
  for (const text of ['', 'x', token.slice(1), `${token}A`, `${token.slice(0, -1)}=`, `${token.slice(0, -1)}+`]) {
    t.equal(readToken(text, ring, TEST_ISSUED_S, LIFE_S), 'malformed_token', text);
  }
});

t.test('a key that was replaced is still believed, one that was withdrawn is not', async (t) => {
  const old = tokenWith({}, OTHER_KEY);
  t.equal(readToken(old, ring, TEST_ISSUED_S, LIFE_S), 'unknown_key');
  t.match(readToken(old, new KeyRing(TEST_KEY, [OTHER_KEY]), TEST_ISSUED_S, LIFE_S), { facts: factsWith() });
  const sameNumber = tokenWith({}, { id: TEST_KEY.id, bytes: OTHER_KEY.bytes });
  t.equal(readToken(sameNumber, new KeyRing(TEST_KEY, [OTHER_KEY]), TEST_ISSUED_S, LIFE_S), 'forged');
});

t.test('a token lives as long as it is set up to, and at least as long as its bid', async (t) => {
  const read = (ageS: number, lifeS: number, expiryS: number) =>
    readToken(tokenWith({ expiryS }), ring, TEST_ISSUED_S + ageS, lifeS) === 'expired';
  t.notOk(read(3600, 3600, 300));
  t.ok(read(3601, 3600, 300));
  t.notOk(read(7200, 3600, 7200));
  t.ok(read(7201, 3600, 7200));
});

t.test('the token of a real response says what was bid, under the fast MAC and the slow one', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const { text: answer } = bidder.bid(sampleRequest());
  const { seatbid } = JSON.parse(answer) as { seatbid: { bid: { id: string; nurl: string; price: number }[] }[] };
  const bid = seatbid[0]?.bid[0];
  if (bid === undefined) throw new Error(`no bid: ${answer}`);
  const text = /\/n\/win\/([\w-]+)\?/.exec(bid.nurl)?.[1] ?? '';
  const key = { id: SAMPLE_SETTINGS.noticeKeyId, bytes: SAMPLE_SETTINGS.noticeKey };
  const fast = new KeyRing(key, [], (bytes, message) => bidder.hotPath.mac(bytes, message));
  for (const believed of [fast, new KeyRing(key)]) {
    const token = readToken(text, believed, SAMPLE_NOW_US / 1e6, LIFE_S);
    if (isTokenProblem(token)) throw new Error(token);
    t.equal(token.facts.bid, bid.id);
    t.equal(token.facts.priceMicros, Math.round(bid.price * 1e6));
    t.equal(token.facts.ad, hashText('c1/g1/cr1').toString(16).padStart(16, '0'));
  }
});

t.test('both MACs agree at every length', async (t) => {
  const { hotPath } = new TestBidder();
  for (let length = 0; length < 200; length++) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
    t.same(Buffer.from(hotPath.mac(TEST_KEY.bytes, message)), slowMac(TEST_KEY.bytes, message));
  }
});
