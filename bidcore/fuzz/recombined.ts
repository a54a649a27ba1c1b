// Requests put together from a stock of parts. Making a request takes longer than answering it twice, so a few parts of
// each kind are made and written for some dozen cases, all aimed at the same ads, and each case combines them anew.

import type { Ad } from '../book.js';
import type { Source } from './cases.js';
import { type Json, type JsonMember, type JsonObject, json, object, write } from './json_tree.js';
import { mixSeeds, Random } from './random.js';
import {
  type Draft,
  type Entries,
  makeBlocks,
  makeDraft,
  makeId,
  makeImps,
  makeSurroundings,
  makeTerms,
  USUAL_KNOBS,
} from './requests.js';

/** Cases that share a stock; theirs are numbers in a row. */
const CASES_A_STOCK = 32;
const VARIANTS = 4;
/** How often a case has impressions of its own: most decisions are about them. */
const NEW_IMPS = 0.35;

interface Part {
  readonly members: readonly JsonMember[];
  /** Their text, with a comma before each. */
  readonly text: string;
}

interface Stock {
  readonly number: number;
  readonly book: unknown;
  readonly aims: readonly Ad[];
  readonly imps: readonly Part[];
  readonly surroundings: readonly Part[];
  readonly terms: readonly Part[];
  readonly blocks: readonly Part[];
}

/** The last one made: cases mostly come in order. It depends on its number and the book alone. */
let last: Stock | undefined;

/** The text of a request. */
export function recombine(source: Source): string {
  const [id, ...parts] = chooseParts(source);
  return `{"id":${write(id)}${parts.map(({ text }) => text).join('')}}`;
}

/** The tree of a request. It shares parts with others: copy what is to be changed. */
export function recombineTree(source: Source): JsonObject {
  const [id, ...parts] = chooseParts(source);
  return { kind: 'object', members: [{ key: '"id"', value: id }, ...parts.flatMap(({ members }) => members)] };
}

function chooseParts({ random, book, exchange, seed }: Source): [Json, ...Part[]] {
  const number = Math.floor(seed / CASES_A_STOCK);
  if (last?.number !== number || last.book !== book) last = makeStock(number, book);
  const { aims, imps, surroundings, terms, blocks } = last;
  const own = random.chance(NEW_IMPS) ? impsPart(makeDraft(random, book, exchange), aims) : random.pick(imps);
  const id = json(makeId(random, 'r'));
  return [id, own, random.pick(surroundings), random.pick(terms), random.pick(blocks)];
}

function makeStock(number: number, book: Source['book']): Stock {
  const random = new Random(mixSeeds(number, 7));
  // Of no exchange in particular: the cases of a stock come from several.
  const draft = makeDraft(random, book, random.int(0, book.exchanges.length - 1));
  const calm = { ...draft, knobs: { ...USUAL_KNOBS, obstacles: USUAL_KNOBS.obstacles / 2 } };
  const aims = book.ads.length === 0 ? [] : random.some(book.ads, 1, 3);
  const variants = (make: () => Part): Part[] => Array.from({ length: VARIANTS }, make);
  return {
    number,
    book,
    aims,
    imps: variants(() => impsPart(draft, aims)),
    surroundings: variants(() => partOf(makeSurroundings(calm, aims[0]))),
    terms: variants(() => partOf(makeTerms(calm))),
    blocks: variants(() => partOf(makeBlocks(calm, aims[0]))),
  };
}

const impsPart = (draft: Draft, aims: readonly Ad[]): Part => partOf([['imp', makeImps(draft, aims)]]);

function partOf(entries: Entries): Part {
  const { members } = object(entries);
  return { members, text: members.map(({ key, value }) => `,${key}:${write(value)}`).join('') };
}
