// GET /n/{kind}/{token}: what exchanges, browsers and players tell of bids. A notice is verified here and handed to the
// ledger; the answer waits until the ledger says that it is durable. Rules: docs/money.md section 5, docs/notices.md.

import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { NOTICE_KINDS, type NoticeKind } from '../../bidcore/money/event.js';
import type { NoticeCounts } from '../../bidcore/money/notice_counts.js';
import type { NoticeOutcome } from '../../bidcore/money/notice_outcomes.js';
import { type NoticeContext, type NoticeReading, readNotice } from '../../bidcore/money/notice_reader.js';
import type { Activity } from '../activity.js';
import * as http from '../http.js';
import type { LedgerPort } from './ledger_port.js';
import { answerNotice } from './notice_answer.js';

const PATH = '/n/:kind/:token';

export class NoticeRoutes {
  readonly #context: NoticeContext;
  readonly #ledger: LedgerPort;
  readonly #counts: NoticeCounts;
  readonly #activity: Activity;

  constructor(context: NoticeContext, ledger: LedgerPort, counts: NoticeCounts, activity: Activity) {
    this.#context = context;
    this.#ledger = ledger;
    this.#counts = counts;
    this.#activity = activity;
  }

  register(app: TemplatedApp): void {
    app.get(PATH, (res, req) => this.#receive(res, req, false));
    app.head(PATH, (res, req) => this.#receive(res, req, true));
    app.any(PATH, (res) => http.refuseMethod(res, 'GET, HEAD'));
  }

  #receive(res: HttpResponse, req: HttpRequest, head: boolean): void {
    this.#activity.lastMs = performance.now();
    const name = req.getParameter(0);
    const kind = NOTICE_KINDS.find((one) => one === name);
    if (kind === undefined) {
      const message = `no notice ${name}: ${NOTICE_KINDS.join(', ')}`;
      http.answerJson(res, req, 404, { error: 'not_found', message }, this.#activity.closing);
      return;
    }
    const query = new URLSearchParams(req.getQuery());
    const reading = readNotice(kind, req.getParameter(1) ?? '', query, this.#context, Date.now());
    if (reading.notice === undefined) this.#answer(res, kind, reading, reading.outcome as NoticeOutcome, head);
    else this.#book(res, kind, reading, head);
  }

  /** A client that goes away before the answer has told all it had to tell: the notice is booked all the same. */
  #book(res: HttpResponse, kind: NoticeKind, reading: NoticeReading, head: boolean): void {
    const { notice, outcome } = reading;
    if (notice === undefined) throw new Error('a reading without a notice is not booked');
    let gone = false;
    res.onAborted(() => {
      gone = true;
    });
    this.#activity.waiting += 1;
    this.#ledger.book(notice, (booking) => {
      this.#activity.waiting -= 1;
      this.#activity.lastMs = performance.now();
      const became = booking === 'booked' ? (outcome ?? booking) : booking;
      if (gone) this.#counts.count(kind, became);
      else res.cork(() => this.#answer(res, kind, reading, became, head));
    });
  }

  #answer(
    res: HttpResponse,
    kind: NoticeKind,
    { landing }: NoticeReading,
    outcome: NoticeOutcome,
    head: boolean,
  ): void {
    this.#counts.count(kind, outcome);
    answerNotice(res, { kind, outcome, landing, head }, this.#activity.closing);
  }
}
