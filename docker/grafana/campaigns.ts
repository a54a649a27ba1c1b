// The dashboard that says where the money goes.

import type { Board } from './dashboard.js';
import { among, OF, sum, sumBy } from './queries.js';

export const campaigns: Board = {
  name: 'campaigns',
  title: 'campaigns',
  rows: [
    {
      title: 'Money',
      panels: [
        {
          title: 'Billed',
          help: 'By the campaigns of the book, in its currency. With Redis every bidder tells of all nodes.',
          unit: 'short',
          isNumber: true,
          queries: { '': `max(gavel_spend${OF})` },
        },
        {
          title: 'Campaigns and ads',
          help: 'In the live book.',
          unit: 'short',
          isNumber: true,
          queries: { campaigns: `max(gavel_book_campaigns${OF})`, ads: `max(gavel_book_ads${OF})` },
        },
        {
          title: 'At the end of a budget',
          help: "Campaigns that have spent 99 % of the whole, or of the day's.",
          unit: 'none',
          isNumber: true,
          limit: 1,
          queries: { '{{budget}}': `max by (budget) (gavel_campaigns_exhausted${OF})` },
        },
        {
          title: 'Spend an hour',
          help: 'Slope of what was billed.',
          unit: 'short',
          queries: { spend: `3600 * max(deriv(gavel_spend${OF}[10m]))` },
        },
        {
          title: 'Billed late',
          help: 'Share that was billed after its bid had expired: exchanges that send bills late.',
          unit: 'percentunit',
          queries: { share: `max(gavel_spend_late${OF}) / max(gavel_spend${OF})` },
        },
        {
          title: 'Average bid',
          help: 'CPM in the currency of the campaign file.',
          unit: 'short',
          queries: { CPM: `${sum('gavel_bid_price_cpm_total')} / ${sum('gavel_bids_total')}` },
        },
      ],
    },
    {
      title: 'Delivery',
      panels: [
        {
          title: 'Wins and impressions',
          help: 'Booked.',
          unit: 'ops',
          queries: { '{{kind}}': sumBy('kind', 'gavel_notices_total', among('outcome="booked",kind=~"win|bill|imp"')) },
        },
        {
          title: 'Win rate',
          help: 'Wins by bids, of exchanges that send win notices.',
          unit: 'percentunit',
          queries: {
            share: `${sum('gavel_notices_total', among('outcome="booked",kind="win"'))} / ${sum('gavel_bids_total')}`,
          },
        },
        {
          title: 'Clicks and conversions',
          help: 'Booked.',
          unit: 'ops',
          queries: { '{{kind}}': sumBy('kind', 'gavel_notices_total', among('outcome="booked",kind=~"click|conv"')) },
        },
        {
          title: 'Held back',
          help: 'Requests that campaigns fitted, but for budget, pace, caps, schedule.',
          unit: 'reqps',
          isStacked: true,
          queries: {
            '{{reason}}': sumBy(
              'reason',
              'gavel_no_bids_total',
              among('reason=~"no_budget|paced|frequency_capped|campaign_closed"'),
            ),
          },
        },
        {
          title: 'Priced out',
          help: 'Floors above what any ad may pay, or above the best bid.',
          unit: 'reqps',
          isStacked: true,
          queries: {
            '{{reason}}': sumBy(
              'reason',
              'gavel_no_bids_total',
              among('reason=~"floor_too_high|below_floor|no_deal|unknown_deal"'),
            ),
          },
        },
        {
          title: 'Not for us',
          help: 'No targeting, format, size, creative; blocked.',
          unit: 'reqps',
          isStacked: true,
          queries: {
            '{{reason}}': sumBy(
              'reason',
              'gavel_no_bids_total',
              among('reason=~"no_targeting|no_format|no_size|no_creative|blocked"'),
            ),
          },
        },
      ],
    },
    {
      title: 'Book',
      panels: [
        {
          title: 'Version',
          help: 'Counts up with each load, from 1 at the start of a bidder.',
          unit: 'none',
          queries: { '{{instance}}': `gavel_book_version${OF}` },
        },
        {
          title: 'Loads',
          help: 'Campaign files read, by result.',
          unit: 'short',
          queries: { '{{result}}': `sum by (result) (increase(gavel_book_loads_total${OF}[$__rate_interval]))` },
        },
        {
          title: 'Refused',
          help: '1 while the campaign file is refused and an older book is bid with.',
          unit: 'none',
          limit: 1,
          queries: { '{{instance}}': `gavel_book_refused${OF}` },
        },
      ],
    },
  ],
};
