// The dashboard that says is it well: bidders, machine, events, Redis.

import type { Board } from './dashboard.js';
import { OF, rate, sum, sumBy } from './queries.js';

export const system: Board = {
  name: 'system',
  title: 'system',
  rows: [
    {
      title: 'Is it well',
      panels: [
        {
          title: 'Bidders that are ready',
          help: 'Of all that Prometheus asks.',
          unit: 'none',
          isNumber: true,
          queries: { ready: `sum(gavel_ready${OF})`, asked: 'count(up{job="gavel"})' },
        },
        {
          title: 'Requests a second',
          help: 'That reached the hot path.',
          unit: 'reqps',
          isNumber: true,
          queries: { '': sum('gavel_requests_total') },
        },
        {
          title: 'Versions',
          help: 'More than one line: a rollout is under way, or stuck.',
          unit: 'none',
          isNumber: true,
          queries: { '{{version}} {{commit}}': `count by (version, commit) (gavel_build_info${OF})` },
        },
        {
          title: 'Bidding threads',
          help: 'Those that listen, of those wanted.',
          unit: 'none',
          queries: { '{{instance}}': `gavel_workers_alive${OF}`, '{{instance}} wanted': `gavel_workers${OF}` },
        },
        {
          title: 'Restarts',
          help: 'Of bidding threads, ledgers and trainers. None is normal.',
          unit: 'short',
          queries: {
            'worker {{instance}}': `increase(gavel_worker_restarts_total${OF}[$__rate_interval])`,
            'ledger {{instance}}': `increase(gavel_ledger_restarts_total${OF}[$__rate_interval])`,
            'trainer {{instance}}': `increase(gavel_trainer_restarts_total${OF}[$__rate_interval])`,
          },
        },
        {
          title: 'Refused',
          help: 'By HTTP status and reason: docs/operations.md, reasons.',
          unit: 'reqps',
          isStacked: true,
          queries: { '{{code}} {{reason}}': sumBy('code, reason', 'gavel_errors_total') },
        },
      ],
    },
    {
      title: 'Machine',
      panels: [
        {
          title: 'CPU',
          help: 'Cores in use, all threads.',
          unit: 'none',
          queries: { '{{instance}}': rate('gavel_process_cpu_seconds_total') },
        },
        {
          title: 'Memory',
          help: 'Resident. The shared memory of 908 MiB is touched as books and models grow.',
          unit: 'bytes',
          queries: {
            '{{instance}}': `gavel_process_resident_memory_bytes${OF}`,
            'heap {{instance}}': `gavel_nodejs_heap_size_used_bytes${OF}`,
          },
        },
        {
          title: 'Control thread, late by',
          help: 'Not the bidding threads: books, schedules, metrics and the admin API wait for it.',
          unit: 's',
          queries: {
            'p50 {{instance}}': `gavel_nodejs_eventloop_lag_p50_seconds${OF}`,
            'p99 {{instance}}': `gavel_nodejs_eventloop_lag_p99_seconds${OF}`,
          },
        },
        {
          title: 'Garbage collection',
          help: 'Of the control thread, share of time.',
          unit: 'percentunit',
          queries: { '{{kind}}': sumBy('kind', 'gavel_nodejs_gc_duration_seconds_sum') },
        },
        {
          title: 'Open files and connections',
          help: 'Of those the system allows.',
          unit: 'percentunit',
          limit: 0.8,
          queries: { '{{instance}}': `gavel_process_open_fds${OF} / gavel_process_max_fds${OF}` },
        },
        {
          title: 'Traffic',
          help: 'Bodies after decompression; responses before compression.',
          unit: 'Bps',
          queries: { in: sum('gavel_request_bytes_total'), out: sum('gavel_response_bytes_total') },
        },
      ],
    },
    {
      title: 'Events and Redis',
      panels: [
        {
          title: 'Records made durable',
          help: 'Each notice that counts is one; syncs are shared by many.',
          unit: 'ops',
          queries: {
            records: sum('gavel_event_log_records_total'),
            syncs: sum('gavel_event_log_syncs_total'),
            failures: sum('gavel_event_log_failures_total'),
          },
        },
        {
          title: 'Waiting',
          help: 'Bytes for the disk, records for Redis.',
          unit: 'short',
          queries: {
            'disk {{instance}}': `gavel_event_log_queue_bytes${OF}`,
            'Redis {{instance}}': `gavel_unshipped_records${OF}`,
          },
        },
        {
          title: 'Redis, there and back',
          help: 'The last command. No line where there is no Redis.',
          unit: 's',
          queries: { '{{instance}}': `gavel_redis_round_trip_seconds${OF} and gavel_redis_up${OF} == 1` },
        },
        {
          title: 'Event log on disk',
          help: 'It is cut by itself: docs/events.md.',
          unit: 'bytes',
          queries: { '{{instance}}': `gavel_event_log_disk_bytes${OF}` },
        },
        {
          title: 'Ledger and Redis',
          help: '1 while they answer.',
          unit: 'none',
          queries: {
            'ledger {{instance}}': `gavel_ledger_up${OF}`,
            'Redis {{instance}}': `gavel_redis_up${OF} and gavel_redis_configured${OF} == 1`,
          },
        },
        {
          title: 'Remembered',
          help: 'Bids whose notices are known, and counts of users.',
          unit: 'short',
          queries: {
            'bids {{instance}}': `gavel_remembered_bids${OF}`,
            'frequency {{instance}}': `gavel_frequency_counts${OF}`,
          },
        },
      ],
    },
  ],
};
