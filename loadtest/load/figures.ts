// The figures of one run, as every output has them, and whether they can be believed.

import type { JobResult } from './job.js';

export interface Figures {
  readonly name: string;
  readonly offered_per_s: number;
  /** Answers a second, of any kind. */
  readonly achieved_per_s: number;
  /** From the intended moment, of answers and of what was given up. */
  readonly p50_us: number;
  readonly p90_us: number;
  readonly p99_us: number;
  readonly p999_us: number;
  readonly max_us: number;
  readonly over_10_ms_share: number;
  readonly over_tmax_share: number;
  readonly errors_share: number;
  readonly bid_share: number;
  readonly shed_share: number;
  /** CPU microseconds of the server per answer; undefined for a server that is not ours. */
  readonly server_cpu_us: number | undefined;
  /** Cores in use. The client spins, so that near 1 is usual. */
  readonly server_cores: number | undefined;
  readonly client_cores: number;
  /** How late the client came to a request by its own fault. */
  readonly send_lag_p99_us: number;
  readonly send_lag_p999_us: number;
  /** False: the client was late itself, by so much that the percentile is an upper bound and no measurement. */
  readonly p99_trusted: boolean;
  readonly p999_trusted: boolean;
}

/** A lag of less than this is what reading a clock and writing to a socket take. */
const LAG_US_MIN = 50;
/** A lag of more than this share of a latency makes it the client's more than the server's. */
const LAG_SHARE = 0.25;

export function figuresOf(name: string, result: JobResult): Figures {
  const { latency, offered, answered, outcomes, errors, seconds, send_lag: lag } = result;
  const share = (count: number): number => (offered === 0 ? 0 : count / offered);
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  const { server_cpu_s: cpu } = result;
  const { p50_us, p90_us, p99_us, p999_us, max_us } = latency;
  return {
    name,
    offered_per_s: offered / seconds,
    achieved_per_s: answered / seconds,
    p50_us,
    p90_us,
    p99_us,
    p999_us,
    max_us,
    over_10_ms_share: share(result.over_10_ms),
    over_tmax_share: share(result.over_tmax),
    errors_share: share(failed),
    bid_share: share(outcomes.bid),
    shed_share: share(outcomes.shed),
    server_cpu_us: cpu === undefined || answered === 0 ? undefined : (cpu * 1e6) / answered,
    server_cores: cpu === undefined ? undefined : cpu / seconds,
    client_cores: result.client_cpu_s / seconds,
    send_lag_p99_us: lag.p99_us,
    send_lag_p999_us: lag.p999_us,
    p99_trusted: isTrusted(lag.p99_us, p99_us),
    p999_trusted: isTrusted(lag.p999_us, p999_us),
  };
}

/** Whether a percentile is the server's, seeing how late the client was at the same percentile. */
export function isTrusted(lagUs: number, latencyUs: number): boolean {
  return lagUs <= Math.max(LAG_US_MIN, LAG_SHARE * latencyUs);
}
