// The dashboard that says where time and requests go.

import type { Board } from './dashboard.js';
import { among, quantile, sum, sumBy } from './queries.js';

const WITHIN_10_MS = sum('gavel_request_duration_seconds_bucket', among('le="0.01"'));

export const bidPath: Board = {
  name: 'bid-path',
  title: 'bid path',
  rows: [
    {
      title: 'Time',
      panels: [
        {
          title: 'Request, to the decision',
          help: 'From the first byte in its worker: with the time the body took to come.',
          unit: 's',
          limit: 0.01,
          queries: {
            p50: quantile(0.5, 'gavel_request_duration_seconds'),
            p99: quantile(0.99, 'gavel_request_duration_seconds'),
            'p99.9': quantile(0.999, 'gavel_request_duration_seconds'),
          },
        },
        {
          title: 'Decision',
          help: 'In the hot path: from the whole body to the response.',
          unit: 's',
          queries: {
            p50: quantile(0.5, 'gavel_decision_duration_seconds'),
            p99: quantile(0.99, 'gavel_decision_duration_seconds'),
            'p99.9': quantile(0.999, 'gavel_decision_duration_seconds'),
          },
        },
        {
          title: 'Over 10 ms',
          help: 'Share of requests. The service objective is below 1 %.',
          unit: 'percentunit',
          limit: 0.01,
          queries: {
            share: `1 - ${WITHIN_10_MS} / ${sum('gavel_request_duration_seconds_count')}`,
          },
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests',
          help: 'All, those with a bid, tests.',
          unit: 'reqps',
          queries: {
            requests: sum('gavel_requests_total'),
            'with a bid': sum('gavel_responses_total'),
            test: sum('gavel_test_requests_total'),
          },
        },
        {
          title: 'Bid rate',
          help: 'Share of requests with a bid.',
          unit: 'percentunit',
          queries: { share: `${sum('gavel_responses_total')} / ${sum('gavel_requests_total')}` },
        },
        {
          title: 'By bidder',
          help: 'Connections, not requests, are spread: few connections make it uneven.',
          unit: 'reqps',
          queries: { '{{instance}}': sumBy('instance', 'gavel_requests_total') },
        },
        {
          title: 'No bid, and why',
          help: 'The gate that was nearest to a bid: docs/operations.md, reasons.',
          unit: 'reqps',
          isStacked: true,
          queries: { '{{reason}}': `topk(12, ${sumBy('reason', 'gavel_no_bids_total')})` },
        },
        {
          title: 'Given up in haste',
          help: 'Little time left, over the quota, no ledger, not ready, a trap.',
          unit: 'reqps',
          isStacked: true,
          queries: {
            '{{reason}}': sumBy(
              'reason',
              'gavel_no_bids_total',
              among('reason=~"overloaded|too_little_time|over_qps|ledger_away|not_ready|internal_error"'),
            ),
          },
        },
        {
          title: 'Bids by format',
          help: 'In the responses.',
          unit: 'ops',
          isStacked: true,
          queries: { '{{format}}': sumBy('format', 'gavel_bids_by_format_total') },
        },
      ],
    },
    {
      title: 'Notices',
      panels: [
        {
          title: 'By kind',
          help: 'All that came.',
          unit: 'ops',
          isStacked: true,
          queries: { '{{kind}}': sumBy('kind', 'gavel_notices_total') },
        },
        {
          title: 'What became of them',
          help: 'docs/notices.md, outcomes.',
          unit: 'ops',
          isStacked: true,
          queries: { '{{outcome}}': sumBy('outcome', 'gavel_notices_total') },
        },
        {
          title: 'Not booked',
          help: 'Answered 503: the exchange may send them again, or not.',
          unit: 'ops',
          queries: {
            '{{outcome}}': sumBy(
              'outcome',
              'gavel_notices_total',
              among('outcome=~"ledger_away|ledger_slow|too_many"'),
            ),
          },
        },
      ],
    },
  ],
};
