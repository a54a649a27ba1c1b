// The first model: the same from the same seed, a file that is taken, and good enough that the sample requests are
// answered as the README and docs/exchanges.md say, at any hour of any day.

import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import * as layout from '../assembly/model_layout.js';
import { makeBook } from '../bidcore/book.js';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { Control } from '../bidcore/control.js';
import { compileModule, createMemory, HotPath } from '../bidcore/hotpath.js';
import { isModelFileError, readModelFile, writeModelFile } from '../bidcore/model_file.js';
import { reasonOf } from '../bidcore/reasons.js';
import { SAMPLE_URLS } from '../bidcore/testing/sample_book.js';
import { seedModel } from './seed_model.js';

const HOUR_MS = 3_600_000;
/** A Monday at midnight, UTC. */
const MONDAY_MS = Date.UTC(2026, 5, 1);

/** What of an answer the tests look at, in order of slots. */
interface Answer {
  readonly cur: string;
  readonly seatbid: readonly { readonly seat: string; readonly bid: readonly AnswerBid[] }[];
}
interface AnswerBid {
  readonly impid: string;
  readonly cid: string;
  readonly price: number;
  readonly dealid?: string;
  readonly mtype: number;
  readonly adm: string;
  readonly nurl?: string;
  readonly burl?: string;
}

type Ask = (name: string, nowMs: number, exchange?: string) => Answer | string;

/** What the document says of the sample requests: each bid as `impression mtype campaign deal`. */
const SAMPLES: readonly { name: string; exchange: string; cur: string; bids: readonly string[] }[] = [
  { name: 'video', exchange: 'meadow', cur: 'USD', bids: ['1 2 coffee-screens'] },
  {
    name: 'video-pod',
    exchange: 'tidal',
    cur: 'USD',
    bids: [
      'break-1 2 aurel-television TIDAL-PRIME-2200',
      'break-1 2 aurel-television',
      'break-1 2 boots-television',
      'first 2 boots-television',
      'break-1 2 bank-television',
    ],
  },
  { name: 'video-rewarded', exchange: 'meadow', cur: 'USD', bids: ['1 2 orchard-rewarded'] },
  { name: 'native', exchange: 'meadow', cur: 'USD', bids: ['1 4 boots-television'] },
  { name: 'native-object', exchange: 'openhouse', cur: 'EUR', bids: ['1 4 coffee-screens'] },
  { name: 'audio', exchange: 'openhouse', cur: 'EUR', bids: ['1 3 ferry-summer'] },
  { name: 'multi-format', exchange: 'meadow', cur: 'USD', bids: ['top 2 coffee-screens', 'side 1 coffee-awareness'] },
  { name: 'gdpr-consent', exchange: 'openhouse', cur: 'EUR', bids: ['1 1 aurel-launch'] },
  { name: 'gdpr-no-consent', exchange: 'openhouse', cur: 'EUR', bids: ['1 1 coffee-everywhere'] },
  { name: 'dooh', exchange: 'openhouse', cur: 'EUR', bids: ['1 1 ferry-summer'] },
];

/** A bidder on the sample campaigns, with the model of a seed. Gives the answer, or the label of the reason. */
async function sampleBidder(seed: number): Promise<Ask> {
  const memory = createMemory();
  const module = compileModule(readFileSync('build/hotpath.wasm'));
  const control = new Control(memory, module);
  control.configure({ tmaxMarginUs: 20_000, noticeKey: new Uint8Array(16), noticeKeyId: 1, node: 0 });
  const file = parseCampaignFile(readFileSync('server/sample/campaigns.json', 'utf8'));
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  const url = 'http://localhost:7507';
  const book = makeBook(file, 1, { ...SAMPLE_URLS, notices: url, markup: 'https://localhost' });
  await control.loadBook(book);
  await control.loadModel(writeModelFile(seedModel(seed), 1, MONDAY_MS));
  const hotPath = new HotPath(memory, module, 0);
  return (name, nowMs, exchange = 'default') => {
    const body = readFileSync(`server/sample/${name}.json`);
    hotPath.input.fill(0);
    hotPath.input.set(body);
    const result = hotPath.bid(body.length, nowMs * 1000, book.exchanges.indexOf(exchange));
    if (result <= 0) return reasonOf(-result).label;
    return JSON.parse(Buffer.from(hotPath.output.subarray(0, result)).toString()) as Answer;
  };
}
const bidsOf = (answer: Answer | string): readonly AnswerBid[] =>
  typeof answer === 'string' ? [] : answer.seatbid.flatMap((seatbid) => seatbid.bid);

t.test('a seed gives the same model every time, and another seed another one', async (t) => {
  t.equal(seedModel(1).length, layout.MODEL_BYTES);
  t.ok(Buffer.from(seedModel(1)).equals(seedModel(1)));
  t.notOk(Buffer.from(seedModel(1)).equals(seedModel(2)));
});

t.test('its file is taken', async (t) => {
  const file = readModelFile(writeModelFile(seedModel(7), 3, 0));
  t.notOk(isModelFileError(file));
  t.match(file, { version: 3 });
});

for (const seed of [1, 2, 3]) {
  t.test(`the sample requests under the model of seed ${seed}`, async (t) => {
    const ask = await sampleBidder(seed);
    const answers = Array.from({ length: 7 * 24 }, (_, hour) => ask('request', MONDAY_MS + hour * HOUR_MS));
    t.same(
      answers.filter((answer) => typeof answer === 'string'),
      [],
      'the sample request gets a bid at every hour',
    );
    t.ok(
      answers.flatMap(bidsOf).every((bid) => bid.price >= 0.35 && bid.price <= 12),
      'at a plausible price',
    );

    const deals = new Map(bidsOf(ask('requests/deal', MONDAY_MS)).map((bid) => [bid.dealid, bid]));
    t.equal(deals.get('MEADOW-FIXED-650')?.price, 5.5835, 'the agreed 6.50 USD, in EUR');
    t.equal(deals.get('TV-PREMIUM-7')?.cid, 'aurel-launch', 'the private auction');

    t.ok(bidsOf(ask('requests/app', MONDAY_MS)).length > 0, 'the app request gets a bid');
    t.equal(ask('requests/no-bid', MONDAY_MS), 'below_floor');

    for (const { name, exchange, cur, bids } of SAMPLES) {
      const answer = ask(`requests/${name}`, MONDAY_MS, exchange);
      const said = bidsOf(answer).map(({ impid, cid, mtype, dealid = '' }) =>
        `${impid} ${mtype} ${cid} ${dealid}`.trim(),
      );
      t.same(said, bids, name);
      t.equal(typeof answer === 'string' ? answer : answer.cur, cur, `${name}: currency`);
    }
    const only = (name: string, exchange: string) => bidsOf(ask(`requests/${name}`, MONDAY_MS, exchange))[0];
    t.match(only('video-pod', 'tidal')?.burl, '${AUCTION_PRICE:B64}', 'prices in base64');
    t.notOk(only('audio', 'openhouse')?.burl, 'no billing notice where none is called');
    t.notOk(only('video', 'meadow')?.nurl, 'nor a win notice');
    t.match(only('audio', 'openhouse')?.adm, /^<VAST version="4.1".* adType="audio"><Wrapper>/);
    t.match(JSON.parse(only('native', 'meadow')?.adm ?? ''), { native: { eventtrackers: [{ event: 1, method: 1 }] } });
    const object = JSON.parse(only('native-object', 'openhouse')?.adm ?? '');
    t.match(object, { assets: [{ id: 10, title: { text: 'The first cup of the day…' } }, { id: 11 }, { id: 12 }] });
    t.equal(object.assets.length, 3, 'the rating, which it has not, is left out');
  });
}

t.test('every sample request has a row in the document', async (t) => {
  const doc = readFileSync('docs/exchanges.md', 'utf8');
  const names = readdirSync('server/sample/requests').map((file) => file.replace('.json', ''));
  const rows = [...doc.matchAll(/^\| `([\w-]+)` \| `(\w+)` \| [^|]+ \|$/gm)].map((row) => `${row[1]} ${row[2]}`);
  const tested = SAMPLES.map(({ name, exchange }) => `${name} ${exchange}`);
  t.same(rows.sort(), [...tested, 'app default', 'deal default', 'no-bid default'].sort());
  t.same(rows.map((row) => row.split(' ')[0]).sort(), names.sort());
});
