// Every real body, in several books: the hot path answers as the twin does, with the status the rules demand, and its
// responses pass the checker. Where the real bodies are not at hand, generated ones take their place.

import t from 'tap';
import { reasonOf } from '../reasons.js';
import { bookNumber, CASES_A_BOOK, type Case, makeCase } from './cases.js';
import { isObject } from './checker_request.js';
import { realBodies } from './corpus.js';
import { Fuzzer, loadNumbered } from './fuzzer.js';
import { Random } from './random.js';
import { World } from './world.js';

/** Books that bid on a good share of the bodies: broad ones, with the sizes that occur. */
const BOOKS = [4, 36, 38];
const GENERATED = 400;

// tap's 30 seconds are too few where other tests take the processors.
t.setTimeout(200_000);

const world = new World();
const fuzzer = new Fuzzer(world, [], () => 0);
const real = realBodies();

/** True if the page's first section calls the body malformed, read from it once more: 400 for these and no others. */
function isMalformed(body: Buffer): boolean {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    return true; // what is not JSON in UTF-8 is malformed
  }
  const usable = (id: unknown): boolean => typeof id === 'number' || (typeof id === 'string' && id !== '');
  if (!isObject(value) || !usable(value.id) || !Array.isArray(value.imp) || value.imp.length === 0) return true;
  return !(value.imp as unknown[]).every((imp) => isObject(imp) && usable(imp.id));
}

function bodiesFor(book: number): { name: string; body: Buffer }[] {
  if (real.length > 0) return real;
  return Array.from({ length: GENERATED }, (_, n) => {
    const { kind, body } = makeCase(book * CASES_A_BOOK + n, world.book, []);
    return { name: `${kind} ${n}`, body };
  });
}

t.test(real.length > 0 ? `${real.length} real bodies` : 'generated bodies, for want of real ones', async (t) => {
  for (const nth of BOOKS) {
    const book = bookNumber(0, nth);
    await loadNumbered(world, book);
    world.scatterStates(new Random(book));
    const problems: string[] = [];
    const seen = { 200: 0, 204: 0, 400: 0 };
    for (const { name, body } of bodiesFor(book)) {
      const one: Case = { seed: 0, kind: 'real', body, exchange: 0, nowUs: 1.77e15, bidId: 7n };
      const { hot, what } = fuzzer.answer(one);
      if (what !== undefined) problems.push(`${name}: ${what}`);
      const status = hot.reason === 0 ? 200 : hot.reason < 0 ? 500 : reasonOf(hot.reason).status;
      if ((status === 400) !== isMalformed(body)) problems.push(`${name}: status ${status}`);
      if (status === 200 || status === 204 || status === 400) seen[status] += 1;
    }
    t.same(problems, [], `book ${nth}: ${seen[200]} bids, ${seen[204]} no-bids, ${seen[400]} malformed`);
    t.ok(seen[200] > 0 && seen[204] > 0 && seen[400] > 0, 'all three statuses occur');
  }
  t.same(world.counterProblems(), [], 'the counters have counted every answer');
});
