// What can become of a notice: one table, from which the answers, the metrics and docs/notices.md are made. The
// position of an outcome is its number in counters and in the ledger's answers, so new ones go to the end.

/** Found by the ledger. */
const LEDGER = [
  { label: 'booked', status: 200, help: 'The first of its kind for its bid; what it costs was charged.' },
  { label: 'late', status: 200, help: 'The same, but its bid had expired: charged from what was still available.' },
  { label: 'repeated', status: 200, help: 'Not the first of its kind, or a loss of a bid that was billed.' },
] as const;

/** Found before the ledger is asked. */
const FRONT = [
  { label: 'test', status: 200, help: 'Its request was a test (test=1): nothing is booked.' },
  { label: 'wrong_kind', status: 200, help: 'A bill for a bid that its first impression bills: nothing is booked.' },
  { label: 'price_missing', status: 200, help: 'No clearing price.' },
  { label: 'price_audit', status: 200, help: 'AUDIT instead of a price: the exchange looked at the creative.' },
  { label: 'price_unreplaced', status: 200, help: 'The exchange left the price macro as it was.' },
  { label: 'price_malformed', status: 200, help: 'The price is no number, negative, or encrypted under another key.' },
  { label: 'price_above_bid', status: 200, help: 'The price is above what was bid.' },
  { label: 'wrong_currency', status: 200, help: 'An auction result in another currency than its bid.' },
  { label: 'malformed_token', status: 400, help: 'What stands where the token should is none.' },
  { label: 'wrong_event', status: 400, help: 'An event without a name, or with one VAST does not know.' },
  { label: 'wrong_address', status: 400, help: 'A click without a landing page, or whose signature is not its own.' },
  { label: 'unknown_key', status: 403, help: 'A token signed under a key this node does not know.' },
  { label: 'forged', status: 403, help: 'A token whose MAC is wrong: it was changed, or its key was.' },
  { label: 'expired', status: 410, help: 'Its bid was made longer ago than notices count.' },
  { label: 'ledger_away', status: 503, help: 'There is no ledger to book it, or it ended.' },
  { label: 'ledger_slow', status: 503, help: 'The ledger did not say in time that it is on disk. It may be booked.' },
  { label: 'too_many', status: 503, help: 'As many notices as may wait for the ledger are waiting.' },
] as const;

export const NOTICE_OUTCOMES = [...LEDGER, ...FRONT] as const;

/** What the ledger says of a notice. */
export type LedgerOutcome = (typeof LEDGER)[number]['label'];
export type NoticeOutcome = (typeof NOTICE_OUTCOMES)[number]['label'];
export type PriceProblem = Extract<NoticeOutcome, `price_${string}`>;

const NUMBERS = new Map<string, number>(NOTICE_OUTCOMES.map(({ label }, number) => [label, number]));

/** Position in the table. */
export function outcomeNumber(label: NoticeOutcome): number {
  return NUMBERS.get(label) as number;
}

export function statusOf(label: NoticeOutcome): (typeof NOTICE_OUTCOMES)[number]['status'] {
  return (NOTICE_OUTCOMES[outcomeNumber(label)] as (typeof NOTICE_OUTCOMES)[number]).status;
}

/** The outcome the ledger answered with a number; throws if it is none of the ledger's. */
export function ledgerOutcome(number: number): LedgerOutcome {
  const row = LEDGER[number];
  if (row === undefined) throw new Error(`the ledger has no outcome ${number}`);
  return row.label;
}
