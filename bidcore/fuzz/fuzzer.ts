// Runs cases: sets up the book a case belongs to, answers its body twice, compares, and checks the answer. The command
// (`main.ts`) and the tests share it.

import { NO_TARGETING } from '../../assembly/reasons.js';
import { currencyOfModel, makeCampaignFile, modelOfBook } from './books.js';
import { bookOfCase, CASES_A_STATE, type Case, makeCase, placeOfCase } from './cases.js';
import type { RealBody } from './corpus.js';
import { makeModel } from './models.js';
import { mixSeeds, Random } from './random.js';
import { checkResponse } from './response_checker.js';
import { Tally } from './tally.js';
import { RATES, REFERENCE_MS } from './vocabulary.js';
import { difference, type Outcome, type World } from './world.js';

/** A case that failed. */
export interface Finding {
  readonly failed: Case;
  readonly what: string;
  readonly hot: Outcome;
  readonly twin: Outcome;
}

export class Fuzzer {
  readonly tally = new Tally();
  readonly #world: World;
  readonly #real: readonly RealBody[];
  readonly #nowUs: () => number;
  #book = -1;
  #state = -1;

  /** @param nowUs a clock, for the slowest case only */
  constructor(world: World, real: readonly RealBody[], nowUs: () => number) {
    this.#world = world;
    this.#real = real;
    this.#nowUs = nowUs;
  }

  /** Runs one case. */
  async run(seed: number): Promise<Finding | undefined> {
    const problem = await this.enter(seed);
    const one = makeCase(seed, this.#world.book, this.#real);
    const { hot, twin, what, us } = this.answer(one);
    this.tally.add(one, hot, twin.formats ?? [], us);
    const failure = problem ?? what;
    return failure === undefined ? undefined : { failed: one, what: failure, hot, twin };
  }

  /** Brings the world to the book and the campaign states of a case. */
  async enter(seed: number): Promise<string | undefined> {
    const book = bookOfCase(seed);
    let problem: string | undefined;
    if (book !== this.#book) {
      problem = this.#book < 0 ? undefined : this.#world.counterProblems()[0];
      this.#world.syncCounters();
      await loadNumbered(this.#world, book);
      problem ??= this.#world.stateProblems(REFERENCE_MS)[0];
      this.#book = book;
      this.#state = -1;
    }
    const state = Math.floor(placeOfCase(seed) / CASES_A_STATE);
    if (state !== this.#state) this.#world.scatterStates(new Random(mixSeeds(book, 100 + state)));
    this.#state = state;
    return problem;
  }

  /** Answers a case's body twice, in the book that is loaded. */
  answer(one: Case): { hot: Outcome; twin: Outcome; what: string | undefined; us: number } {
    this.#world.seen.enter(one.seed);
    const twin = this.#world.twin(one.body, one);
    let [hot, us] = this.#timed(one, twin);
    // Once more, and again: most of what looks slow is this process waiting for its turn, or code not yet compiled.
    for (let again = 0; again < 5 && us > this.tally.slowestUs; again += 1)
      us = Math.min(us, this.#timed(one, twin)[1]);
    const money = this.#world.fundsProblem(twin, one);
    const what = difference(hot, twin) ?? (money === undefined ? undefined : `money: ${money}`);
    return { hot, twin, what: what ?? this.#check(one, hot), us };
  }

  #timed(one: Case, twin: Outcome): [Outcome, number] {
    const from = this.#nowUs();
    const hot = this.#world.hot(one.body, one);
    const us = this.#nowUs() - from;
    this.#world.expect(one, twin);
    return [hot, us];
  }

  #check(one: Case, { response }: Outcome): string | undefined {
    if (response === undefined) return undefined;
    const problem = checkResponse(one.body, response, this.#world.checkContext(one))[0];
    return problem === undefined ? undefined : `checker: ${problem.rule}: ${problem.detail}`;
  }
}

/** The models made last, and the candidate's share: books in a row share them. */
let last:
  | { readonly number: number; readonly image: Uint8Array; readonly trial: ReturnType<typeof makeTrial> }
  | undefined;

/** A candidate for some models: it has all traffic, none, or a share of it. */
function makeTrial(number: number, unit: number): { model: Uint8Array; share: number; salt: number } | undefined {
  const random = new Random(mixSeeds(number, 4));
  const share = random.pick([undefined, undefined, 0, 0.3, 0.3, 1]);
  if (share === undefined) return undefined;
  return { model: makeModel(mixSeeds(number, 5), unit), share, salt: random.int(0, 2 ** 32 - 1) };
}

/** Loads the book, the model and the node settings of a book number. */
export async function loadNumbered(world: World, book: number): Promise<void> {
  const number = modelOfBook(book);
  if (last?.number !== number) {
    const unit = RATES[currencyOfModel(number)] ?? 1;
    last = { number, image: makeModel(mixSeeds(number, 3), unit), trial: makeTrial(number, unit) };
  }
  const { image, trial } = last;
  const random = new Random(mixSeeds(book, 2));
  const node = {
    tmaxMarginUs: random.pick([0, 5000, 10_000, 20_000, 30_000]),
    noticeKey: Uint8Array.from({ length: 16 }, () => random.int(0, 255)),
    noticeKeyId: random.int(0, 255),
    node: random.int(0, 255),
  };
  await world.load(makeCampaignFile(book), image, node, trial);
}

/** Two failures of one signature are most likely one mistake: numbers are left out. */
export function signature({ what, hot, twin }: Pick<Finding, 'what' | 'hot' | 'twin'>): string {
  const kind = /^(checker: \w+|the hot path trapped: .*|reason|responses|money)/.exec(what)?.[1] ?? what;
  // A request refused as a whole by one of the two is one mistake, wherever the other goes on to.
  const early = [hot.reason, twin.reason].filter((reason) => reason > 0 && reason < NO_TARGETING);
  return early.length === 1 ? `${kind} ${early[0]}` : `${kind} ${hot.reason} ${twin.reason}`;
}
