// Cases from integers. A case number holds the number of its book and its place behind it, and everything else — book,
// model, campaign states, clock, body — follows from the two, so that one number replays a failure.

import type { Book } from '../book.js';
import { MAX_BODY_BYTES } from '../limits.js';
import type { LedgerState } from '../money/reservations.js';
import { planOf } from './books.js';
import type { RealBody } from './corpus.js';
import { crowd } from './crowds.js';
import { deviate, repeatMembers } from './deviations.js';
import { FOCUSED } from './focused.js';
import { makeLedger } from './funds.js';
import { makeImp } from './impressions.js';
import { addOverruled, escapeSome, shuffleKeys, withWhitespace, writeSomehow } from './json_forms.js';
import { type JsonObject, parseTree, setMember, write, writePretty } from './json_tree.js';
import { mutate } from './mutations.js';
import { mixSeeds, Random } from './random.js';
import { recombine, recombineTree } from './recombined.js';
import { makeDraft, makeRequest, USUAL_KNOBS } from './requests.js';
import { REFERENCE_MS } from './vocabulary.js';

/** Cases of one book. A power of ten, so that case numbers can be read. */
export const CASES_A_BOOK = 10_000;
/** Cases between two sets of campaign states. */
export const CASES_A_STATE = 250;

export const bookOfCase = (seed: number): number => Math.floor(seed / CASES_A_BOOK);
export const placeOfCase = (seed: number): number => seed % CASES_A_BOOK;

/** Number of a book of a run: the runs of different seeds share none. */
export function bookNumber(runSeed: number, nth: number): number {
  return runSeed * 10_000 + nth;
}

/** What changes from request to request besides the body. */
export interface Moment {
  readonly exchange: number;
  readonly nowUs: number;
  readonly bidId: bigint;
  /** How far the ledger has come; without one bids are made without end. */
  readonly ledger?: LedgerState | undefined;
}

export interface Case extends Moment {
  readonly seed: number;
  /** How the body came about. */
  readonly kind: string;
  readonly body: Buffer;
}

export function makeCase(seed: number, book: Book, real: readonly RealBody[]): Case {
  const random = new Random(mixSeeds(seed, 1));
  const moment = makeMoment(random, book);
  const ledger = makeLedger(new Random(mixSeeds(seed, 7)), moment.nowUs);
  const { theme } = planOf(bookOfCase(seed));
  const kinds = theme === 'all' ? (real.length > 0 ? ALL_WITH_REAL : ALL) : FOCUSED[theme];
  const [kind, make] = random.weighted(kinds);
  const source: Source = { random, book, real, exchange: moment.exchange, seed };
  let body = make(source);
  if (body.length > MAX_BODY_BYTES) body = body.subarray(0, MAX_BODY_BYTES); // longer ones never reach the hot path
  return { seed, kind, body, ...moment, ledger };
}

function makeMoment(random: Random, book: Book): Moment {
  const day = 86_400_000_000;
  return {
    exchange: random.int(0, book.exchanges.length - 1),
    nowUs: REFERENCE_MS * 1000 + random.int(-40 * day, 40 * day),
    bidId: random.chance(0.05) ? random.pick([0n, 1n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 53n]) : random.u64(),
  };
}

/** What a body is made from. */
export interface Source {
  readonly random: Random;
  readonly book: Book;
  readonly real: readonly RealBody[];
  readonly exchange: number;
  readonly seed: number;
}

export type Make = (source: Source) => Buffer;
export type Kind = readonly [number, readonly [string, Make]];

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const request = ({ random, book, exchange }: Source, knobs = USUAL_KNOBS): JsonObject =>
  makeRequest(makeDraft(random, book, exchange, knobs));

const valid: Make = (source) => bytes(writeSomehow(request(source), source.random));
const obstructed: Make = (source) =>
  bytes(write(request(source, { ...USUAL_KNOBS, aim: 0.97, obstacles: 0.25, others: 0.3 })));
const reshaped: Make = (source) => bytes(writeSomehow(reshape(recombineTree(source), source.random), source.random));
const deviant: Make = (source) =>
  bytes(writeSomehow(deviate(recombineTree(source), source.random, source.random.int(1, 5)), source.random));
const repeated: Make = (source) =>
  bytes(writeSomehow(repeatMembers(recombineTree(source), source.random, source.random.int(1, 4)), source.random));
const crowded: Make = (source) => {
  const full = crowd(recombineTree(source), source.random);
  return bytes(write(source.random.chance(0.7) ? full : repeatMembers(full, source.random, 1)));
};
const recombined: Make = (source) => bytes(recombine(source));
const mutated: Make = (source) => mutate(recombined(source), source.random);

/** In a book of all there is: whole requests. */
const ALL: readonly Kind[] = [
  [44, ['recombined', recombined]],
  [5, ['valid', valid]],
  [5, ['obstructed', obstructed]],
  [5, ['reshaped', reshaped]],
  [6, ['deviant', deviant]],
  [5, ['repeated keys', repeated]],
  [1.5, ['crowded', crowded]],
  [10, ['mutated', mutated]],
];

const ALL_WITH_REAL: readonly Kind[] = [
  ...ALL,
  [1, ['real', ({ random, real }) => random.pick(real).body]],
  [3, ['real, mutated', ({ random, real }) => mutate(random.pick(real).body, random)]],
  [1, ['real, pretty', (source) => changeReal(source, (tree) => prettyOrBlank(tree, source.random))]],
  [
    1,
    [
      'real, reshaped',
      (source) => changeReal(source, (tree) => writeSomehow(reshape(tree, source.random), source.random)),
    ],
  ],
  [
    1,
    [
      'real, deviant',
      (source) => changeReal(source, (tree) => write(deviate(tree, source.random, source.random.int(1, 4)))),
    ],
  ],
  [2, ['real, aimed', (source) => changeReal(source, (tree) => aimReal(tree, source))]],
];

const prettyOrBlank = (tree: JsonObject, random: Random): string =>
  random.chance(0.5) ? writePretty(tree, '  ') : withWhitespace(write(tree), random, 0.4);

/** Impressions that ads of the book want, in a real request. */
function aimReal(tree: JsonObject, { random, book, exchange }: Source): string {
  const draft = makeDraft(random, book, exchange);
  const aim = book.ads.length > 0 ? random.pick(book.ads) : undefined;
  setMember(tree, 'imp', [makeImp(draft, aim, 0), makeImp(draft, aim, 1)]);
  return writeSomehow(tree, random);
}

/** The same decision in another form, and more than one change of form at once. */
function reshape(tree: JsonObject, random: Random): JsonObject {
  let out = shuffleKeys(tree, random);
  if (random.chance(0.5)) out = addOverruled(out, random, random.pick([0.02, 0.1]));
  if (random.chance(0.6)) out = escapeSome(out, random, random.pick([0.05, 0.5, 1]));
  return out as JsonObject;
}

function changeReal({ random, real }: Source, change: (tree: JsonObject) => string): Buffer {
  const { body } = random.pick(real);
  const tree = parseTree(body.toString('utf8'));
  return tree?.kind === 'object' && tree.members.length > 0 ? bytes(change(tree)) : body;
}
