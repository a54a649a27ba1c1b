// The sidecar at work: waits until nobody else trains, takes up its checkpoint or begins with the live model, and then
// goes round: notices, now and then a checkpoint, now and then a model.

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DRIFT_TESTS } from '../../bidcore/drift_tests.js';
import { isModelFileError, readModelFile } from '../../bidcore/model_file.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import type { Log } from '../../server/log.js';
import { isBusProblem, LEASE_MS, type ModelBus, type Shelf } from '../bus/shelf.js';
import { isKeeperProblem, Keeper } from '../registry/keeper.js';
import { promote } from '../registry/registry.js';
import { type Checkpoint, isCheckpointProblem, readCheckpoint, saveCheckpoint, setAside } from './checkpoint.js';
import { type Model, Pipeline } from './pipeline.js';
import { BusAway, type Outcome, Publisher } from './publisher.js';
import type { Settings } from './settings.js';
import type { Source } from './source.js';
import { writeStatus } from './status.js';

const WAIT_MS = 50;
const STATUS_MS = 1000;
const RENEW_MS = LEASE_MS / 4;
const STANDBY_MS = 1000;

export interface SidecarOptions {
  /** Takes what is there, makes a model if there is enough, and ends. */
  readonly once: boolean;
  /** Told of every round that did something. */
  readonly told: (outcome: Outcome) => void;
  readonly signal: AbortSignal;
}

/** It cannot go on; started again, it may. */
export class SidecarStopped extends Error {}

export class Sidecar {
  readonly #settings: Settings;
  readonly #bus: ModelBus;
  readonly #source: Source;
  readonly #log: Log;
  readonly #options: SidecarOptions;
  #pipeline: Pipeline | undefined;
  #publisher: Publisher | undefined;
  #problem = '';
  #behind = false;
  #renewedMs = 0;
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
      if (!(await this.#leaseHeld())) return;
      await this.#begin();
      await this.#work();
    } finally {
      clearInterval(status);
      clearInterval(renewal);
      await this.#source.close();
    }
  }

  /** Waits for the right to train; false if it was told to end before. */
  async #leaseHeld(): Promise<boolean> {
    let said = '';
    for (let tries = 0; !this.#options.signal.aborted; tries++) {
      const lease = await this.#bus.lease();
      if (lease === 'held') {
        this.#renewedMs = performance.now();
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
    if (this.#renewedMs === 0) return;
    const lease = await this.#bus.lease();
    if (lease === 'held') this.#renewedMs = performance.now();
    else if (!isBusProblem(lease)) this.#lost = `another trains: ${lease.holder}`;
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
    await this.#source.open(taken?.positions ?? {});
    const { notices } = this.#pipeline;
    const from = taken === undefined ? `model ${live.version}` : 'its checkpoint';
    this.#log.info({ notices, from, source: this.#source.where, bus: this.#bus.where }, 'training');
  }

  async #checkpoint(): Promise<Checkpoint | undefined> {
    const read = await readCheckpoint(this.#settings.modelsDir);
    if (read === undefined || !isCheckpointProblem(read)) return read;
    await this.#discard(read.problem);
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
      if (saved !== mark) await this.#save();
      saved = mark;
      checkpointMs = performance.now() + checkpointS * 1000;
    };
    while (!signal.aborted) {
      if (this.#lost !== undefined) throw new SidecarStopped(this.#lost);
      const records = await this.#source.next(() => this.#lost === undefined);
      for (const record of records) this.#pipelineThere.take(record);
      this.#behind = records.length > 0;
      this.#problem = this.#source.problem;
      if (once && this.#problem !== '') throw new SidecarStopped(this.#problem);
      if (performance.now() >= checkpointMs) await save();
      if (performance.now() >= publishMs || (once && records.length === 0)) {
        // Before: who is killed while it publishes is not to learn again what the model then holds. After: a round
        // changes what is watched, and what was judged.
        await save();
        await this.#publish();
        await save();
        publishMs = performance.now() + publishS * 1000;
      }
      if (once && records.length === 0) return;
      if (records.length === 0) await this.#pause(WAIT_MS);
      else await sleep(0); // signals, renewals and the status want a turn
    }
    await save();
  }

  async #publish(): Promise<void> {
    const publisher = this.#publisher;
    if (publisher === undefined) throw new Error('nothing to publish before it began');
    try {
      const outcome = await publisher.round(JSON.stringify(this.#source.positions()));
      if (outcome.did === 'nothing') this.#log.debug(outcome, 'no model this time');
      else this.#log.info(outcome, 'published');
      if (outcome.did !== 'nothing' || this.#options.once) this.#options.told(outcome);
    } catch (error) {
      if (!(error instanceof BusAway)) throw error;
      if (this.#options.once) throw new SidecarStopped(error.message);
      this.#problem = error.message;
      this.#log.error({ problem: error.message }, 'the bus does not answer: published later');
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
    };
    const bytes = await saveCheckpoint(this.#settings.modelsDir, checkpoint);
    await this.#source.done();
    const milliseconds = Math.round(performance.now() - startedMs);
    const { counts, open } = pipeline.join;
    this.#log.debug({ notices, bytes, milliseconds, lost: this.#source.lost, open, ...counts }, 'checkpoint');
  }

  /**
   * The model that bids. Where nothing was ever published, that of the data folder becomes the first of the
   * registry.
   */
  async #liveModel(keeper: Keeper): Promise<Model> {
    for (let said = ''; ; await this.#pause(STANDBY_MS)) {
      const model = await this.#tryLive(keeper);
      if ('image' in model) return model;
      this.#problem = model.problem;
      if (model.problem !== said) this.#log.warn({ problem: model.problem }, 'no model to begin with yet');
      if (this.#options.once || this.#options.signal.aborted) throw new SidecarStopped(model.problem);
      said = model.problem;
    }
  }

  async #tryLive(keeper: Keeper): Promise<Model | { readonly problem: string }> {
    const shelf = await keeper.read();
    if (isBusProblem(shelf)) return shelf;
    if (shelf.pointer !== undefined) {
      const file = await this.#bus.readModel(shelf.pointer.control);
      if (file === undefined) return { problem: `${this.#bus.where} has no bytes of version ${shelf.pointer.control}` };
      return isBusProblem(file) ? file : modelOf(file, this.#bus.where);
    }
    const path = this.#settings.modelPath;
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await readFile(path));
    } catch (error) {
      return { problem: (error as Error).message };
    }
    const model = modelOf(bytes, path);
    return 'problem' in model ? model : this.#found(keeper, model, path);
  }

  async #found(keeper: Keeper, model: Model, path: string): Promise<Model | { readonly problem: string }> {
    const reason = `found in ${path} when the registry began`;
    const draft = { parent: 0, state: 'candidate', reason, origin: 'found' } as const;
    const entry = await keeper.add(model.image, draft, model.version - 1);
    if (isKeeperProblem(entry)) return entry;
    const after: Shelf | { readonly problem: string } = await keeper.take((now, nowMs) =>
      promote(now, entry.version, reason, nowMs),
    );
    return isKeeperProblem(after) ? after : { version: entry.version, image: model.image };
  }

  async #tell(): Promise<void> {
    const pipeline = this.#pipeline;
    const counts = pipeline?.totals;
    const nowMs = Date.now();
    await writeStatus(this.#settings.modelsDir, {
      atMs: nowMs,
      pid: process.pid,
      role: pipeline === undefined ? 'standby' : 'training',
      notices: pipeline?.notices ?? 0,
      lagS: pipeline !== undefined && this.#behind ? Math.max(0, (nowMs - pipeline.span.lastMs) / 1000) : 0,
      examples: {
        impression: (counts?.impressions ?? 0) - (counts?.clicks ?? 0),
        click: counts?.clicks ?? 0,
        conversion: counts?.conversions ?? 0,
        price: counts?.prices ?? 0,
      },
      drift: pipeline?.watch.alerts ?? Object.fromEntries(DRIFT_TESTS.map((test) => [test, 0])),
      live: this.#publisher?.liveVersion ?? 0,
      problem: this.#problem,
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

function modelOf(file: Uint8Array, where: string): Model | { readonly problem: string } {
  const model = readModelFile(file);
  return isModelFileError(model) ? { problem: `${where}: ${model.problem}` } : model;
}
