// Single bids in five steps up to RATE, ten seconds each: where does it stop being quick?
// `k6 run -e REQUESTS=… step.js`; bidder.js lists the rest.

import { P99_MS, RATE, THRESHOLDS } from './bidder.js';

export { singleBid } from './bidder.js';

const STEPS = 5;

export const options = {
  scenarios: {
    step: {
      executor: 'ramping-arrival-rate',
      exec: 'singleBid',
      startRate: Math.ceil(RATE / STEPS),
      timeUnit: '1s',
      preAllocatedVUs: 50,
      maxVUs: 500,
      // Up at once, then level: k6 ramps between targets.
      stages: Array.from({ length: STEPS }, (_, n) => Math.ceil((RATE * (n + 1)) / STEPS)).flatMap((target) => [
        { target, duration: '0s' },
        { target, duration: '10s' },
      ]),
    },
  },
  thresholds: { ...THRESHOLDS, http_req_duration: [`p(99)<${P99_MS}`] },
};
