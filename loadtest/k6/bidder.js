// What the k6 scripts share: where the bidder is, the requests it is sent, and the five things that are asked of it.
// All of it comes from the environment (`k6 run -e KEY=VALUE`):
//
//   BIDS       where bids are answered (default http://127.0.0.1:7507)
//   ADMIN      the admin port (default http://127.0.0.1:7508)
//   ADMIN_KEY  its key; without it, nothing is asked there
//   REQUESTS   file with one bid request a line (`npm run traffic -- --count 2000 --out FILE`); a path from loadtest/k6
//   RATE       iterations a second of the scenario with the greatest weight, or at the top (default 200)
//   DURATION   of a scenario that is constant (default 30s)
//   P99_MS     bound of the 99th percentile of single bids (default 50: k6 itself takes a millisecond and more)

import { check } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import http from 'k6/http';

const BIDS = __ENV.BIDS || 'http://127.0.0.1:7507';
const ADMIN = __ENV.ADMIN || 'http://127.0.0.1:7508';
const BATCH = 10;
const JSON_HEADERS = { 'Content-Type': 'application/json', 'x-openrtb-version': '2.6' };

export const ADMIN_KEY = __ENV.ADMIN_KEY || '';
export const RATE = Number(__ENV.RATE || 200);
export const DURATION = __ENV.DURATION || '30s';
export const P99_MS = Number(__ENV.P99_MS || 50);

const requests = new SharedArray('requests', () =>
  open(__ENV.REQUESTS || 'requests.jsonl')
    .split('\n')
    .filter((line) => line !== ''),
);

function request(n) {
  return requests[n % requests.length];
}

/** One request: a bid, or none. */
export function singleBid() {
  const answer = http.post(`${BIDS}/openrtb2/bid`, request(exec.scenario.iterationInTest), { headers: JSON_HEADERS });
  check(answer, { 'a bid or none': ({ status }) => status === 200 || status === 204 });
}

/** Ten requests in one. */
export function batch() {
  const first = exec.scenario.iterationInTest * BATCH;
  const bodies = Array.from({ length: BATCH }, (_, n) => request(first + n));
  const answer = http.post(`${BIDS}/bid/batch`, `[${bodies.join(',')}]`, { headers: JSON_HEADERS });
  check(answer, { 'as many answers': ({ status, body }) => status === 200 && JSON.parse(body).length === BATCH });
}

export function health() {
  check(http.get(`${BIDS}/health`), { healthy: ({ status }) => status === 200 });
}

function admin(path) {
  return http.get(`${ADMIN}${path}`, { headers: { 'X-API-Key': ADMIN_KEY } });
}

/** A page of campaigns. */
export function campaignRead() {
  check(admin('/campaigns?limit=10'), { 'a page of campaigns': ({ status }) => status === 200 });
}

export function stats() {
  check(admin('/stats'), { statistics: ({ status }) => status === 200 });
}

/** What every script asks for: nothing fails, and iterations are started when they are due. */
export const THRESHOLDS = {
  http_req_failed: ['rate<0.001'],
  checks: ['rate>0.999'],
  dropped_iterations: ['count<10'],
};
