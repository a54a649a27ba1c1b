// Requests put together from a stock of parts. Making a request takes longer than answering it twice, so a few parts of
// each kind are made and written for some dozen cases, all aimed at the same ads, and each case combines them anew.

import type { Ad } from '../book.js';
import type { Source } from './cases.js';
import { type Json, json, type Plain, write } from './json_tree.js';
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
const CASES_A_STOCK = 24;
const VARIANTS = 4;

interface Stock {
  readonly number: number;
  readonly book: unknown;
  readonly aims: readonly Ad[];
  readonly imps: readonly string[];
  /** Each the text of some members, with the comma before it. */
  readonly surroundings: readonly string[];
  readonly terms: readonly string[];
  readonly blocks: readonly string[];
}

/** The last one made: cases mostly come in order. It depends on its number and the book alone. */
let last: Stock | undefined;

/** The text of a request. */
export function recombine({ random, book, exchange, seed }: Source): string {
  const number = Math.floor(seed / CASES_A_STOCK);
  if (last?.number !== number || last.book !== book) last = makeStock(number, book);
  const stock = last;
  // An impression is where most of the decisions are: often a new one.
  const draft = makeDraft(random, book, exchange);
  const imps = random.chance(0.4) ? impsText(draft, stock.aims) : random.pick(stock.imps);
  const id = write(json(makeId(random, 'r')));
  const { surroundings, terms, blocks } = stock;
  return `{"id":${id},"imp":${imps}${random.pick(surroundings)}${random.pick(terms)}${random.pick(blocks)}}`;
}

function makeStock(number: number, book: Source['book']): Stock {
  const random = new Random(mixSeeds(number, 7));
  // Of no exchange in particular: the cases of a stock come from several.
  const draft = makeDraft(random, book, random.int(0, book.exchanges.length - 1));
  const calm = { ...draft, knobs: { ...USUAL_KNOBS, obstacles: USUAL_KNOBS.obstacles / 2 } };
  const aims = book.ads.length === 0 ? [] : random.some(book.ads, 1, 3);
  const variants = (make: () => string): string[] => Array.from({ length: VARIANTS }, make);
  return {
    number,
    book,
    aims,
    imps: variants(() => impsText(draft, aims)),
    surroundings: variants(() => membersText(makeSurroundings(calm, aims[0]))),
    terms: variants(() => membersText(makeTerms(calm))),
    blocks: variants(() => membersText(makeBlocks(calm, aims[0]))),
  };
}

const impsText = (draft: Draft, aims: readonly Ad[]): string =>
  write(json(makeImps(draft, aims) as readonly Json[] as Plain));

function membersText(entries: Entries): string {
  return entries
    .map(([key, value]) => (value === undefined ? '' : `,${JSON.stringify(key)}:${write(json(value))}`))
    .join('');
}
