// docs/operations.md says of the metrics what a scrape says.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { REASON_CODES } from '../assembly/reasons.js';
import { DECISION_BUCKETS_S, REQUEST_BUCKETS_S } from '../bidcore/hotpath.js';
import { noticeTotals } from '../bidcore/money/notice_counts.js';
import { Metrics } from './metrics.js';
import { TrainerStatusFile } from './trainer_status.js';

const page = readFileSync('docs/operations.md', 'utf8');

t.test('docs/operations.md has every metric with its type and help, and no other', async (t) => {
  const { text } = await emptyMetrics().render();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
  const own = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].filter(
    ([, name]) => !/^gavel_(process|nodejs)_/.test(name ?? ''),
  );
  const documented = [...page.matchAll(/^\| `(gavel_\w+)` \| (\w+) \| (.*) \|$/gm)];
  t.same(
    documented.map(([, name, type, help]) => ({ name, type, help })),
    own.map(([, name, help]) => ({ name, type: types.get(name), help })),
  );
});

/** The metrics of a bidder that has seen nothing. */
function emptyMetrics(): Metrics {
  const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
  const durations = (edges: readonly number[]) => ({ sum: 0, buckets: zeros(edges.length + 1) });
  const totals = {
    requests: 0,
    responses: 0,
    bids: 0,
    bidsByFormat: zeros(4),
    bidsByArm: zeros(2),
    bidMicros: 0,
    tests: 0,
    bytesIn: 0,
    bytesOut: 0,
    reasons: zeros(REASON_CODES),
    exchanges: [],
    requestSeconds: durations(REQUEST_BUCKETS_S),
    decisionSeconds: durations(DECISION_BUCKETS_S),
    notices: noticeTotals((_, count) => zeros(count)),
  };
  const trainer = new TrainerStatusFile(''); // in no folder: there is none
  return new Metrics({
    commit: 'unknown',
    totals: () => totals,
    ready: () => false,
    book: () => ({ version: 0, ads: 0, campaigns: 0 }),
    bookRefused: () => false,
    modelVersion: () => 0,
    modelAgeS: () => 0,
    trainer: () => trainer,
    trainerRestarts: () => 0,
    candidate: () => ({ version: 0, share: 0 }),
    workers: () => ({ count: 0, alive: 0, restarts: 0 }),
    ledger: () => undefined,
    ledgerRestarts: () => 0,
    jobs: () => new Map(),
    sumsLagS: () => 0,
    loads: () => ({ books: { loaded: 0, refused: 0 }, models: { loaded: 0, refused: 0 } }),
  });
}
