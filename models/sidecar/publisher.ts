// From what was learned to what bids: makes a candidate, has the gate judge it against the live model, publishes it,
// runs its trial, raises drift and rolls back. Every step is written into the registry with its reason.

import { isModelFileError, readModelFile } from '../../bidcore/model_file.js';
import type { TrainerConfig } from '../../bidcore/trainer_keys.js';
import type { Log } from '../../server/log.js';
import { isBusProblem, type Shelf } from '../bus/shelf.js';
import { evaluate } from '../gate/evaluation.js';
import type { ModelEntry } from '../registry/entry.js';
import { type Draft, isKeeperProblem, type Keeper } from '../registry/keeper.js';
import { entryOf, promote, refuse, startTrial } from '../registry/registry.js';
import type { Pipeline } from './pipeline.js';

/** Of the impressions a first model takes, so many are enough for the next. */
const FURTHER = 0.1;
const SALT_RANGE = 2 ** 32;

/** What a round of publishing did. */
export type Outcome =
  | { readonly did: 'nothing'; readonly why: string }
  | {
      readonly did: 'refused' | 'trial' | 'active' | 'rolled_back' | 'waiting';
      readonly version: number;
      readonly why: string;
    };

/** The bus does not answer: it is tried again at the next round. */
export class BusAway extends Error {}

interface Live {
  readonly version: number;
  readonly image: Uint8Array;
}

export class Publisher {
  readonly #keeper: Keeper;
  readonly #pipeline: Pipeline;
  readonly #config: TrainerConfig;
  readonly #log: Log;
  #live: Live;
  /** Impressions learned when the last candidate was made. */
  judgedAt: number;

  constructor(keeper: Keeper, pipeline: Pipeline, config: TrainerConfig, log: Log, live: Live, judgedAt: number) {
    this.#keeper = keeper;
    this.#pipeline = pipeline;
    this.#config = config;
    this.#log = log;
    this.#live = live;
    this.judgedAt = judgedAt;
  }

  get liveVersion(): number {
    return this.#live.version;
  }

  /**
   * One round: drift first, then a trial that is under way, else a candidate.
   * @param positions where in the events it stands, for people
   * @throws BusAway
   */
  async round(positions: string): Promise<Outcome> {
    const shelf = await this.#shelf();
    await this.#follow(shelf);
    const drifted = await this.#drift();
    if (drifted !== undefined) return drifted;
    const tried = shelf.pointer?.candidate?.version;
    if (tried !== undefined) return this.#endTrial(shelf, tried);
    return this.#candidate(positions);
  }

  async #candidate(positions: string): Promise<Outcome> {
    const { learners, held } = this.#pipeline;
    const { impressions } = learners.counts;
    const { examplesMin } = this.#config;
    if (impressions < examplesMin) return nothing(`${impressions} of ${examplesMin} impressions learned`);
    const further = Math.max(1, Math.floor(examplesMin * FURTHER));
    if (this.judgedAt > 0 && impressions - this.judgedAt < further) {
      return nothing(`${impressions - this.judgedAt} impressions since the last candidate, of ${further}`);
    }
    const whole = learners.image(this.#live.image);
    const { verdict, passed, metrics } = evaluate(whole, this.#live.image, held);
    const image = verdict.passes ? learners.image(this.#live.image, passed) : whole;
    this.judgedAt = impressions;
    const state = verdict.passes ? 'candidate' : 'refused';
    const draft = { ...this.#draft(positions), state, reason: verdict.reason, metrics } as const;
    const entry = this.#there(await this.#keeper.add(image, draft, this.#live.version));
    const { version } = entry;
    if (!verdict.passes) return { did: 'refused', version, why: verdict.reason };
    return this.#config.trialShare > 0 ? this.#tryOut(entry) : this.#activate(entry, image, verdict.reason);
  }

  async #activate({ version }: ModelEntry, image: Uint8Array, reason: string): Promise<Outcome> {
    this.#there(await this.#keeper.take((shelf, nowMs) => promote(shelf, version, reason, nowMs)));
    this.#live = { version, image };
    this.#pipeline.watch.published();
    this.#there(await this.#keeper.prune(this.#config.keep));
    return { did: 'active', version, why: reason };
  }

  async #tryOut({ version, reason }: ModelEntry): Promise<Outcome> {
    const salt = Math.imul(version, 0x9e3779b1) >>> 0; // another split of users for every trial
    const trial = { share: this.#config.trialShare, salt: salt % SALT_RANGE, sinceMs: this.#pipeline.span.lastMs };
    this.#pipeline.arms.clear(version);
    this.#pipeline.arms.clear(this.#live.version);
    this.#there(await this.#keeper.take((shelf, nowMs) => startTrial(shelf, version, trial, reason, nowMs)));
    return { did: 'trial', version, why: reason };
  }

  async #endTrial(shelf: Shelf, version: number): Promise<Outcome> {
    const { arms, clicksAConversion, span } = this.#pipeline;
    const entry = entryOf(shelf, version);
    if (entry === undefined) return nothing(`version ${version} is in a trial that the registry does not know`);
    const figures = {
      candidate: arms.figures(version, clicksAConversion),
      control: arms.figures(this.#live.version, clicksAConversion),
    };
    const problem = await this.#keeper.describe(version, (known) => ({ ...known, arms: figures }));
    if (problem !== undefined) throw new BusAway(problem.problem);
    const sinceMs = Date.parse(entry.trial?.since ?? entry.created);
    const leftS = Math.ceil(this.#config.trialS - (span.lastMs - sinceMs) / 1000);
    if (leftS > 0) return { did: 'waiting', version, why: `its trial goes on for ${leftS} s at least` };
    const verdict = arms.judge(version, this.#live.version);
    if (verdict === undefined) return { did: 'waiting', version, why: 'its trial has too little traffic yet' };
    if (!verdict.passes) {
      this.#there(await this.#keeper.take((now, nowMs) => refuse(now, version, verdict.reason, nowMs)));
      return { did: 'refused', version, why: verdict.reason };
    }
    return this.#activate(entry, await this.#image(version), verdict.reason);
  }

  /** Compares the traffic of now with that of the training; what drifted is told, kept, and where wished acted on. */
  async #drift(): Promise<Outcome | undefined> {
    const found = this.#pipeline.watch.check();
    if (found.length === 0) return undefined;
    const { version } = this.#live;
    const at = new Date(this.#pipeline.span.lastMs).toISOString();
    for (const { test, text } of found) this.#log.warn({ test, version, text }, 'drift');
    const alerts = found.map(({ test, text }) => ({ at, test, text }));
    await this.#keeper.describe(version, (entry) => ({ ...entry, alerts: [...entry.alerts, ...alerts].slice(-100) }));
    if (!this.#config.rollback) return undefined;
    const why = `drift: ${found.map(({ text }) => text).join('; ')}`;
    const back = await this.#keeper.rollBack(why);
    if (isBusProblem(back)) throw new BusAway(back.problem);
    if (isKeeperProblem(back)) {
      this.#log.warn({ version, problem: back.problem }, 'drift, and nothing to roll back to');
      return undefined;
    }
    await this.#follow(back);
    return { did: 'rolled_back', version, why };
  }

  /** What is live may have been changed by hand. */
  async #follow({ pointer }: Shelf): Promise<void> {
    if (pointer === undefined || pointer.control === this.#live.version) return;
    this.#live = { version: pointer.control, image: await this.#image(pointer.control) };
  }

  async #image(version: number): Promise<Uint8Array> {
    const file = await this.#keeper.bus.readModel(version);
    if (file === undefined || isBusProblem(file)) throw new BusAway(file?.problem ?? `no bytes of version ${version}`);
    const model = readModelFile(file);
    if (isModelFileError(model)) throw new BusAway(`version ${version}: ${model.problem}`);
    return model.image;
  }

  #draft(positions: string): Omit<Draft, 'state' | 'reason' | 'metrics'> {
    const { counts } = this.#pipeline.learners;
    const { firstMs, lastMs } = this.#pipeline.span;
    const { holdback, negatives, clickWindowS, conversionWindowS } = this.#config;
    return {
      parent: this.#live.version,
      origin: 'trained',
      data: {
        first: new Date(firstMs).toISOString(),
        last: new Date(lastMs).toISOString(),
        positions,
        impressions: counts.impressions,
        clicks: counts.clicks,
        conversions: counts.conversions,
        prices: counts.prices,
      },
      training: {
        holdback,
        negatives,
        click_window_s: clickWindowS,
        conversion_window_s: conversionWindowS,
        progressive_log_loss: counts.progressiveLoss / Math.max(1, counts.impressions),
      },
    };
  }

  async #shelf(): Promise<Shelf> {
    return this.#there(await this.#keeper.read());
  }

  /** What must not fail for another reason than an absent bus. */
  #there<T extends object>(value: T): Exclude<T, { readonly problem: string }> {
    if (isBusProblem(value)) throw new BusAway(value.problem);
    // Somebody else has changed the registry between two steps: looked at anew in the next round.
    if (isKeeperProblem(value)) throw new BusAway(value.problem);
    return value as Exclude<T, { readonly problem: string }>;
  }
}

function nothing(why: string): Outcome {
  return { did: 'nothing', why };
}
