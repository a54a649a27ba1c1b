// What an explanation is made of, for the command line and for the admin port: a book, a model, the states of the
// campaigns and a time.

import type { Book } from '../bidcore/book.js';
import type { FrequencyReader } from '../bidcore/frequency_table.js';
import type { LedgerState } from '../bidcore/money/reservations.js';
import type { Trial } from '../bidcore/reference/arms.js';
import type { ModelImage } from '../bidcore/reference/model.js';
import type { CampaignState, Situation } from '../bidcore/reference/situation.js';
import type { Config } from './config.js';

/** A model, as the reference bidder reads it, and the candidate for its place, if there is one. */
export interface LiveModel {
  readonly version: number;
  readonly image: ModelImage;
  readonly trial?: Trial | undefined;
}

/**
 * @param ledger how far it has come; undefined where there is none
 * @param frequency what users have seen; undefined: nobody anything
 * @param exchange index in the book
 * @param atMs time of the request, milliseconds since the epoch
 */
export function situationOf(
  book: Book,
  model: LiveModel,
  campaign: (id: string) => CampaignState,
  ledger: LedgerState | undefined,
  frequency: FrequencyReader | undefined,
  exchange: number,
  atMs: number,
  config: Config,
): Situation {
  return {
    book,
    model: model.image,
    modelVersion: model.version,
    trial: model.trial,
    campaign,
    seen: frequency?.until(atMs * 1000) ?? (() => 0),
    ledger,
    exchange,
    nowUs: atMs * 1000,
    bidId: 0n,
    tmaxMarginUs: config.tmaxMarginUs,
    // Explanations show no tokens, so they need no secret.
    noticeKey: new Uint8Array(16),
    noticeKeyId: config.noticeKeyId,
    node: config.node,
  };
}

/** Whether a time is inside a schedule, whose ends are milliseconds since the epoch; an end of 0 is none. */
export function inSchedule(startMs: number, endMs: number, atMs: number): boolean {
  return startMs <= atMs && (endMs === 0 || atMs < endMs);
}
