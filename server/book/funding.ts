// What the ledger is told of a book: what its campaigns may spend, and what is counted of users.

import { type Counted, countedOf } from '../../bidcore/audiences.js';
import type { Book } from '../../bidcore/book.js';
import { type PacedPlan, plansOf } from '../../bidcore/money/campaign_plans.js';

type Funded = Pick<Book, 'file'>;

/**
 * @param before the book that is still live: what it has besides goes on bidding
 * @param indexOf where a campaign's state stands in memory
 */
export function fundingOf(
  book: Funded,
  before: Funded | undefined,
  indexOf: (id: string) => number,
): { readonly plans: PacedPlan[]; readonly counted: Map<string, readonly Counted[]> } {
  const plans = plansOf(book, indexOf);
  const known = new Set(plans.map(({ id }) => id));
  const others = before === undefined ? [] : plansOf(before, indexOf).filter(({ id }) => !known.has(id));
  const counted = new Map([...(before ? countedOf(before) : []), ...countedOf(book)]);
  return { plans: [...plans, ...others], counted };
}
