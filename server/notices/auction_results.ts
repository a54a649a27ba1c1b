// POST /auction-result on the admin port: what exchanges tell in files or reports rather than by notices, or what an
// operator books by hand. Each result goes the way of a notice and is answered with what became of it, in order.

import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { plainPrice } from '../../bidcore/money/clearing_price.js';
import type { SignedNotice } from '../../bidcore/money/notice_codec.js';
import type { NoticeCounts } from '../../bidcore/money/notice_counts.js';
import type { NoticeOutcome } from '../../bidcore/money/notice_outcomes.js';
import { NOTHING_SAID, type NoticeContext, readWords } from '../../bidcore/money/notice_reader.js';
import { isTokenProblem, readToken } from '../../bidcore/money/token_reader.js';
import { reasonOf } from '../../bidcore/reasons.js';
import { type AdminAnswer, errorAnswer, jsonAnswer } from '../admin_answer.js';
import { readBody } from '../admin_body.js';
import type { LedgerPort } from './ledger_port.js';

const RESULTS_MAX = 1000;
const BODY_BYTES_MAX = 1 << 20;
const PROBLEMS_SHOWN = 10;

const amount = z.number().min(0).max(1e9);
export const auctionResult = z.strictObject({
  token: z.string().min(1).max(1000),
  kind: z.enum(['win', 'bill', 'loss']),
  price: amount.optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as USD')
    .optional(),
  quantity: z.number().positive().max(1e6).optional(),
  loss_reason: z.int().min(0).max(32_767).optional(),
  min_to_win: amount.optional(),
});
const body = z.strictObject({ results: z.array(auctionResult).min(1).max(RESULTS_MAX) });
type Result = z.infer<typeof auctionResult>;

export class AuctionResultRoute {
  readonly #context: NoticeContext;
  readonly #ledger: LedgerPort;
  readonly #counts: NoticeCounts;

  constructor(context: NoticeContext, ledger: LedgerPort, counts: NoticeCounts) {
    this.#context = context;
    this.#ledger = ledger;
    this.#counts = counts;
  }

  async answer(request: IncomingMessage): Promise<AdminAnswer> {
    const bytes = await readBody(request, BODY_BYTES_MAX);
    if (typeof bytes === 'number') {
      const { status, label, help } = reasonOf(bytes);
      return errorAnswer(status, label, help);
    }
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(bytes).toString());
    } catch (error) {
      return errorAnswer(400, 'invalid_json', (error as Error).message);
    }
    const parsed = body.safeParse(value);
    if (!parsed.success) {
      const { issues } = parsed.error;
      const problems = issues.slice(0, PROBLEMS_SHOWN).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
      return errorAnswer(400, 'invalid_body', problems.join('; '));
    }
    const outcomes = await Promise.all(parsed.data.results.map((one) => this.#take(one)));
    return jsonAnswer(200, { results: outcomes.map((outcome) => ({ outcome })) });
  }

  async #take(one: Result): Promise<NoticeOutcome> {
    const outcome = await this.#book(one);
    this.#counts.count(one.kind, outcome);
    return outcome;
  }

  #book(one: Result): NoticeOutcome | Promise<NoticeOutcome> {
    const atMs = Date.now();
    const token = readToken(one.token, this.#context.ring, atMs / 1000, this.#context.lifeS);
    if (isTokenProblem(token)) return token;
    if (one.currency !== undefined && one.currency !== token.facts.currency) return 'wrong_currency';
    const words = {
      price: text(one.price),
      quantity: text(one.quantity),
      lossReason: one.loss_reason?.toString(),
      toWin: text(one.min_to_win),
    };
    const base: SignedNotice = { ...NOTHING_SAID, kind: one.kind, token: token.bytes, atMs };
    const { notice, outcome } = readWords(base, token.facts, words, plainPrice);
    if (notice === undefined) return outcome as NoticeOutcome;
    return new Promise((resolve) => {
      this.#ledger.book(notice, (booking) => resolve(booking === 'booked' ? (outcome ?? booking) : booking));
    });
  }
}

/** A number as notices say it: without an exponent, to a millionth. */
function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : value.toFixed(6);
}
