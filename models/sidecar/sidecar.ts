// The sidecar at work: waits until nobody else trains, takes up its checkpoint or begins with the live model, and then
// goes round: notices, now and then a checkpoint, now and then a model.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrainerFigures } from '../../bidcore/trainer_metrics.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import type { Log } from '../../server/log.js';
import { isBusProblem, LEASE_MS, type LeaseClaim, type ModelBus } from '../bus/shelf.js';
import { PolicySchedule } from '../policy/retraining/schedule.js';
import { Keeper } from '../registry/keeper.js';
import { type Checkpoint, isCheckpointProblem, readCheckpoint, saveCheckpoint, setAside } from './checkpoint.js';
import { type FirstModel, firstModel } from './first_model.js';
import { Pipeline } from './pipeline.js';
import { BusAway, type Outcome, Publisher } from './publisher.js';
import type { Settings } from './settings.js';
import type { Source } from './source.js';
import { writeStatus } from './status.js';

const WAIT_MS = 50;
const STATUS_MS = 1000;
const RENEW_MS = LEASE_MS / 4;
/** A lease older than this is renewed before anything is done under it. */
const LEASE_SURE_MS = 0.7 * LEASE_MS;
const STANDBY_MS = 1000;
const NO_DRIFT: TrainerFigures['drift'] = { feature: 0, price: 0, prediction: 0, reward: 0, calibration: 0 };

export interface SidecarOptions {
  /** Takes what is there, makes a model if there is enough, and ends. */
  readonly once: boolean;
  /** Told of every round that did something. */
  readonly told: (outcome: Outcome) => void;
  readonly signal: AbortSignal;
}

/** It cannot go on; started again, it may. */
export class SidecarStopped extends Error {}

/** Another may train now: back to standing by. */
class LeaseLost extends Error {}

export class Sidecar {
  readonly #settings: Settings;
  readonly #bus: ModelBus;
  readonly #source: Source;
  readonly #log: Log;
  readonly #options: SidecarOptions;
  #pipeline: Pipeline | undefined;
  #publisher: Publisher | undefined;
  #policies: PolicySchedule | undefined;
  /** Of the bus. */
  #problem = '';
  /** Of the source, as it was told last. */
  #unread = '';
  #behind = false;
  /** When the lease that is held was asked for last (monotonic clock); undefined: it stands by. */
  #renewedMs: number | undefined;
  #claim: LeaseClaim = { owner: randomUUID(), term: 0 };
  #lost: string | undefined;

  constructor(settings: Settings, bus: ModelBus, source: Source, log: Log, options: SidecarOptions) {
    this.#settings = settings;
    this.#bus = bus;
    this.#source = source;
    this.#log = log;
    this.#options = options;
  }

  /** Works until it is told to end. Throws SidecarStopped. */
  async run(): Promise<void> {
    await realDisk.makeFolder(this.#settings.modelsDir);
    const status = setInterval(() => void this.#tell(), STATUS_MS);
    const renewal = setInterval(() => void this.#renew(), RENEW_MS);
    try {
      while (await this.#leaseHeld()) {
        if (await this.#trained()) return;
      }
    } finally {
      clearInterval(status);
      clearInterval(renewal);
      await this.#source.close();
    }
  }

  /** Trains as long as it has the right to; false if it lost that, and what came since its checkpoint is forgotten. */
  async #trained(): Promise<boolean> {
    try {
      await this.#begin();
      await this.#work();
      return true;
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      if (this.#options.once) throw new SidecarStopped(error.message);
      this.#log.warn({ why: error.message }, 'it may not train any more');
      this.#renewedMs = undefined;
      this.#pipeline = undefined;
      this.#publisher = undefined;
      return false;
    } finally {
      await this.#policies?.stop();
    }
  }

  /** Waits for the right to train; false if it was told to end before. */
  async #leaseHeld(): Promise<boolean> {
    let said = '';
    const checkpoint = await readCheckpoint(this.#settings.modelsDir);
    if (checkpoint !== undefined && !isCheckpointProblem(checkpoint)) {
      this.#claim = { owner: checkpoint.owner, term: checkpoint.term };
    }
    for (let tries = 0; !this.#options.signal.aborted; tries++) {
      const askedMs = performance.now();
      const lease = await this.#bus.lease(this.#claim);
      if (lease === 'held') {
        this.#lost = undefined;
        this.#renewedMs = askedMs;
        this.#claim = { ...this.#claim, term: this.#term };
        return true;
      }
      const why = isBusProblem(lease) ? lease.problem : `another trains: ${lease.holder}`;
      // The first look may find the lease of a process that has died, which is gone at the second.
      if (tries > 0 && this.#options.once) throw new SidecarStopped(why);
      if (tries > 0 && why !== said) this.#log.info({ why }, 'standing by');
      said = tries > 0 ? why : '';
      this.#problem = isBusProblem(lease) ? why : '';
      await this.#pause(tries === 0 ? WAIT_MS : STANDBY_MS);
    }
    return false;
  }

  async #renew(): Promise<void> {
    if (this.#renewedMs === undefined) return;
    const askedMs = performance.now();
    const lease = await this.#bus.lease(this.#claim);
    if (this.#renewedMs === undefined) return;
    if (lease === 'held') {
      // Between two leases another may have had one, and have ended.
      if (this.#leaseAgeMs > LEASE_MS) this.#lost = 'its lease had expired';
      else this.#renewedMs = askedMs;
    } else if (!isBusProblem(lease)) {
      this.#lost = `another trains: ${lease.holder}`;
    }
  }

  /** Makes sure that nobody else trains. Throws LeaseLost. */
  async #hold(): Promise<void> {
    if (this.#leaseAgeMs > LEASE_SURE_MS) await this.#renew();
    if (this.#lost !== undefined) throw new LeaseLost(this.#lost);
    if (this.#leaseAgeMs > LEASE_SURE_MS) throw new LeaseLost('its lease cannot be renewed');
  }

  /** 0 of one that does not expire. */
  get #leaseAgeMs(): number {
    if (this.#bus.term === undefined) return 0;
    return performance.now() - (this.#renewedMs ?? Number.NEGATIVE_INFINITY);
  }

  get #term(): number {
    return this.#bus.term ?? 0;
  }

  async #begin(): Promise<void> {
    const keeper = new Keeper(this.#bus);
    const live = await this.#liveModel(keeper);
    const checkpoint = await this.#checkpoint();
    const { trainer } = this.#settings;
    this.#pipeline = await Pipeline.startFrom(live, trainer);
    let taken = checkpoint;
    if (checkpoint !== undefined) {
      try {
        this.#pipeline.restore(checkpoint.pipeline);
      } catch (error) {
        await this.#discard((error as Error).message);
        this.#pipeline = await Pipeline.startFrom(live, trainer);
        taken = undefined;
      }
    }
    this.#publisher = new Publisher(keeper, this.#pipeline, trainer, this.#log, live, taken?.judgedAt ?? 0);
    await this.#schedulePolicies(this.#publisher);
    // The live model has learned what is before its own positions: that is not learned again.
    await this.#source.open(taken?.positions ?? live.positions);
    const { notices } = this.#pipeline;
    const from = taken === undefined ? `model ${live.version}` : 'its checkpoint';
    this.#log.info({ notices, from, source: this.#source.where, bus: this.#bus.where }, 'training');
  }

  async #schedulePolicies(publisher: Publisher): Promise<void> {
    if (this.#options.once) return;
    const { modelsDir, eventsDir, trainer } = this.#settings;
    const options = { modelsDir, eventsDir, config: trainer.policy, log: this.#log, live: () => publisher.live };
    this.#policies = new PolicySchedule(options);
    publisher.policies = this.#policies;
    await this.#policies.start();
  }

  async #checkpoint(): Promise<Checkpoint | undefined> {
    const read = await readCheckpoint(this.#settings.modelsDir);
    if (read === undefined) return undefined;
    if (isCheckpointProblem(read)) {
      await this.#discard(read.problem);
      return undefined;
    }
    if (read.term === this.#term) return read;
    const say = 'another has trained since the checkpoint: it is left, and training begins with the live model';
    this.#log.info({ term: this.#term, checkpoint: read.term }, say);
    return undefined;
  }

  async #discard(problem: string): Promise<void> {
    const aside = await setAside(this.#settings.modelsDir, Date.now());
    const say = 'the checkpoint is of no use: it is put aside, and training begins with the live model';
    this.#log.error({ problem, aside }, say);
  }

  async #work(): Promise<void> {
    const { checkpointS, publishS } = this.#settings.trainer;
    const { signal, once } = this.#options;
    let publishMs = performance.now() + publishS * 1000;
    let checkpointMs = performance.now() + checkpointS * 1000;
    let saved = '';
    const save = async (): Promise<void> => {
      const mark = this.#mark();
      await this.#hold();
      if (saved !== mark) await this.#save();
      saved = mark;
      checkpointMs = performance.now() + checkpointS * 1000;
    };
    while (!signal.aborted) {
      await this.#hold();
      const records = await this.#source.next(() => this.#lost === undefined && this.#leaseAgeMs < LEASE_MS);
      for (const record of records) this.#pipelineThere.take(record);
      this.#behind = records.length > 0;
      this.#look();
      if (once && this.#source.problem !== '') throw new SidecarStopped(this.#source.problem);
      if (performance.now() >= checkpointMs) await save();
      if (performance.now() >= publishMs || (once && records.length === 0)) {
        // Before: who is killed while it publishes is not to learn again what the model then holds. After: a round
        // changes what is watched, and what was judged.
        await save();
        await this.#hold();
        if (await this.#publish()) saved = '';
        await save();
        publishMs = performance.now() + publishS * 1000;
      }
      if (once && records.length === 0) return;
      if (records.length === 0) await this.#pause(WAIT_MS);
      else await sleep(0); // signals, renewals and the status want a turn
    }
    await save();
  }

  /** Says once why no notices come, and once that they do again. */
  #look(): void {
    const { problem, where } = this.#source;
    if (problem === this.#unread) return;
    this.#unread = problem;
    if (problem === '') this.#log.info({ source: where }, 'notices are read again');
    else this.#log.error({ problem, source: where }, 'no notices can be read');
  }

  /** Gives whether there is something to save, also without further notices. */
  async #publish(): Promise<boolean> {
    const publisher = this.#publisher;
    if (publisher === undefined) throw new Error('nothing to publish before it began');
    try {
      const outcome = await publisher.round(JSON.stringify(this.#source.positions()));
      this.#problem = '';
      if (outcome.did === 'nothing') this.#log.debug(outcome, 'no model this time');
      else this.#log.info(outcome, 'published');
      if (outcome.did !== 'nothing' || this.#options.once) this.#options.told(outcome);
      return outcome.did !== 'nothing' && outcome.did !== 'waiting';
    } catch (error) {
      if (!(error instanceof BusAway)) throw error;
      if (this.#options.once) throw new SidecarStopped(error.message);
      this.#problem = error.message;
      this.#log.error({ problem: error.message }, 'the bus does not answer: published later');
      return true; // of what it found, something may wait for the bus
    }
  }

  /** Differs whenever there is something new to save: notices, or what a round of publishing has left behind. */
  #mark(): string {
    const { notices, watch } = this.#pipelineThere;
    return JSON.stringify([notices, watch.alerts, this.#publisher?.judgedAt, this.#publisher?.liveVersion]);
  }

  /** Saves what the records and rounds so far have made. */
  async #save(): Promise<void> {
    const pipeline = this.#pipelineThere;
    const { notices } = pipeline;
    const startedMs = performance.now();
    const checkpoint = {
      positions: this.#source.positions(),
      pipeline: pipeline.state(),
      judgedAt: this.#publisher?.judgedAt ?? 0,
      ...this.#claim,
    };
    const bytes = await saveCheckpoint(this.#settings.modelsDir, checkpoint);
    await this.#source.done();
    const milliseconds = Math.round(performance.now() - startedMs);
    const { counts, open } = pipeline.join;
    this.#log.debug({ notices, bytes, milliseconds, lost: this.#source.lost, open, ...counts }, 'checkpoint');
  }

  /** The model to begin with; waits for one. */
  async #liveModel(keeper: Keeper): Promise<FirstModel> {
    for (let said = ''; ; await this.#pause(STANDBY_MS)) {
      const model = await firstModel(keeper, this.#settings);
      this.#problem = 'problem' in model ? model.problem : '';
      if ('image' in model) return model;
      if (model.problem !== said) this.#log.warn({ problem: model.problem }, 'no model to begin with yet');
      if (this.#options.once || this.#options.signal.aborted) throw new SidecarStopped(model.problem);
      said = model.problem;
    }
  }

  /** How it stands, as its status and its metrics tell. */
  get figures(): TrainerFigures {
    const { impressions = 0, clicks = 0, conversions = 0, prices = 0 } = this.#pipeline?.totals ?? {};
    const problem = this.#problem || this.#unread;
    const lastMs = this.#pipeline?.span.lastMs ?? 0;
    const isLate = lastMs > 0 && (this.#behind || problem !== '');
    return {
      up: true,
      notices: this.#pipeline?.notices ?? 0,
      lagS: isLate ? Math.max(0, (Date.now() - lastMs) / 1000) : 0,
      problem,
      examples: { impression: impressions - clicks, click: clicks, conversion: conversions, price: prices },
      drift: this.#pipeline?.watch.alerts ?? NO_DRIFT,
    };
  }

  async #tell(): Promise<void> {
    const { up: _, ...figures } = this.figures;
    await writeStatus(this.#settings.modelsDir, {
      atMs: Date.now(),
      pid: process.pid,
      role: this.#pipeline === undefined ? 'standby' : 'training',
      ...figures,
      live: this.#publisher?.liveVersion ?? 0,
      policy: this.#policies?.status ?? '',
    }).catch((error: Error) => this.#log.warn({ problem: error.message }, 'the status cannot be written'));
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#options.signal }).catch(() => undefined); // cut short by the stop
  }

  get #pipelineThere(): Pipeline {
    if (this.#pipeline === undefined) throw new Error('nothing to learn with before it began');
    return this.#pipeline;
  }
}
