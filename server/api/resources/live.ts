// What is asked of the bidder itself: figures of the moment, why a request got its answer, results that came otherwise
// than as notices.

import { z } from 'zod';
import { jsonAnswer } from '../../admin_answer.js';
import { auctionResult } from '../../notices/auction_results.js';
import { relayed } from '../operation.js';

const count = z.int().min(0);

export const stats = relayed({
  id: 'getStats',
  method: 'GET',
  path: '/stats',
  tag: 'live',
  summary: 'Figures of the moment: what is live, what was asked and bid since the start of this node',
  who: { kind: 'operator' },
  response: z.strictObject({
    book: z.strictObject({ version: count, ads: count, campaigns: count }),
    model_version: count,
    requests: count,
    bids: count,
    book_problems: z.array(z.string()).describe('Why the database is not what is bid with; none: it is'),
  }),
  // Of the bidder, not of the database, and told while that is away.
  relay: async (host) => jsonAnswer(200, host.stats()),
});

/** Both of these read their requests themselves; docs/operations.md and docs/notices.md say more. */
export const explain = relayed({
  id: 'explain',
  method: 'POST',
  path: '/explain',
  tag: 'live',
  summary: 'Why a bid request gets its answer, ad by ad',
  refusals: ['unknown_exchange', 'too_much_to_explain', 'busy'],
  who: { kind: 'operator' },
  query: z.object({
    exchange: z.string().optional(),
    format: z.enum(['json', 'text']).optional(),
    at: z.iso.datetime().optional(),
    ads: z.coerce.number().int().optional(),
  }),
  body: z.looseObject({ id: z.string().optional() }).describe('An OpenRTB bid request'),
  response: z.looseObject({ status: z.int(), outcome: z.string() }),
  example: { body: { id: 'why', imp: [{ id: '1', banner: { w: 300, h: 250 } }] } },
  relay: (host, request, query) => host.explain(request, query),
});

export const bookResults = relayed({
  id: 'bookAuctionResults',
  method: 'POST',
  path: '/auction-result',
  tag: 'live',
  summary: 'Book wins, bills and losses that came otherwise than as notices',
  who: { kind: 'operator' },
  body: z.strictObject({ results: z.array(auctionResult).min(1).max(1000) }),
  response: z.strictObject({ results: z.array(z.strictObject({ outcome: z.string() })) }),
  example: { body: { results: [{ token: 'A-TOKEN', kind: 'bill', price: 1.25, currency: 'USD' }] } },
  relay: (host, request) => host.auctionResult(request),
});
