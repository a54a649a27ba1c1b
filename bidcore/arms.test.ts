// Two models at once: who gets which, that the slow twin agrees, and that no answer mixes two of them.

import { Worker } from 'node:worker_threads';
import t from 'tap';
import * as map from '../assembly/memory_map.js';
import type { Book } from './book.js';
import { writeModelFile } from './model_file.js';
import { factsOf } from './money/token_reader.js';
import { writePolicy, zeroPolicy } from './policy/policy_weights.js';
import { decide } from './reference/decide.js';
import type { ArmsTask } from './testing/arms_thread.js';
import { TestBidder } from './testing/bidder.js';
import {
  bodyOf,
  type Part,
  sampleAccount,
  sampleAdGroup,
  sampleBook,
  sampleCampaign,
  sampleCreative,
  sampleImp,
  sampleRequest,
  sampleSituation,
} from './testing/sample_book.js';
import { sampleModel } from './testing/sample_model.js';

t.setTimeout(120_000);

/** A model whose policy leaves multipliers at 1, so that prices depend on nothing but its predictions. */
function flatModel(seed: number): Uint8Array {
  const image = sampleModel(seed);
  writePolicy(image, zeroPolicy());
  return image;
}

const CONTROL = flatModel(1);
const CANDIDATE = flatModel(2);
const CANDIDATE_FILE = writeModelFile(CANDIDATE, 5, 0);

/** Pays by the click: its price follows the prediction. */
function bookOfClicks(campaign = 'c1', version = 1): Book {
  const goal = { type: 'cpc', bid_micros: 2_000_000 };
  const groups = [sampleAdGroup({ goal, max_bid_cpm_micros: 10 ** 12 })];
  const campaigns = [sampleCampaign({ id: campaign, ad_groups: groups, budget_micros: 10 ** 15 })];
  return sampleBook({ accounts: [sampleAccount({ creatives: [sampleCreative()], campaigns })] }, version);
}

async function bidderWith(share: number, salt = 7): Promise<TestBidder> {
  const bidder = new TestBidder();
  await bidder.load(bookOfClicks(), CONTROL);
  bidder.control.setTrial(share, salt);
  const loaded = await bidder.control.loadModel(CANDIDATE_FILE, 'candidate');
  if ('problem' in loaded) throw new Error(loaded.problem);
  return bidder;
}

const requestOf = (user: string | undefined, id = 'r1'): Part =>
  sampleRequest({ id, imp: [sampleImp()], ...(user === undefined ? {} : { user: { id: user } }) });

interface Answered {
  readonly arm: number;
  readonly model: number;
  readonly ctr: number;
}

function answered(text: string): Answered {
  const token = /\/n\/win\/([\w-]{224})\?/.exec(text)?.[1];
  if (token === undefined) throw new Error(`no bid: ${text}`);
  const { arm, model, ctr } = factsOf(Buffer.from(token, 'base64url'));
  return { arm, model, ctr };
}

const ask = (bidder: TestBidder, user: string | undefined, id?: string): Answered =>
  answered(bidder.bid(requestOf(user, id)).text);
const users = (count: number): string[] => Array.from({ length: count }, (_, n) => `user-${n}`);

t.test('a share of 0 is nobody, a share of 1 is everybody', async (t) => {
  const bidder = await bidderWith(0);
  t.equal(bidder.control.candidateVersion, 5);
  for (const user of [...users(50), undefined]) t.match(ask(bidder, user), { arm: 0, model: 1 });
  const { ctr } = ask(bidder, 'user-0');
  bidder.control.setTrial(1, 7);
  t.same(bidder.control.trial, { share: 1, salt: 7 });
  for (const user of [...users(50), undefined]) t.match(ask(bidder, user), { arm: 1, model: 5 });
  t.not(ask(bidder, 'user-0').ctr, ctr, 'and its model predicts');
  t.same(bidder.control.totals().bidsByArm, [52, 52]);
});

t.test('a user stays in an arm, and another salt draws other users', async (t) => {
  const bidder = await bidderWith(0.3);
  const draw = (): number[] => users(2000).map((user, n) => ask(bidder, user, `r${n}`).arm);
  const arms = draw();
  const share = arms.filter((arm) => arm === 1).length / arms.length;
  t.ok(Math.abs(share - 0.3) < 0.04, `share ${share}`); // three standard deviations are 0.031
  t.same(
    users(2000).map((user) => ask(bidder, user, 'other').arm),
    arms,
    'whatever the request',
  );
  bidder.control.setTrial(0.5, 7);
  t.ok(
    draw().every((arm, n) => arm >= (arms[n] as number)),
    'a greater share keeps those it had',
  );
  bidder.control.setTrial(0.3, 8);
  const same = draw().filter((arm, n) => arm === 1 && arms[n] === 1).length;
  t.ok(same < 0.5 * share * arms.length, `${same} of both`);
});

t.test('where nobody is known the request draws', async (t) => {
  const bidder = await bidderWith(0.5);
  const ids = Array.from({ length: 400 }, (_, n) => `request-${n}`);
  const arms = ids.map((id) => ask(bidder, undefined, id).arm);
  t.same(
    ids.map((id) => ask(bidder, undefined, id).arm),
    arms,
  );
  const candidates = arms.filter((arm) => arm === 1).length;
  t.ok(candidates > 150 && candidates < 250, `${candidates} of 400`);
});

t.test('the twin takes the same arm, and predicts with its model', async (t) => {
  const share = 0.4;
  const bidder = await bidderWith(share, 99);
  const trial = { model: CANDIDATE, modelVersion: 5, share, salt: 99 };
  const book = bookOfClicks();
  let candidates = 0;
  for (const user of [...users(60), undefined]) {
    const { bids } = decide(bodyOf(requestOf(user)), sampleSituation(book, { model: CONTROL, modelVersion: 1, trial }));
    const { arm = -1, modelVersion, ctr } = bids[0] ?? {};
    t.same(ask(bidder, user), { arm, model: modelVersion, ctr });
    candidates += arm;
  }
  t.ok(candidates > 10 && candidates < 50, `${candidates}`);
});

t.test('what the main thread may not set, it does not', async (t) => {
  const { control } = new TestBidder();
  for (const share of [-0.1, 1.1, Number.NaN]) t.throws(() => control.setTrial(share, 0), /share/);
  for (const salt of [-1, 0.5, 2 ** 32]) t.throws(() => control.setTrial(0.5, salt), /salt/);
  t.same(control.trial, { share: 0, salt: 0 });
  control.setTrial(1 / 3, 2 ** 32 - 1);
  t.same(control.trial, { share: 21_845 / 65_536, salt: 2 ** 32 - 1 });
});

t.test('dropping the candidate returns all to the control; a refused one changes nothing', async (t) => {
  const bidder = await bidderWith(1);
  const damaged = CANDIDATE_FILE.slice();
  damaged[5000] = (damaged[5000] as number) ^ 1;
  t.match(await bidder.control.loadModel(damaged, 'candidate'), { code: 'invalid_model_file' });
  t.match(ask(bidder, 'u'), { arm: 1, model: 5 });
  await bidder.control.dropCandidate();
  t.equal(bidder.control.candidateVersion, 0);
  t.match(ask(bidder, 'u'), { arm: 0, model: 1 });
  await bidder.control.loadBook(bookOfClicks('c2', 2));
  t.match(ask(bidder, 'u'), { arm: 0, model: 1 });
  await bidder.control.loadModel(writeModelFile(CANDIDATE, 6, 0), 'candidate');
  t.match(ask(bidder, 'u'), { arm: 0, model: 1 }, 'its share is yet to be set');
  bidder.control.setTrial(1, 7);
  t.match(ask(bidder, 'u'), { arm: 1, model: 6 });
  await bidder.control.loadModel(writeModelFile(CANDIDATE, 6, 0));
  t.equal(bidder.control.modelVersion, 6, 'a candidate may take the place of the control');
  await bidder.control.dropCandidate();
  t.match(ask(bidder, 'u'), { arm: 0, model: 6 });
});

t.test('a candidate alone does not bid, and may come before the control and the book', async (t) => {
  const bidder = new TestBidder();
  bidder.control.setTrial(1, 1);
  await bidder.control.loadModel(CANDIDATE_FILE, 'candidate');
  t.notOk(bidder.control.ready);
  await bidder.load(bookOfClicks(), CONTROL);
  t.match(ask(bidder, 'u'), { arm: 1, model: 5 });
});

t.test('without a candidate its memory is not touched', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(bookOfClicks(), CONTROL);
  await bidder.load(bookOfClicks('c2', 2));
  bidder.bid(requestOf('u'));
  const isZero = (at: number, bytes: number): boolean =>
    new BigUint64Array(bidder.memory.buffer, at, bytes / 8).every((word) => word === 0n);
  t.ok(isZero(map.MODELS + 2 * map.MODEL_HALF_BYTES, 2 * map.MODEL_HALF_BYTES));
  t.ok(isZero(map.VECTORS + 2 * map.VECTOR_HALF_BYTES, 2 * map.VECTOR_HALF_BYTES));
});

t.test('no answer mixes books or models while all of them flip', async (t) => {
  const bidder = await bidderWith(0.5);
  const { control, memory, module } = bidder;
  const books = [bookOfClicks('c1', 2), bookOfClicks('c2', 3)];
  const files = [1, 2, 3, 4].map((version) => writeModelFile(flatModel(version + 10), version, 0));
  const [one, two, three, four] = files as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  // Test requests: what they bid does not depend on what was bid before.
  const bodies = users(8).map((user) => Buffer.from(JSON.stringify({ ...requestOf(user), test: 1, at: 1 })));
  const answers = new Set<string>();
  const arms = new Set<string>();
  for (const book of books) {
    await control.loadBook(book);
    for (const [arm, file] of [
      ['control', one],
      ['control', two],
      ['candidate', three],
      ['candidate', four],
    ] as const) {
      if (arm === 'control') await control.dropCandidate();
      await control.loadModel(file, arm);
      control.setTrial(0.5, 7);
      for (const body of bodies) {
        bidder.hotPath.setNextBidId(1n);
        const { text } = bidder.bid(body);
        answers.add(text);
        const { arm, model } = answered(text);
        arms.add(`${arm} ${model}`);
      }
    }
  }
  t.same([...arms].sort(), ['0 1', '0 2', '1 3', '1 4']);

  const state = new Int32Array(new SharedArrayBuffer((3 + answers.size) * 4));
  const task: ArmsTask = { memory, module, bodies, answers: [...answers], state };
  const thread = new Worker(new URL('./testing/arms_thread.js', import.meta.url), { workerData: task });
  const failed = new Promise<never>((_, reject) => thread.once('error', reject));
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  /** Until the thread has answered all bodies once more. */
  const round = async (): Promise<void> => {
    const before = Atomics.load(state, 1);
    while (Atomics.load(state, 1) < before + 2) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const flips = async (): Promise<void> => {
    for (let n = 0; n < 6; n++) {
      await control.loadBook(books[n % 2] as Book);
      await round();
      await Promise.all([control.loadModel(n % 2 === 0 ? one : two), control.loadBook(books[(n + 1) % 2] as Book)]);
      await control.loadModel(n % 2 === 0 ? three : four, 'candidate');
      control.setTrial(0.5, 7);
      await round();
      if (n % 3 === 2) await control.dropCandidate();
      await round();
    }
  };
  await Promise.race([flips(), failed]);
  Atomics.store(state, 0, 1);
  await Promise.race([ended, failed]);
  t.equal(Atomics.load(state, 2), 0, 'answers that no book and no model give together');
  const given = [...state.subarray(3)].filter((times) => times > 0).length;
  t.ok(given > answers.size / 2, `${given} of ${answers.size} answers were given`);
});
