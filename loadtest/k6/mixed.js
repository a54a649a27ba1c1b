// A constant arrival rate of everything a bidder is asked: single bids 10, batches 3, a read of campaigns 1, statistics
// 1, health 1. `k6 run -e ADMIN_KEY=… -e REQUESTS=… mixed.js`; bidder.js lists the rest.

import { ADMIN_KEY, DURATION, P99_MS, RATE, THRESHOLDS } from './bidder.js';

export { batch, campaignRead, health, singleBid, stats } from './bidder.js';

const WEIGHTS = {
  singleBid: 10,
  batch: 3,
  ...(ADMIN_KEY === '' ? {} : { campaignRead: 1, stats: 1 }),
  health: 1,
};

function scenario(exec, weight) {
  return {
    executor: 'constant-arrival-rate',
    exec,
    rate: Math.max(1, Math.round((RATE * weight) / WEIGHTS.singleBid)),
    timeUnit: '1s',
    duration: DURATION,
    preAllocatedVUs: 20,
    maxVUs: 200,
  };
}

export const options = {
  scenarios: Object.fromEntries(Object.entries(WEIGHTS).map(([exec, weight]) => [exec, scenario(exec, weight)])),
  thresholds: {
    ...THRESHOLDS,
    'http_req_duration{scenario:singleBid}': [`p(99)<${P99_MS}`],
    'http_req_duration{scenario:batch}': [`p(99)<${2 * P99_MS}`],
    'http_req_duration{scenario:health}': [`p(99)<${P99_MS}`],
  },
};
