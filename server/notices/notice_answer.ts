// The answers to notices, by kind and outcome. Nobody may keep one: the next notice must come here too.

import type { HttpResponse } from 'uWebSockets.js';
import type { NoticeKind } from '../../bidcore/money/event.js';
import { NOTICE_OUTCOMES, type NoticeOutcome, outcomeNumber } from '../../bidcore/money/notice_outcomes.js';
import * as http from '../http.js';

/** 43 bytes: a transparent GIF of one pixel. */
export const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

const GIF_TYPE = 'image/gif';
const TEXT_TYPE = 'text/plain; charset=utf-8';
const RETRY_S = '1';
/** Kinds that are called by a page or a player, from wherever that came. */
const BY_BROWSER: ReadonlySet<NoticeKind> = new Set(['imp', 'click', 'conv', 'event']);
/** Kinds that are loaded as a picture. */
const PICTURES: ReadonlySet<NoticeKind> = new Set(['imp', 'click', 'event']);

export interface Answer {
  readonly kind: NoticeKind;
  readonly outcome: NoticeOutcome;
  /** Where a click leads; its signature has been verified. */
  readonly landing: string | undefined;
  /** Asked for by HEAD: without the body. */
  readonly head: boolean;
}

/** Sends an answer; inside `cork` if not in the request's own turn. */
export function answerNotice(res: HttpResponse, answer: Answer, close: boolean): void {
  const { kind, outcome, landing, head } = answer;
  const { status, help } = NOTICE_OUTCOMES[outcomeNumber(outcome)] as (typeof NOTICE_OUTCOMES)[number];
  // Who clicked is led on also while nothing can be booked: a browser would not come back.
  if (landing !== undefined && (status === 200 || status === 503)) {
    start(res, 302, kind);
    res.writeHeader('location', landing).writeHeader('referrer-policy', 'no-referrer');
    return end(res, '', head, close);
  }
  start(res, status, kind);
  if (status === 503) res.writeHeader('retry-after', RETRY_S);
  if (status !== 200) {
    res.writeHeader(http.CONTENT_TYPE, TEXT_TYPE);
    return end(res, `${outcome}: ${help}\n`, head, close);
  }
  if (!PICTURES.has(kind)) return end(res, '', head, close);
  res.writeHeader(http.CONTENT_TYPE, GIF_TYPE).writeHeader('x-content-type-options', 'nosniff');
  end(res, PIXEL, head, close);
}

function start(res: HttpResponse, status: http.Status, kind: NoticeKind): void {
  res.writeStatus(http.statusLine(status));
  res.writeHeader('cache-control', 'no-store, no-cache, must-revalidate, private, max-age=0');
  res.writeHeader('pragma', 'no-cache').writeHeader('expires', '0');
  if (BY_BROWSER.has(kind)) res.writeHeader('access-control-allow-origin', '*');
}

function end(res: HttpResponse, body: string | Uint8Array, head: boolean, close: boolean): void {
  if (head) http.endHead(res, Buffer.byteLength(body), close);
  else res.end(body, close);
}
