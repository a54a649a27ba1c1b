// When the policy is retrained: every so many seconds, in a process of its own, one run at a time. A run that was cut
// off, with the sidecar or by itself, goes on. What passes its gate is offered to the publisher; if another policy bids
// by then, it was judged against the wrong one, and is refused.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isZeroPolicy, type PolicyWeights, readPolicy } from '../../../bidcore/policy/policy_weights.js';
import type { PolicyRunConfig } from '../../../bidcore/trainer_keys.js';
import type { Log } from '../../../server/log.js';
import { isStateError } from '../../state.js';
import { readPolicyFile, writePolicyFile } from '../policy_file.js';
import * as store from './run.js';

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));
/** The log of the last week is read. */
const SINCE_MS = 7 * 86_400_000;
/** A process that ended before its run did is started again so often, and after so long. */
const RESTARTS_MAX = 3;
const RESTART_MS = 5000;
const RUNS_KEPT = 20;
/** How often it looks whether a run is due. */
const LOOK_MS = 1000;
const SEED_STEP = 7919;
/** 6144 slots a round, shorter than by hand, for the sake of the others on the machine. */
const SIZES = { environments: 32, rollout_steps: 192, checkpoint_s: 20, episodes: 60, worlds: 60, days: 4 };

/** A candidate that its gate let through. */
export interface PolicyOffer {
  readonly run: number;
  readonly weights: PolicyWeights;
  readonly sha256: string;
  readonly reason: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Where policies come from, as the publisher sees it. */
export interface PolicyOffers {
  /** One that may follow the policy of the live image. */
  offer(live: { readonly image: Uint8Array }): Promise<PolicyOffer | undefined>;
  published(run: number, version: number): Promise<void>;
}

export interface ScheduleOptions {
  readonly modelsDir: string;
  readonly eventsDir: string;
  readonly config: PolicyRunConfig;
  readonly log: Log;
  readonly live: () => { readonly version: number; readonly image: Uint8Array } | undefined;
}

export class PolicySchedule implements PolicyOffers {
  readonly #options: ScheduleOptions;
  #dueMs = Number.POSITIVE_INFINITY;
  #run: store.PolicyRun | undefined;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #restarts = 0;
  #busy = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** In words: off, when the next run is, how far one is, what came of the last. */
  get status(): string {
    if (this.#options.config.everyS === 0) return 'off';
    const run = this.#run;
    if (run === undefined) return 'no run yet';
    if (run.state !== 'running') return `run ${run.number} ${run.state}: ${run.reason}`;
    return `run ${run.number}: step ${run.step - run.first_step} of ${run.config.steps}`;
  }

  /** Goes on with a run that was cut off, or waits until one is due. */
  async start(): Promise<void> {
    const { config, modelsDir } = this.#options;
    if (config.everyS === 0) return;
    this.#run = (await store.listRuns(modelsDir)).at(-1);
    const last = this.#run === undefined ? Date.now() : Date.parse(this.#run.created);
    this.#dueMs = last + config.everyS * 1000;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    if (this.#run?.state === 'running') this.#fork(this.#run.number);
  }

  /** Ends the process of a run, which is gone on with at the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async offer({ image }: { readonly image: Uint8Array }): Promise<PolicyOffer | undefined> {
    const run = this.#run;
    if (run?.state !== 'passed' || run.version !== undefined) return undefined;
    const { modelsDir } = this.#options;
    const bytes = await store.readRunFile(modelsDir, run.number, store.CANDIDATE_FILE);
    const weights = bytes === undefined ? undefined : readPolicyFile(bytes);
    if (bytes === undefined || weights === undefined || isStateError(weights)) {
      return this.#refuse(run, weights === undefined ? 'its candidate is gone' : 'its candidate is damaged');
    }
    const judged = await store.readRunFile(modelsDir, run.number, store.INCUMBENT_FILE);
    if (hashOfLive(image) !== (judged === undefined ? undefined : store.sha256Of(judged))) {
      return this.#refuse(run, 'another policy is live than the one it was judged against');
    }
    const { candidate = {} } = run.metrics ?? {};
    return { run: run.number, weights, sha256: store.sha256Of(bytes), reason: run.reason, metrics: candidate };
  }

  async published(number: number, version: number): Promise<void> {
    const run = await store.readRun(this.#options.modelsDir, number);
    if (run === undefined) return;
    await this.#write({ ...run, version });
  }

  async #refuse(run: store.PolicyRun, reason: string): Promise<undefined> {
    await this.#write({ ...run, state: 'refused', reason });
    return undefined;
  }

  async #write(run: store.PolicyRun): Promise<void> {
    await store.writeRun(this.#options.modelsDir, run);
    if (this.#run?.number === run.number) this.#run = run;
  }

  async #look(): Promise<void> {
    if (this.#busy || this.#child !== undefined || Date.now() < this.#dueMs) return;
    if (this.#run?.state === 'running') return; // it is started again
    this.#busy = true;
    try {
      await this.#begin();
    } catch (error) {
      this.#options.log.error({ problem: (error as Error).message }, 'the policy cannot be retrained');
    } finally {
      this.#dueMs = Date.now() + this.#options.config.everyS * 1000;
      this.#busy = false;
    }
  }

  async #begin(): Promise<void> {
    const { modelsDir, eventsDir, config } = this.#options;
    const live = this.#options.live();
    if (live === undefined) return;
    const runs = await store.listRuns(modelsDir);
    const hash = hashOfLive(live.image);
    // The run whose candidate bids now: its agent goes on.
    const from = runs.findLast(({ files }) => hash !== undefined && files[store.CANDIDATE_FILE] === hash);
    const number = await store.nextRunNumber(modelsDir);
    const now = new Date();
    const run: store.PolicyRun = {
      ...{ number, state: 'running', reason: '', created: now.toISOString() },
      ...{ parent: live.version, from: from?.number ?? 0 },
      config: {
        seed: (number * SEED_STEP) >>> 0,
        steps: config.steps,
        cpu_share: config.cpuShare,
        sigma: config.sigma,
        auctions_min: config.auctionsMin,
        events: eventsDir,
        since: new Date(now.getTime() - SINCE_MS).toISOString(),
        ...SIZES,
      },
      ...{ first_step: from?.best_step ?? 0, step: from?.best_step ?? 0, best_step: 0 },
      ...{ evaluations: [], wall_s: 0, cpu_s: 0, files: {} },
    };
    const incumbent = readPolicy(live.image);
    if (!isZeroPolicy(incumbent)) {
      await store.writeRunFile(modelsDir, number, store.INCUMBENT_FILE, writePolicyFile(incumbent));
    }
    await store.writeRun(modelsDir, run);
    await store.pruneRuns(modelsDir, RUNS_KEPT, new Set([number, from?.number ?? 0]));
    this.#run = run;
    this.#restarts = 0;
    this.#fork(number);
  }

  #fork(number: number): void {
    const { modelsDir, log } = this.#options;
    const child = fork(CHILD, [modelsDir, String(number)], { execArgv: ['--enable-source-maps'] });
    this.#child = child;
    log.info({ run: number, pid: child.pid }, 'the policy is retrained');
    child.on('message', (run) => {
      this.#run = run as store.PolicyRun;
    });
    child.once('error', (error) => log.error({ run: number, problem: error.message }, 'no process for a retraining'));
    child.once('exit', (code, signal) => void this.#ended(number, `it ended with ${signal ?? code}`));
  }

  async #ended(number: number, how: string): Promise<void> {
    this.#child = undefined;
    const { modelsDir, log } = this.#options;
    const run = await store.readRun(modelsDir, number);
    if (this.#timer === undefined || run === undefined) return;
    this.#run = run;
    if (run.state !== 'running') {
      const { state, reason, cpu_s, wall_s } = run;
      log.info({ run: number, state, reason, cpu_s, wall_s }, 'the policy was retrained');
      return;
    }
    if (this.#restarts >= RESTARTS_MAX) {
      await this.#write({ ...run, state: 'failed', reason: `${how}, ${RESTARTS_MAX + 1} times` });
      log.error({ run: number, problem: how }, 'retraining the policy failed');
      return;
    }
    this.#restarts += 1;
    log.warn({ run: number, problem: how }, 'retraining the policy is gone on with');
    setTimeout(() => this.#timer !== undefined && this.#child === undefined && this.#fork(number), RESTART_MS).unref();
  }
}

/** Of the policy's file; undefined of a model that has none. */
function hashOfLive(image: Uint8Array): string | undefined {
  const policy = readPolicy(image);
  return isZeroPolicy(policy) ? undefined : store.sha256Of(writePolicyFile(policy));
}
