// Single bids at a fifth of RATE, then at RATE for ten seconds, then as before: does it hold, and is it well again?
// `k6 run -e REQUESTS=… spike.js`; bidder.js lists the rest.

import { P99_MS, RATE, THRESHOLDS } from './bidder.js';

export { singleBid } from './bidder.js';

const USUAL = Math.ceil(RATE / 5);

export const options = {
  scenarios: {
    spike: {
      executor: 'ramping-arrival-rate',
      exec: 'singleBid',
      startRate: USUAL,
      timeUnit: '1s',
      preAllocatedVUs: 50,
      maxVUs: 500,
      stages: [
        { target: USUAL, duration: '10s' },
        { target: RATE, duration: '0s' },
        { target: RATE, duration: '10s' },
        { target: USUAL, duration: '0s' },
        { target: USUAL, duration: '10s' },
      ],
    },
  },
  thresholds: { ...THRESHOLDS, http_req_duration: [`p(99)<${P99_MS}`] },
};
