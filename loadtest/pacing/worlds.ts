// The campaigns and markets pacing is measured in: from a win a minute to thousands a second, steep and flat curves of
// winning, first price and fixed price, bills after one second and after five minutes.

import type { World } from '../../bidcore/testing/traffic_day.js';

const soon = { kind: 'exponential', meanS: 2 } as const;
const minute = { kind: 'exponential', meanS: 60 } as const;
const late = { kind: 'fixed', meanS: 300 } as const;
const unsteady = { isUnsteady: true } as const;

export const WORLDS: readonly World[] = [
  { name: 'flat', requestsPerS: 50, priceSpread: 1, bid: 1, delay: minute, budgetShare: 0.25, ...unsteady },
  { name: 'flat-huge', requestsPerS: 5000, priceSpread: 1, bid: 2, delay: soon, budgetShare: 0.05, ...unsteady },
  { name: 'flat-late', requestsPerS: 200, priceSpread: 1, bid: 1, delay: late, budgetShare: 0.1, ...unsteady },
  { name: 'steep', requestsPerS: 100, priceSpread: 0.2, bid: 1.3, delay: minute, budgetShare: 0.15, ...unsteady },
  { name: 'steep-late', requestsPerS: 100, priceSpread: 0.2, bid: 1.3, delay: late, budgetShare: 0.15, ...unsteady },
  { name: 'few-wins', requestsPerS: 1, priceSpread: 1, bid: 0.7, delay: minute, budgetShare: 0.2, ...unsteady },
  { name: 'deal', requestsPerS: 20, priceSpread: undefined, bid: 1, delay: minute, budgetShare: 0.2, ...unsteady },
  {
    name: 'deal-huge',
    requestsPerS: 3000,
    priceSpread: undefined,
    bid: 1,
    delay: late,
    budgetShare: 0.004,
    ...unsteady,
  },
  { name: 'tight', requestsPerS: 50, priceSpread: 1, bid: 1, delay: minute, budgetShare: 0.6, ...unsteady },
  {
    name: 'outage',
    requestsPerS: 100,
    priceSpread: 0.5,
    bid: 1.5,
    delay: minute,
    budgetShare: 0.2,
    outage: [9, 11],
    ...unsteady,
  },
];
