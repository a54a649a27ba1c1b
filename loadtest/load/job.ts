// What the client process is told, and what it tells: plain JSON, over the channel to the process that started it.

import type { TrafficOptions } from '../traffic/traffic.js';
import type { Percentiles } from './histogram.js';
import type { ArrivalKind, Piece } from './profile.js';
import type { Recorded } from './recorder.js';

export interface Job {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Process whose CPU time is read; undefined if the server is not ours. */
  readonly serverPid: number | undefined;
  readonly pieces: readonly Piece[];
  /** Of the pieces, so much at the start is not measured. */
  readonly warmupMs: number;
  readonly arrivals: ArrivalKind;
  readonly connections: number;
  readonly timeoutMs: number;
  readonly waits: boolean;
  readonly traffic: TrafficOptions;
  /** Requests that are made beforehand, and sent in turn. */
  readonly bodies: number;
  /** File with one request a line, in place of made ones. */
  readonly replay: string | undefined;
  /** Share of bids that win and are billed: both notices are sent. */
  readonly winShare: number;
}

export interface JobResult extends Recorded {
  /** Of what was measured. */
  readonly seconds: number;
  /** CPU seconds of the server, all its threads, over what was measured; undefined without a process to look at. */
  readonly server_cpu_s: number | undefined;
  /** Of the client. It spins while requests are close together: near 1 a second says nothing. */
  readonly client_cpu_s: number;
  /** How long the client was away from its sockets: an answer that came meanwhile waited as long to be seen. */
  readonly client_turn: Percentiles;
  readonly notices: { readonly sent: number; readonly answered: number; readonly failed: number };
}
