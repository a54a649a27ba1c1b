// Everything that is not a bid: one row a code. The codes stand in `assembly/reasons.ts`, where the module reads them.

import * as code from '../assembly/reasons.js';

export interface Reason {
  readonly code: number;
  /** Name in metrics, logs and explanations. */
  readonly label: string;
  /** HTTP status of the answer. */
  readonly status: 204 | 400 | 401 | 413 | 415;
  /** OpenRTB no-bid reason (3.0 list "No-Bid Reason Codes"), where one is given. */
  readonly nbr: number;
  /** One line for a trader or an operator. */
  readonly help: string;
}

const row = (code: number, label: string, status: Reason['status'], nbr: number, help: string): Reason => ({
  code,
  label,
  status,
  nbr,
  help,
});

export const REASONS: readonly Reason[] = [
  row(code.INVALID_JSON, 'invalid_json', 400, 2, 'The body is not JSON in UTF-8.'),
  row(code.NOT_OBJECT, 'not_object', 400, 2, 'The body is JSON, but not an object.'),
  row(code.MISSING_ID, 'missing_id', 400, 2, 'The request has no id that is a non-empty string or a number.'),
  row(code.MISSING_IMP, 'missing_imp', 400, 2, 'The request has no imp array with an element.'),
  row(
    code.IMP_MISSING_ID,
    'imp_missing_id',
    400,
    2,
    'An element of imp has no id that is a non-empty string or a number.',
  ),
  row(code.BODY_TOO_LARGE, 'body_too_large', 413, 2, 'The body is longer than the limit, as sent or inflated.'),
  row(
    code.BAD_ENCODING,
    'bad_encoding',
    415,
    2,
    'The body is not in the Content-Encoding it names, or that encoding is not taken.',
  ),
  row(
    code.INTERNAL_ERROR,
    'internal_error',
    204,
    1,
    'The hot path trapped on this request; it was given up, the worker was not.',
  ),
  row(code.UNAUTHORIZED, 'unauthorized', 401, 2, 'The exchange has a token, and the request another or none.'),
  row(code.OVER_QPS, 'over_qps', 204, 0, 'The exchange sends more requests a second than its profile allows.'),
  row(
    code.LEDGER_AWAY,
    'ledger_away',
    204,
    1,
    'The ledger has not renewed the leases of the campaigns: it is stalled, or Redis has been away for too long.',
  ),
  row(code.OVERLOADED, 'overloaded', 204, 1, 'The request had waited too long for its turn: the worker is overloaded.'),
  row(code.NOT_READY, 'not_ready', 204, 1, 'No book and model are loaded yet.'),
  row(
    code.OVER_LIMIT,
    'over_limit',
    204,
    2,
    'The request holds more impressions, deals, formats, assets or list values than the limits allow.',
  ),
  row(code.TOO_LITTLE_TIME, 'too_little_time', 204, 15, 'tmax less the margin leaves no time to work.'),
  row(code.NO_CURRENCY, 'no_currency', 204, 0, 'The request accepts no currency that has a rate.'),
  row(code.SEAT_BLOCKED, 'seat_blocked', 204, 0, 'wseat or bseat shuts out every seat of the book.'),
  row(code.NO_CONSENT, 'no_consent', 204, 0, 'GDPR applies, and no account bids without consent to basic advertising.'),
  row(code.CRAWLER, 'crawler', 204, 3, 'The user agent is that of a crawler.'),
  row(code.DATACENTRE, 'datacentre', 204, 5, 'The address is one of a data centre.'),
  row(code.BLOCKED_PUBLISHER, 'blocked_publisher', 204, 7, 'The accounts block the publisher.'),
  row(code.BRAND_SAFETY, 'brand_safety', 204, 7, 'The accounts block the domain, the app or the category.'),
  row(code.INCOMPLETE_SCHAIN, 'incomplete_schain', 204, 16, 'The supply chain is missing or not complete.'),
  row(code.BLOCKED_NODE, 'blocked_node', 204, 17, 'The accounts block a seller in the supply chain.'),
  row(code.NO_FORMAT, 'no_format', 204, 0, 'No impression takes a format that the book has ads of.'),
  row(code.NO_SIZE, 'no_size', 204, 0, 'No ad of the book has a size or a duration that an impression takes.'),
  row(code.UNKNOWN_DEAL, 'unknown_deal', 204, 0, 'The auction is private, and no ad is on the deals it offers.'),
  row(code.NO_RATE, 'no_rate', 204, 0, 'The currency of the floor has no rate.'),
  row(code.FLOOR_TOO_HIGH, 'floor_too_high', 204, 0, 'The floor is above what any ad of a fitting size may pay.'),
  row(code.NO_TARGETING, 'no_targeting', 204, 0, 'No ad targets this inventory, place, device, time or audience.'),
  row(code.BLOCKED, 'blocked', 204, 0, 'Ads target this request, but it blocks their category, advertiser or app.'),
  row(
    code.NO_CREATIVE,
    'no_creative',
    204,
    0,
    'No creative fits: size, duration, https, protocol, attribute, API, MIME type, assets; or another kind of place.',
  ),
  row(code.NO_DEAL, 'no_deal', 204, 0, 'Ads fit, but are not on the deals offered, or bid on deals only.'),
  row(code.POD_TAKEN, 'pod_taken', 204, 0, 'The advertiser is in the pod already, or no time is left in it.'),
  row(code.CAMPAIGN_CLOSED, 'campaign_closed', 204, 0, 'The campaigns that fit are outside their schedule.'),
  row(code.FREQUENCY_CAPPED, 'frequency_capped', 204, 9, 'The user has seen the ads that fit often enough.'),
  row(code.PACED, 'paced', 204, 0, 'The campaigns that fit hold back to spread their budget.'),
  row(code.NO_BUDGET, 'no_budget', 204, 0, 'The campaigns that fit have too little budget left.'),
  row(code.BELOW_FLOOR, 'below_floor', 204, 0, 'The best bid is below the floor.'),
];

const byCode = new Map(REASONS.map((reason) => [reason.code, reason]));

/** The row of a code. Throws on a code that is not in the table: the module and the table are out of step. */
export function reasonOf(code: number): Reason {
  const reason = byCode.get(code);
  if (reason === undefined) throw new Error(`reason code ${code} is not in the table`);
  return reason;
}
