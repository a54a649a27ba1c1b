// Sums over campaigns, from standings of ours.

import t from 'tap';
import { CampaignTotals } from './campaign_totals.js';

const plan = (campaign: string, budgetMicros: number, dailyBudgetMicros = Infinity) => ({
  ...{ id: campaign, campaign, index: 0, budgetMicros, dailyBudgetMicros },
  ...{ timeZone: 'UTC', longestExpiryS: 60 },
});
const standing = (campaign: string, spentMicros: number, spentTodayMicros: number) => ({
  ...{ campaign, lease: 1, grantedMicros: 0, foreignMicros: 0, lateMicros: 1, freeMicros: 0 },
  ...{ spentMicros, spentTodayMicros },
});

t.test('spend adds up, and a campaign at the end of a budget is counted once', async (t) => {
  const totals = new CampaignTotals();
  t.same(totals.sums(), { spentMicros: 0, lateMicros: 0, exhausted: 0, exhaustedToday: 0 });
  totals.show(plan('spent', 1000, 100), standing('spent', 990, 100));
  totals.show(plan('today', 1000, 100), standing('today', 500, 99));
  totals.show(plan('going', 1000), standing('going', 989, 989));
  t.same(totals.sums(), { spentMicros: 2479, lateMicros: 3, exhausted: 1, exhaustedToday: 1 });
  totals.show(plan('spent', 2000, 200), standing('spent', 990, 100));
  t.match(totals.sums(), { exhausted: 0, exhaustedToday: 1 }, 'a raised budget is not at its end');
  totals.drop('today');
  t.same(totals.sums(), { spentMicros: 1979, lateMicros: 2, exhausted: 0, exhaustedToday: 0 });
});
