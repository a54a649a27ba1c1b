// /metrics of a real bidder: everything is there from the start, and counts what happened, over all workers.

import { gzipSync } from 'node:zlib';
import t from 'tap';
import { REASONS } from '../bidcore/reasons.js';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { startGavel } from './testing/gavel_process.js';
import { ask, bid, get } from './testing/wire.js';

t.setTimeout(120_000);

/** The samples of a scrape, by name and labels as they stand in the text. */
async function scrape(port: number): Promise<Map<string, number>> {
  const { status, headers, text } = await get(port, '/metrics');
  if (status !== 200 || !/^text\/plain; version=0\.0\.4/.test(headers['content-type'] ?? '')) throw new Error(text);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

t.test('metrics', async (t) => {
  const campaigns = campaignsOf([
    { id: 'a', domain: 'site.example', bidMicros: 2_000_000 },
    { id: 'b', domain: 'other.example' },
  ]);
  const gavel = await startGavel(t, { campaigns, env: { GAVEL_WORKERS: '2' } });
  const { port } = gavel;

  await t.test('every series is there before anything has happened', async (t) => {
    const metrics = await scrape(port);
    for (const { label, status } of REASONS) {
      const name =
        status === 204
          ? `gavel_no_bids_total{reason="${label}"}`
          : `gavel_errors_total{code="${status}",reason="${label}"}`;
      t.equal(metrics.get(name), 0, name);
    }
    const expected: Record<string, number> = {
      gavel_ready: 1,
      gavel_requests_total: 0,
      gavel_bids_total: 0,
      'gavel_bids_by_format_total{format="banner"}': 0,
      'gavel_bids_by_format_total{format="video"}': 0,
      'gavel_bids_by_format_total{format="audio"}': 0,
      'gavel_bids_by_format_total{format="native"}': 0,
      gavel_book_version: 1,
      gavel_book_ads: 2,
      gavel_book_campaigns: 2,
      gavel_model_version: 1,
      gavel_workers: 2,
      gavel_workers_alive: 2,
      gavel_worker_restarts_total: 0,
      'gavel_book_loads_total{result="loaded"}': 1,
      'gavel_book_loads_total{result="refused"}': 0,
      'gavel_model_loads_total{result="refused"}': 0,
      'gavel_request_duration_seconds_bucket{le="0.0001"}': 0,
      'gavel_request_duration_seconds_bucket{le="0.1"}': 0,
      'gavel_decision_duration_seconds_bucket{le="+Inf"}': 0,
    };
    for (const [name, value] of Object.entries(expected)) t.equal(metrics.get(name), value, name);
    t.ok(metrics.has('gavel_process_resident_memory_bytes'));
    t.same(
      [...metrics.keys()].filter((name) => !name.startsWith('gavel_')),
      [],
    );
  });

  await t.test('what happened is counted', async (t) => {
    const body = bidRequest();
    let bytes = 0;
    // A connection each: they spread over both workers.
    for (let i = 0; i < 20; i++) bytes += (await bid(port, body)).bytes.length;
    for (let i = 0; i < 3; i++) await bid(port, bidRequest('nobody.example'));
    await bid(port, '{');
    await bid(port, 'not gzip', { 'content-encoding': 'gzip' });
    await bid(port, gzipSync(Buffer.alloc(1 << 20)), { 'content-encoding': 'gzip' });
    await ask(port, { path: '/bid/batch', body: `[${body},{}]` });
    const metrics = await scrape(port);
    t.equal(metrics.get('gavel_requests_total'), 26);
    t.equal(metrics.get('gavel_responses_total'), 21);
    t.equal(metrics.get('gavel_bids_total'), 21);
    t.equal(metrics.get('gavel_bids_by_format_total{format="banner"}'), 21);
    t.equal(metrics.get('gavel_bids_by_format_total{format="video"}'), 0);
    t.equal(metrics.get('gavel_no_bids_total{reason="no_targeting"}'), 3);
    t.equal(metrics.get('gavel_errors_total{code="400",reason="invalid_json"}'), 1);
    t.equal(metrics.get('gavel_errors_total{code="400",reason="missing_id"}'), 1);
    t.equal(metrics.get('gavel_errors_total{code="413",reason="body_too_large"}'), 1);
    t.equal(metrics.get('gavel_errors_total{code="415",reason="bad_encoding"}'), 1);
    t.equal(metrics.get('gavel_request_duration_seconds_count'), 26);
    t.equal(metrics.get('gavel_request_duration_seconds_bucket{le="+Inf"}'), 26);
    t.equal(metrics.get('gavel_decision_duration_seconds_count'), 26);
    t.ok((metrics.get('gavel_decision_duration_seconds_sum') ?? 0) > 0);
    t.ok((metrics.get('gavel_bid_price_cpm_total') ?? 0) > 0);
    t.ok((metrics.get('gavel_response_bytes_total') ?? 0) > bytes);
    t.ok((metrics.get('gavel_request_bytes_total') ?? 0) > 21 * body.length);
  });

  await t.test('many scrapes at once are all answered, also when clients go away', async (t) => {
    const scrapes = Array.from({ length: 10 }, () => scrape(port));
    await ask(port, { method: 'GET', path: '/metrics' });
    for (const metrics of await Promise.all(scrapes)) t.equal(metrics.get('gavel_workers_alive'), 2);
    t.match(await ask(port, { path: '/metrics', body: 'x' }), { status: 405, headers: { allow: 'GET' } });
  });
});
