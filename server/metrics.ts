// The metrics, in Prometheus' text format. The counters live in shared memory, where the workers add to them; they are
// summed and put into prom-client's words when somebody asks. Bidding pays nothing for it.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { FORMATS } from '../bidcore/creative_file.js';
import { DECISION_BUCKETS_S, REQUEST_BUCKETS_S } from '../bidcore/hotpath.js';
import { NOTICE_OUTCOMES } from '../bidcore/money/notice_outcomes.js';
import { POLICY_INPUT_NAMES } from '../bidcore/policy/slot_inputs.js';
import { REASONS } from '../bidcore/reasons.js';
import { ARMS } from '../bidcore/snapshot.js';
import type { Durations, Totals } from '../bidcore/totals.js';
import { TRAINER_METRICS } from '../bidcore/trainer_metrics.js';
import type { JobRuns } from './jobs/runner.js';
import type { NodeLedgerStats } from './ledger/node_ledger.js';
import type { PolicyStats } from './ledger/slot_policies.js';
import type { TrainerStatus, TrainerStatusFile } from './trainer_status.js';
import { VERSION } from './version.js';

const MICROS = 1e6;

/** What the metrics are made of, read at each scrape. */
export interface MetricsSources {
  /** Commit that was built, or `unknown`. */
  readonly commit: string;
  totals(): Totals;
  ready(): boolean;
  book(): { version: number; ads: number; campaigns: number };
  /** The campaign file on disk is not what is bid with. */
  bookRefused(): boolean;
  modelVersion(): number;
  /** Seconds since the live model was made. */
  modelAgeS(): number;
  /** What the trainer says of itself. */
  trainer(): Pick<TrainerStatusFile, 'status' | 'refresh'>;
  trainerRestarts(): number;
  /** Of the candidate: its version, 0 without one, and its share of traffic, 0 to 1. */
  candidate(): { version: number; share: number };
  workers(): { count: number; alive: number; restarts: number };
  /** Loads since the start. */
  loads(): Loads;
  /** Undefined while there is no ledger. */
  ledger(): NodeLedgerStats | undefined;
  ledgerRestarts(): number;
  /** How the runs of the control plane's jobs ended. */
  jobs(): ReadonlyMap<string, JobRuns>;
  /** Seconds since the sums had all notices. */
  sumsLagS(): number;
}

export interface Loads {
  readonly books: { loaded: number; refused: number };
  readonly models: { loaded: number; refused: number };
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #sources: MetricsSources;
  /** The sums of the scrape under way: taken once, so that its figures agree with each other. */
  #totals: Totals;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    this.#totals = sources.totals();
    collectDefaultMetrics({ register: this.#registry, prefix: 'gavel_' });
    this.#bidding();
    this.#notices();
    this.#durations();
    this.#state();
    this.#ledger();
    this.#trainer();
    this.#controlPlane();
  }

  async render(): Promise<{ contentType: string; text: string }> {
    await this.#sources.trainer().refresh(Date.now());
    this.#totals = this.#sources.totals();
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #bidding(): void {
    this.#counter('gavel_requests_total', 'Bid requests that reached the hot path.', (t) => t.requests);
    this.#counter('gavel_test_requests_total', 'Bid requests with test=1.', (t) => t.tests);
    this.#counter('gavel_responses_total', 'Responses with at least one bid.', (t) => t.responses);
    this.#counter('gavel_bids_total', 'Bids in those responses.', (t) => t.bids);
    this.#labelled('gavel_bids_by_format_total', 'Bids in those responses, by format.', ['format'], () =>
      FORMATS.map((format, i) => [{ format }, this.#totals.bidsByFormat[i] as number]),
    );
    this.#labelled('gavel_bids_by_arm_total', 'Bids in those responses, by the arm that made them.', ['arm'], () =>
      ARMS.map((arm, i) => [{ arm }, this.#totals.bidsByArm[i] as number]),
    );
    this.#counter(
      'gavel_bid_price_cpm_total',
      'Sum of the bid prices, CPM in the currency of the campaign file.',
      (t) => t.bidMicros / MICROS,
    );
    this.#counter('gavel_request_bytes_total', 'Bytes of bid requests, after decompression.', (t) => t.bytesIn);
    this.#counter('gavel_response_bytes_total', 'Bytes of bid responses, before compression.', (t) => t.bytesOut);
    const noBids = REASONS.filter(({ status }) => status === 204);
    const errors = REASONS.filter(({ status }) => status !== 204);
    this.#labelled(
      'gavel_no_bids_total',
      'Requests without a bid, by the gate that was nearest to letting them through.',
      ['reason'],
      () => noBids.map(({ code, label }) => [{ reason: label }, this.#totals.reasons[code] as number]),
    );
    this.#labelled('gavel_errors_total', 'Requests refused, by HTTP status and reason.', ['code', 'reason'], () =>
      errors.map(({ code, label, status }) => [
        { code: String(status), reason: label },
        this.#totals.reasons[code] as number,
      ]),
    );
  }

  #notices(): void {
    const labels = NOTICE_OUTCOMES.map(({ label }) => label);
    this.#labelled('gavel_notices_total', 'Notices by kind and by what became of them.', ['kind', 'outcome'], () =>
      this.#totals.notices.flatMap(({ kind, outcomes }) =>
        labels.map((outcome, i): [Record<string, string>, number] => [{ kind, outcome }, outcomes[i] as number]),
      ),
    );
  }

  #durations(): void {
    this.#registry.registerMetric(
      new SharedHistogram(
        'gavel_request_duration_seconds',
        'From the first byte of a request in its worker to the decision: with the time its body and inflating it took.',
        REQUEST_BUCKETS_S,
        () => this.#totals.requestSeconds,
      ),
    );
    this.#registry.registerMetric(
      new SharedHistogram(
        'gavel_decision_duration_seconds',
        'Time in the hot path: from the whole body to the response, both as bytes.',
        DECISION_BUCKETS_S,
        () => this.#totals.decisionSeconds,
      ),
    );
  }

  #state(): void {
    const { ready, book, bookRefused, modelVersion, modelAgeS, candidate, workers, loads } = this.#sources;
    const build = new Gauge({
      name: 'gavel_build_info',
      help: 'Always 1; what runs here, in its labels.',
      labelNames: ['version', 'commit'],
      registers: [this.#registry],
    });
    build.set({ version: VERSION, commit: this.#sources.commit }, 1);
    this.#gauge('gavel_ready', '1 while a book and a model are live.', () => (ready() ? 1 : 0));
    this.#gauge('gavel_book_version', 'Version of the live book; counts up with each load.', () => book().version);
    this.#gauge('gavel_book_ads', 'Ads in the live book.', () => book().ads);
    this.#gauge('gavel_book_campaigns', 'Campaigns in the live book.', () => book().campaigns);
    this.#gauge('gavel_book_refused', '1 while the campaign file is refused: an older book is bid with.', () => {
      return bookRefused() ? 1 : 0;
    });
    this.#gauge('gavel_model_version', 'Version of the live model.', modelVersion);
    this.#gauge('gavel_model_age_seconds', 'Since the live model was made.', modelAgeS);
    this.#gauge('gavel_candidate_version', 'Version of the candidate for its place; 0 without one.', () => {
      return candidate().version;
    });
    this.#gauge('gavel_candidate_share', 'Share of requests that the candidate answers, 0 to 1.', () => {
      return candidate().share;
    });
    this.#gauge('gavel_workers', 'Bidding workers wanted.', () => workers().count);
    this.#gauge('gavel_workers_alive', 'Bidding workers that listen.', () => workers().alive);
    this.#counter('gavel_worker_restarts_total', 'Workers started again after they died.', () => workers().restarts);
    this.#labelled('gavel_book_loads_total', 'Campaign files read, by result.', ['result'], () =>
      byResult(loads().books),
    );
    this.#labelled('gavel_model_loads_total', 'Model files read, by result.', ['result'], () =>
      byResult(loads().models),
    );
  }

  #ledger(): void {
    const { ledger, ledgerRestarts } = this.#sources;
    const gauge = (name: string, help: string, value: (stats: NodeLedgerStats) => number | undefined): void =>
      this.#gauge(name, help, () => {
        const stats = ledger();
        return (stats && value(stats)) ?? 0;
      });
    const counter = (name: string, help: string, value: (stats: NodeLedgerStats) => number): void =>
      this.#counter(name, help, () => {
        const stats = ledger();
        return stats === undefined ? 0 : value(stats);
      });
    gauge('gavel_ledger_up', '1 while the ledger runs. Without it notices are answered 503, and bids end.', () => 1);
    this.#counter('gavel_ledger_restarts_total', 'Ledgers started again after one died.', () => ledgerRestarts());
    gauge('gavel_spend', 'Billed so far by the campaigns of the book, in its currency.', (s) => s.spentMicros / MICROS);
    gauge('gavel_spend_late', 'What of that was billed after its bid had expired.', (s) => s.lateMicros / MICROS);
    this.#labelledGauge(
      'gavel_campaigns_exhausted',
      'Campaigns of the book that have spent 99 % of a budget.',
      'budget',
      () => [
        ['total', ledger()?.exhausted ?? 0],
        ['daily', ledger()?.exhaustedToday ?? 0],
      ],
    );
    gauge('gavel_remembered_bids', 'Bids whose notices are remembered, so that each counts once.', (s) => s.seenBids);
    gauge('gavel_frequency_counts', 'Counts in the frequency table.', (s) => s.frequencyEntries);
    counter(
      'gavel_frequency_evictions_total',
      'Counts that had to go for others because their set was full.',
      (s) => s.frequencyEvictions,
    );
    counter('gavel_event_log_records_total', 'Records made durable.', (s) => s.log.records);
    counter('gavel_event_log_syncs_total', 'Syncs of the event log to disk.', (s) => s.log.fsyncs);
    counter('gavel_event_log_failures_total', 'Writes and syncs that the disk refused.', (s) => s.log.failures);
    gauge('gavel_event_log_queue_bytes', 'Bytes that wait to be written.', (s) => s.log.queueBytes);
    gauge('gavel_event_log_disk_bytes', 'Bytes of the event log on disk.', (s) => s.log.diskBytes);
    this.#policies();
    gauge('gavel_redis_configured', '1 where the node shares budgets through Redis.', (s) =>
      s.redis === undefined ? 0 : 1,
    );
    gauge('gavel_redis_up', '1 while Redis answers; 0 also where none is set up.', (s) =>
      s.redis?.link.connected === true ? 1 : 0,
    );
    gauge(
      'gavel_redis_round_trip_seconds',
      'Time of the last command, there and back.',
      (s) => (s.redis?.link.roundTripMs ?? 0) / 1000,
    );
    gauge('gavel_unshipped_records', 'Records of the event log that are not booked in Redis yet.', (s) =>
      s.redis === undefined ? 0 : Math.max(0, s.log.next - s.redis.shipper.shippedPosition),
    );
  }

  #policies(): void {
    const stats = (): PolicyStats | undefined => this.#sources.ledger()?.policies;
    this.#gauge('gavel_policy_campaigns', 'Campaigns whose multiplier the policy decides.', () => {
      return stats()?.campaigns ?? 0;
    });
    this.#gauge('gavel_policy_multiplier_mean', 'Mean of their multipliers in force; 1 without any.', () => {
      return stats()?.multiplierMean ?? 1;
    });
    this.#labelled(
      'gavel_policy_decisions_total',
      'Multipliers decided, a slot and campaign: by the policy, or 1 because it has not seen the like.',
      ['outcome'],
      () => [
        [{ outcome: 'spoke' }, stats()?.spoke ?? 0],
        [{ outcome: 'fell_back' }, stats()?.fellBack ?? 0],
      ],
    );
    this.#labelled('gavel_policy_outside_total', 'Inputs out of the range the policy has seen.', ['input'], () =>
      POLICY_INPUT_NAMES.map((input, i) => [{ input }, stats()?.outside[i] ?? 0]),
    );
  }

  #trainer(): void {
    const status = (): TrainerStatus => this.#sources.trainer().status;
    this.#counter('gavel_trainer_restarts_total', 'Trainers started again after one ended.', () =>
      this.#sources.trainerRestarts(),
    );
    for (const { name, type, help, label, values } of TRAINER_METRICS) {
      const rows = (): [Record<string, string>, number][] =>
        Object.entries(values(status())).map(([value, number]) => [
          label === undefined ? {} : { [label]: value },
          number,
        ]);
      if (type === 'counter') this.#labelled(name, help, label === undefined ? [] : [label], rows);
      else this.#gauge(name, help, () => rows()[0]?.[1] ?? 0);
    }
  }

  #controlPlane(): void {
    const { jobs, sumsLagS } = this.#sources;
    this.#gauge('gavel_sums_lag_seconds', 'Since reports had all notices; 0 where no jobs run.', sumsLagS);
    this.#labelled(
      'gavel_job_runs_total',
      'Runs of the jobs of the control plane, by how they ended.',
      ['job', 'result'],
      () =>
        [...jobs()].flatMap(([job, { done, failed }]): [Record<string, string>, number][] => [
          [{ job, result: 'done' }, done],
          [{ job, result: 'failed' }, failed],
        ]),
    );
  }

  #counter(name: string, help: string, value: (totals: Totals) => number): void {
    this.#labelled(name, help, [], () => [[{}, value(this.#totals)]]);
  }

  #labelled<L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    rows: () => [Record<string, string>, number][],
  ): void {
    const registers = [this.#registry];
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect(): void {
        this.reset();
        for (const [labels, value] of rows()) this.inc(labels as Partial<Record<L, string>>, value);
      },
    });
  }

  #labelledGauge(name: string, help: string, label: string, rows: () => [string, number][]): void {
    const registers = [this.#registry];
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect(): void {
        for (const [value, number] of rows()) this.set({ [label]: value }, number);
      },
    });
  }

  #gauge(name: string, help: string, value: () => number): void {
    const registers = [this.#registry];
    new Gauge({
      name,
      help,
      registers,
      collect(): void {
        this.set(value());
      },
    });
  }
}

function byResult({ loaded, refused }: { loaded: number; refused: number }): [Record<string, string>, number][] {
  return [
    [{ result: 'loaded' }, loaded],
    [{ result: 'refused' }, refused],
  ];
}

interface HistogramRow {
  readonly metricName: string;
  readonly labels: { readonly le?: number | '+Inf' };
  readonly value: number;
}

/** A histogram that is kept elsewhere: prom-client's own can only observe. */
class SharedHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #edges: readonly number[];
  readonly #read: () => Durations;

  constructor(name: string, help: string, edges: readonly number[], read: () => Durations) {
    super({ name, help, buckets: [...edges], registers: [] });
    this.#name = name;
    this.#help = help;
    this.#edges = edges;
    this.#read = read;
  }

  /** Takes the place of prom-client's method of this name (absent from its types), which its registry asks. */
  async getForPromString(): Promise<{
    name: string;
    help: string;
    type: string;
    aggregator: string;
    values: HistogramRow[];
  }> {
    const { sum, buckets } = this.#read();
    let count = 0;
    const values: HistogramRow[] = buckets.map((inBucket, i) => {
      count += inBucket;
      return { metricName: `${this.#name}_bucket`, labels: { le: this.#edges[i] ?? '+Inf' }, value: count };
    });
    values.push({ metricName: `${this.#name}_sum`, labels: {}, value: sum });
    values.push({ metricName: `${this.#name}_count`, labels: {}, value: count });
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }
}
