// Cases from integers. A case number holds the number of its book and its place behind it, and everything else — book,
// model, campaign states, clock, body — follows from the two, so that one number replays a failure.

import type { Book } from '../book.js';
import { MAX_BODY_BYTES } from '../limits.js';
import type { RealBody } from './corpus.js';
import { crowd } from './crowds.js';
import { deviate, repeatMembers } from './deviations.js';
import { makeImp } from './impressions.js';
import { addOverruled, escapeSome, shuffleKeys, withWhitespace, writeSomehow } from './json_forms.js';
import { type JsonObject, parseTree, setMember, write, writePretty } from './json_tree.js';
import { mutate } from './mutations.js';
import { mixSeeds, Random } from './random.js';
import { makeRequest, USUAL_KNOBS } from './requests.js';
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
}

export interface Case extends Moment {
  readonly seed: number;
  /** How the body came about. */
  readonly kind: string;
  readonly body: Buffer;
}

export function makeCase(seed: number, book: Book, real: readonly RealBody[]): Case {
  const random = new Random(mixSeeds(seed, 1));
  const [kind, make] = random.weighted(real.length > 0 ? [...GENERATED, ...REAL] : GENERATED);
  let body = make(random, book, real);
  if (body.length > MAX_BODY_BYTES) body = body.subarray(0, MAX_BODY_BYTES); // longer ones never reach the hot path
  return { seed, kind, body, ...makeMoment(random, book) };
}

function makeMoment(random: Random, book: Book): Moment {
  const day = 86_400_000_000;
  return {
    exchange: random.int(0, book.exchanges.length - 1),
    nowUs: REFERENCE_MS * 1000 + random.int(-40 * day, 40 * day),
    bidId: random.chance(0.05) ? random.pick([0n, 1n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 53n]) : random.u64(),
  };
}

type Make = (random: Random, book: Book, real: readonly RealBody[]) => Buffer;
type Kind = readonly [number, readonly [string, Make]];

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

const GENERATED: readonly Kind[] = [
  [30, ['valid', (random, book) => bytes(writeSomehow(makeRequest(random, book), random))]],
  [
    8,
    [
      'obstructed',
      (random, book) => bytes(write(makeRequest(random, book, { ...USUAL_KNOBS, aim: 0.97, obstacles: 0.3 }))),
    ],
  ],
  [8, ['reshaped', (random, book) => bytes(writeSomehow(reshape(makeRequest(random, book), random), random))]],
  [
    10,
    [
      'deviant',
      (random, book) => bytes(writeSomehow(deviate(makeRequest(random, book), random, random.int(1, 5)), random)),
    ],
  ],
  [
    8,
    [
      'repeated keys',
      (random, book) => bytes(writeSomehow(repeatMembers(makeRequest(random, book), random, random.int(1, 4)), random)),
    ],
  ],
  [
    2,
    [
      'crowded',
      (random, book) =>
        bytes(
          write(
            random.chance(0.7)
              ? crowd(makeRequest(random, book), random)
              : repeatMembers(crowd(makeRequest(random, book), random), random, 1),
          ),
        ),
    ],
  ],
  [10, ['mutated', (random, book) => mutate(bytes(write(makeRequest(random, book))), random)]],
];

const REAL: readonly Kind[] = [
  [3, ['real', (random, _book, real) => random.pick(real).body]],
  [5, ['real, mutated', (random, _book, real) => mutate(random.pick(real).body, random)]],
  [
    3,
    [
      'real, pretty',
      (random, _book, real) =>
        changeReal(random, real, (tree) =>
          random.chance(0.5) ? writePretty(tree, '  ') : withWhitespace(write(tree), random, 0.4),
        ),
    ],
  ],
  [
    4,
    [
      'real, reshaped',
      (random, _book, real) => changeReal(random, real, (tree) => writeSomehow(reshape(tree, random), random)),
    ],
  ],
  [
    4,
    [
      'real, deviant',
      (random, _book, real) => changeReal(random, real, (tree) => write(deviate(tree, random, random.int(1, 4)))),
    ],
  ],
  [
    5,
    [
      'real, aimed',
      (random, book, real) =>
        changeReal(random, real, (tree) => {
          const draft = { random, book, knobs: USUAL_KNOBS };
          const aim = book.ads.length > 0 ? random.pick(book.ads) : undefined;
          setMember(tree, 'imp', [makeImp(draft, aim, 0), makeImp(draft, aim, 1)]);
          return writeSomehow(tree, random);
        }),
    ],
  ],
];

/** The same decision in another form, and more than one change of form at once. */
function reshape(tree: JsonObject, random: Random): JsonObject {
  let out = shuffleKeys(tree, random);
  if (random.chance(0.5)) out = addOverruled(out, random, random.pick([0.02, 0.1]));
  if (random.chance(0.6)) out = escapeSome(out, random, random.pick([0.05, 0.5, 1]));
  return out as JsonObject;
}

function changeReal(random: Random, real: readonly RealBody[], change: (tree: JsonObject) => string): Buffer {
  const { body } = random.pick(real);
  const tree = parseTree(body.toString('utf8'));
  return tree?.kind === 'object' && tree.members.length > 0 ? bytes(change(tree)) : body;
}
