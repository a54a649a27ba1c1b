// POST /explain on the admin port: why a bid request gets its answer, from the live book, the live model and the live
// states of the campaigns. The reference bidder answers, on the control thread.
//
// It judges every ad, which takes as long as the book is large. So explanations are made one after the other, what else
// the control thread has to do comes in between, and more than a few at once are refused, as is one that is too large.

import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES } from '../assembly/limits.js';
import { reasonOf } from '../bidcore/reasons.js';
import { explain } from '../bidcore/reference/explain.js';
import { explanationText } from '../bidcore/reference/explain_text.js';
import type { Situation } from '../bidcore/reference/situation.js';
import { type AdminAnswer, errorAnswer, isAnswer, jsonAnswer, textAnswer } from './admin_answer.js';
import { readBody } from './admin_body.js';
import { JUDGED_ADS_MAX, slotsAtMost } from './explain_cost.js';

/** Explanations under way, those whose body is still coming included. */
export const EXPLANATIONS_MAX = 8;
const RETRY_S = 1;
const ADS_SHOWN_DEFAULT = 5;
const FORMATS = ['json', 'text'] as const;
const PARAMETERS = ['exchange', 'format', 'at', 'ads'];

/** Where explanations come from. */
export interface ExplainSource {
  /** Ids of the exchanges of the live book. */
  exchanges(): readonly string[];
  /**
   * What a request is decided by.
   * @param exchange one of `exchanges`
   * @param atMs milliseconds since the epoch; undefined for now
   */
  situation(exchange: string, atMs: number | undefined): Situation;
}

interface Options {
  readonly exchange: string;
  readonly format: (typeof FORMATS)[number];
  readonly atMs: number | undefined;
  /** Ads to name for each outcome, in text. */
  readonly ads: number;
}

export class ExplainRoute {
  readonly #source: ExplainSource;
  #underWay = 0;
  /** The turn of the explanation that came last. */
  #last: Promise<void> = Promise.resolve();

  constructor(source: ExplainSource) {
    this.#source = source;
  }

  async answer(request: IncomingMessage, query: URLSearchParams): Promise<AdminAnswer> {
    const options = readOptions(query, request.headers.accept ?? '');
    if (isAnswer(options)) return options;
    if (this.#underWay >= EXPLANATIONS_MAX) {
      const message = `${EXPLANATIONS_MAX} explanations are under way; try again`;
      return errorAnswer(429, 'busy', message, { 'retry-after': String(RETRY_S) });
    }
    this.#underWay += 1;
    try {
      const body = await readBody(request, MAX_BODY_BYTES);
      if (typeof body === 'number') {
        const { status, label, help } = reasonOf(body);
        return errorAnswer(status, label, help);
      }
      await this.#turn();
      return this.#explain(body, options);
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Resolves when those before are done and the event loop has gone round once more. */
  #turn(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#last;
  }

  #explain(body: Uint8Array, { exchange, format, atMs, ads }: Options): AdminAnswer {
    // Asked for only now: the book may have changed while the body came.
    const known = this.#source.exchanges();
    if (!known.includes(exchange)) {
      return errorAnswer(404, 'unknown_exchange', `the book has no exchange ${exchange}: ${known.join(', ')}`);
    }
    const situation = this.#source.situation(exchange, atMs);
    const { book, nowUs } = situation;
    if (slotsAtMost(body) * book.ads.length > JUDGED_ADS_MAX) {
      const most = Math.floor(JUDGED_ADS_MAX / book.ads.length);
      const message = `with ${book.ads.length} ads, at most ${most} slots (impressions and deals): leave some out`;
      return errorAnswer(422, 'too_much_to_explain', message);
    }
    const explanation = explain(body, situation);
    const modelVersion = explanation.model?.version ?? situation.modelVersion;
    const at = new Date(nowUs / 1000).toISOString();
    if (format === 'json') {
      const decidedBy = { book_version: book.version, model_version: modelVersion, exchange, at };
      return jsonAnswer(200, { ...explanation, situation: decidedBy });
    }
    const text = explanationText(explanation, book.file.currency, ads);
    const versions = `book ${book.version}, model ${modelVersion}`;
    return textAnswer(`${text}\nDecided by ${versions}, exchange ${exchange}, ${at}, with the budgets as they are.\n`);
  }
}

/** Reads the query; without `format`, the Accept header counts. */
function readOptions(query: URLSearchParams, accept: string): Options | AdminAnswer {
  const refuse = (message: string): AdminAnswer => errorAnswer(400, 'invalid_query', message);
  const unknown = [...query.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) return refuse(`no parameter ${unknown}: ${PARAMETERS.join(', ')}`);
  const wanted = query.get('format') ?? (/\btext\/plain\b/i.test(accept) ? 'text' : 'json');
  const format = FORMATS.find((name) => name === wanted);
  if (format === undefined) return refuse(`format ${wanted} is neither ${FORMATS.join(' nor ')}`);
  const at = query.get('at');
  const atMs = at === null ? undefined : Date.parse(at);
  if (Number.isNaN(atMs)) return refuse(`at ${at} is not a time such as 2026-01-07T13:30:00Z`);
  const ads = Number(query.get('ads') ?? ADS_SHOWN_DEFAULT);
  if (!Number.isInteger(ads) || ads < 0) return refuse(`ads ${query.get('ads')} is not a number of ads`);
  return { exchange: query.get('exchange') ?? 'default', format, atMs, ads };
}
