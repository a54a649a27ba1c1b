// A run of the fuzzer in this process: its share of the cases, until time or a failure ends it.

import { planOf } from './books.js';
import { bookNumber, CASES_A_BOOK } from './cases.js';
import { realBodies } from './corpus.js';
import { reportFailure } from './failure_report.js';
import { Fuzzer, signature } from './fuzzer.js';
import type { Tally } from './tally.js';
import { World } from './world.js';

export interface RunOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly cases: number;
  readonly perBook: number;
  /** Only this one. */
  readonly onlyCase: number | undefined;
  /** End after so many different failures. */
  readonly failures: number;
  /** This process takes every `of`th block of books, from the `nth` on. */
  readonly share: { readonly nth: number; readonly of: number };
}

export interface Watcher {
  /** Called every two seconds. */
  progress(tally: Tally, ms: number): void;
  /** Called for each failure that is unlike those before, with what to print. */
  failure(signature: string, lines: readonly string[]): void;
}

/** Time to make a failing body smaller. */
const MINIMISE_MS = 20_000;
const PROGRESS_MS = 2000;
/** Books that one process takes in a row: those that share a model. */
const BLOCK_BOOKS = 16;
/** A large book takes so many times longer to answer from than others. */
const LARGE_SHARE = 6;

const nowMs = (): number => performance.now();

/** @returns what was seen, and how many different failures */
export async function run(options: RunOptions, watcher: Watcher): Promise<{ tally: Tally; failures: number }> {
  const world = new World();
  const fuzzer = new Fuzzer(world, realBodies(), () => performance.now() * 1000);
  const { seconds, cases, onlyCase } = options;
  const seeds = onlyCase === undefined ? caseSeeds(options) : [onlyCase];
  const from = nowMs();
  const until = onlyCase === undefined ? from + seconds * 1000 : Number.POSITIVE_INFINITY;
  const found = new Set<string>();
  let progress = from + PROGRESS_MS;
  for (const one of seeds) {
    if (fuzzer.tally.cases >= cases) break;
    const finding = await fuzzer.run(one);
    if (finding !== undefined) {
      const like = signature(finding);
      if (!found.has(like)) {
        found.add(like);
        watcher.failure(like, reportFailure(finding, fuzzer, world, MINIMISE_MS, nowMs));
      }
      // What went wrong, and making the body smaller, has moved the counters.
      world.syncCounters();
      if (found.size >= options.failures) break;
    }
    const now = nowMs();
    if (now >= until) break;
    if (now >= progress) {
      watcher.progress(fuzzer.tally, now - from);
      progress = now + PROGRESS_MS;
    }
  }
  return { tally: fuzzer.tally, failures: found.size };
}

/** The case numbers of a run: so many of one book, then of the next. */
function* caseSeeds({ seed, perBook, share }: RunOptions): Generator<number> {
  for (let nth = 0; ; nth += 1) {
    if (Math.floor(nth / BLOCK_BOOKS) % share.of !== share.nth) continue;
    const book = bookNumber(seed, nth);
    const cases = planOf(book).large ? Math.ceil(perBook / LARGE_SHARE) : perBook;
    for (let n = 0; n < cases; n += 1) yield book * CASES_A_BOOK + n;
  }
}
