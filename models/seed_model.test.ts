// The first model: the same from the same seed, a file that is taken, and good enough that the sample requests are
// answered as the README says, at any hour of any day.

import { readFileSync } from 'node:fs';
import t from 'tap';
import * as layout from '../assembly/model_layout.js';
import { makeBook } from '../bidcore/book.js';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { Control } from '../bidcore/control.js';
import { compileModule, createMemory, HotPath } from '../bidcore/hotpath.js';
import { isModelFileError, readModelFile, writeModelFile } from '../bidcore/model_file.js';
import { reasonOf } from '../bidcore/reasons.js';
import { seedModel } from './seed_model.js';

const HOUR_MS = 3_600_000;
/** A Monday at midnight, UTC. */
const MONDAY_MS = Date.UTC(2026, 5, 1);

/** What of an answer the tests look at, in order of slots. */
interface Answer {
  readonly seatbid: readonly { readonly seat: string; readonly bid: readonly AnswerBid[] }[];
}
interface AnswerBid {
  readonly impid: string;
  readonly cid: string;
  readonly price: number;
  readonly dealid?: string;
}

/** A bidder on the sample campaigns, with the model of a seed. Gives the answer, or the label of the reason. */
async function sampleBidder(seed: number): Promise<(name: string, nowMs: number) => Answer | string> {
  const memory = createMemory();
  const module = compileModule(readFileSync('build/hotpath.wasm'));
  const control = new Control(memory, module);
  control.configure({ tmaxMarginUs: 20_000, noticeKey: new Uint8Array(16), noticeKeyId: 1, node: 0 });
  const file = parseCampaignFile(readFileSync('server/sample/campaigns.json', 'utf8'));
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  const url = 'http://localhost:7507';
  await control.loadBook(makeBook(file, 1, { notices: url, markup: url }));
  await control.loadModel(writeModelFile(seedModel(seed), 1, MONDAY_MS));
  const hotPath = new HotPath(memory, module, 0);
  return (name, nowMs) => {
    const body = readFileSync(`server/sample/${name}.json`);
    hotPath.input.fill(0);
    hotPath.input.set(body);
    const result = hotPath.bid(body.length, nowMs * 1000, 0);
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
  });
}
