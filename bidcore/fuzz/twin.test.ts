// Properties of the hot path against its slow twin. fast-check brings values nobody thought of and makes failures
// small; a fixed run of the fuzzer brings whole requests that reach every gate.

import fc from 'fast-check';
import t from 'tap';
import { bookNumber, CASES_A_BOOK, type Moment } from './cases.js';
import type { Fields } from './checker_request.js';
import { realBodies } from './corpus.js';
import { Fuzzer, loadNumbered } from './fuzzer.js';
import { addOverruled, escapeSome, shuffleKeys, withWhitespace } from './json_forms.js';
import {
  type Json,
  type JsonObject,
  json,
  member,
  type Plain,
  raw,
  setMember,
  write,
  writePretty,
} from './json_tree.js';
import { Random } from './random.js';
import { makeDraft, makeRequest } from './requests.js';
import { difference, type Outcome, World } from './world.js';

/** A book most of whose ads bid readily, so that properties are about bids as well. */
const BOOK = bookNumber(0, 36);
/** Of each theme (books.ts), and two of all there is. */
const FUZZ_BOOKS = [2, 20, 25, 33, 36];
const FUZZ_CASES_A_BOOK = 750;

const MOMENT: Moment = { exchange: 0, nowUs: 1.77e15, bidId: 0xfffffffffffffffen };
// tap's 30 seconds are too few where other tests take the processors.
t.setTimeout(200_000);

const world = new World();
await loadNumbered(world, BOOK);

const answer = (text: string | Uint8Array): Outcome => {
  const body = Buffer.from(text);
  const hot = world.hot(body, MOMENT);
  const differs = difference(hot, world.twin(body, MOMENT));
  if (differs !== undefined) throw new Error(differs);
  return hot;
};
const requestOf = (seed: number): JsonObject => makeRequest(makeDraft(new Random(seed), world.book, MOMENT.exchange));
const sameAnswer = (a: Outcome, b: Outcome): boolean =>
  a.reason === b.reason && (a.response === undefined || (b.response !== undefined && a.response.equals(b.response)));

const seeds = fc.nat();

/** Every place of docs/decisions.md section 1, by its path. */
const STREAM = `mimes minduration maxduration rqddurs protocols protocol battr api companionad companionad.w
  companionad.h podid poddur maxseq mincpmpersec durfloors durfloors.mindur durfloors.maxdur
  durfloors.bidfloor`;
const NATIVE = `assets assets.id assets.required assets.title assets.title.len assets.img assets.img.type
  assets.img.w assets.img.h assets.img.wmin assets.img.hmin assets.img.mimes assets.video assets.data
  assets.data.type assets.data.len eventtrackers eventtrackers.event eventtrackers.methods`;
const SIGNALS = 'gdpr us_privacy gpp gpp_sid';
const CHAIN = 'complete nodes nodes.asi nodes.sid';
const below = (path: string, names: string): string[] => names.split(/\s+/).map((name) => `${path}.${name}`);

const PATHS = [
  ...`
  id at tmax test cur wseat bseat bcat acat cattax badv bapp imp site app dooh device user regs source
  imp.id imp.banner imp.video imp.audio imp.native imp.pmp imp.tagid imp.instl imp.rwdd imp.bidfloor imp.bidfloorcur
  imp.secure imp.qty imp.qty.multiplier imp.ext imp.ext.prebid imp.ext.prebid.is_rewarded_inventory
  imp.banner.w imp.banner.h imp.banner.pos imp.banner.format imp.banner.btype imp.banner.battr imp.banner.api
  imp.banner.mimes
  imp.banner.format.w imp.banner.format.h imp.banner.format.wratio imp.banner.format.hratio imp.banner.format.wmin
  imp.video.w imp.video.h imp.video.pos imp.video.linearity imp.video.skip imp.video.placement imp.video.plcmt
  imp.native.request imp.native.battr imp.native.api imp.native.request.native imp.native.request.native.assets
  imp.pmp.private_auction imp.pmp.deals imp.pmp.deals.id imp.pmp.deals.bidfloor imp.pmp.deals.bidfloorcur
  imp.pmp.deals.at imp.pmp.deals.wseat imp.pmp.deals.wadomain
  site.domain site.page site.bundle site.cat site.cattax site.publisher site.publisher.id
  app.domain app.bundle app.cat dooh.domain dooh.publisher.id
  device.devicetype device.os device.language device.connectiontype device.carrier device.ua device.ip device.ifa
  device.geo device.geo.country device.geo.region device.geo.city device.geo.zip device.lmt device.dnt
  user.id user.buyeruid user.consent user.ext user.ext.consent user.data user.data.segment user.data.segment.id
  regs.coppa regs.ext source.schain source.ext source.ext.schain
`
    .trim()
    .split(/\s+/),
  ...below('imp.video', STREAM),
  ...below('imp.audio', STREAM),
  ...below('imp.native.request', NATIVE),
  ...below('regs', SIGNALS),
  ...below('regs.ext', SIGNALS),
  ...below('source.schain', CHAIN),
  ...below('source.ext.schain', CHAIN),
].map((path) => path.split('.'));

const LISTS = 'imp format deals data segment companionad durfloors assets eventtrackers nodes'.split(' ');

/** Puts a value at a path, making what is missing on the way. */
function place(at: JsonObject, [key = '', ...rest]: readonly string[], value: Plain, inAsset = false): void {
  if (rest.length === 0) return setMember(at, key, value);
  let next = member(at, key);
  // `data` is a list of the user and an object of an asset.
  if (LISTS.includes(key) && !(key === 'data' && inAsset)) {
    if (next?.kind !== 'array' || next.items[0]?.kind !== 'object') setMember(at, key, [{}]);
    next = (member(at, key) as Json & { kind: 'array' }).items[0];
  } else if (next?.kind !== 'object') {
    setMember(at, key, {});
    next = member(at, key);
  }
  place(next as JsonObject, rest, value, key === 'assets');
}

/** Numbers in the spellings of JSON, most of which JavaScript would never write. */
const numbers = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.bigInt({ min: 0n, max: 10n ** 25n }),
    fc.option(fc.stringMatching(/^\d{1,25}$/)),
    fc.option(fc.integer({ min: -400, max: 400 })),
  )
  .map(([sign, whole, fraction, exponent]) =>
    raw(`${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`),
  );
const strings = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  numbers.map(({ text }) => text),
  fc.constantFrom('www.', 'USD', 'IAB1', '0'),
);
const values: fc.Arbitrary<Plain> = fc.oneof(
  numbers,
  strings,
  fc.array(fc.oneof(numbers, strings)),
  fc.jsonValue().map((value) => json(value as Plain)),
);

t.test('any value in any field that is read', async (t) => {
  fc.assert(
    fc.property(
      seeds,
      fc.array(fc.tuple(fc.constantFrom(...PATHS), values), { minLength: 1, maxLength: 3 }),
      (seed, changes) => {
        const tree = requestOf(seed);
        for (const [path, value] of changes) place(tree, path, value);
        answer(write(tree));
      },
    ),
    { numRuns: 4000, seed: 1 },
  );
  t.pass();
});

t.test('any text and any bytes', async (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => void answer(text)),
    { numRuns: 1000, seed: 2 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void answer(bytes)),
    { numRuns: 1000, seed: 3 },
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 12 }),
      (bytes) => void answer(Buffer.concat([Buffer.from('{"id":"'), bytes, Buffer.from('","imp":[]}')])),
    ),
    { numRuns: 2000, seed: 4 },
  );
  t.pass();
});

t.test('any prefix of a request', async (t) => {
  const body = Buffer.from(write(requestOf(5)));
  for (let length = 0; length <= body.length; length += 1) answer(body.subarray(0, length));
  t.pass();
});

t.test('plain and pretty-printed give the same answer', async (t) => {
  fc.assert(
    fc.property(seeds, fc.constantFrom('', ' ', '\t', '    '), (seed, indent) => {
      const tree = requestOf(seed);
      const plain = answer(write(tree));
      return (
        sameAnswer(plain, answer(writePretty(tree, indent))) &&
        sameAnswer(plain, answer(withWhitespace(write(tree), new Random(seed), 0.5)))
      );
    }),
    { numRuns: 300, seed: 6 },
  );
  t.pass();
});

t.test('the order of keys does not matter', async (t) => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const tree = requestOf(seed);
      return sameAnswer(answer(write(tree)), answer(write(shuffleKeys(tree, new Random(seed + 1)))));
    }),
    { numRuns: 300, seed: 7 },
  );
  t.pass();
});

t.test('of duplicate keys only the last one matters', async (t) => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const tree = requestOf(seed);
      return sameAnswer(answer(write(tree)), answer(write(addOverruled(tree, new Random(seed + 1), 0.2))));
    }),
    { numRuns: 300, seed: 8 },
  );
  t.pass();
});

t.test('escapes change nothing but the ids that are echoed', async (t) => {
  const parsed = ({ reason, response }: Outcome): unknown => [
    reason,
    response && (JSON.parse(response.toString()) as Fields),
  ];
  fc.assert(
    fc.property(seeds, fc.constantFrom(0.05, 0.5, 1), (seed, density) => {
      const tree = requestOf(seed);
      const escaped = escapeSome(tree, new Random(seed + 1), density);
      return JSON.stringify(parsed(answer(write(tree)))) === JSON.stringify(parsed(answer(write(escaped))));
    }),
    { numRuns: 300, seed: 9 },
  );
  t.pass();
});

t.test('a fixed run of the fuzzer', async (t) => {
  const fuzzer = new Fuzzer(world, realBodies(), () => 0);
  const problems: string[] = [];
  for (const nth of FUZZ_BOOKS) {
    for (let n = 0; n < FUZZ_CASES_A_BOOK; n += 1) {
      const seed = bookNumber(0, nth) * CASES_A_BOOK + n;
      const finding = await fuzzer.run(seed);
      if (finding !== undefined) problems.push(`npm run fuzz -- --case ${seed}: ${finding.what}`);
    }
  }
  t.same(problems.slice(0, 5), [], `${fuzzer.tally.cases} cases, ${fuzzer.tally.bids} with bids`);
  t.ok(fuzzer.tally.bids > fuzzer.tally.cases / 5, 'many of them bid');
  t.ok(
    Object.values(fuzzer.tally.formats).every((bids) => bids > 100),
    'in all formats',
  );
  t.ok(Object.keys(fuzzer.tally.reasons).length >= 15, Object.keys(fuzzer.tally.reasons).join(', '));
});
