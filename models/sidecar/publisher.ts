// From what was learned to what bids: makes a candidate, has the gate judge it against the live model, publishes it,
// runs its trial, raises drift and rolls back. Every step is written into the registry with its reason.

import { isModelFileError, readModelFile } from '../../bidcore/model_file.js';
import { writePolicy } from '../../bidcore/policy/policy_weights.js';
import type { TrainerConfig } from '../../bidcore/trainer_keys.js';
import type { Log } from '../../server/log.js';
import { isBusProblem, type Shelf } from '../bus/shelf.js';
import type { DriftAlert } from '../drift/watch.js';
import { evaluate } from '../gate/evaluation.js';
import type { Verdict } from '../gate/gate.js';
import type { PolicyOffers } from '../policy/retraining/schedule.js';
import type { ArmFigures, ModelEntry } from '../registry/entry.js';
import { type Draft, isKeeperProblem, type Keeper } from '../registry/keeper.js';
import { dropUnknown, entryOf, promote, refuse, startTrial } from '../registry/registry.js';
import type { Model, Pipeline } from './pipeline.js';

/** Of the impressions a first model takes, so many are enough for the next. */
const FURTHER = 0.1;
const SALT_RANGE = 2 ** 32;
/** A trial that cannot be judged is given up after so many times its time; after these, where only it lacks traffic. */
const TRIAL_TIMES = 10;
const TRIAL_TIMES_ALONE = 2;

/** Alerts that an entry keeps: the newest. */
const ALERTS_MAX = 100;

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

export class Publisher {
  readonly #keeper: Keeper;
  readonly #pipeline: Pipeline;
  readonly #config: TrainerConfig;
  readonly #log: Log;
  #live: Model;
  /** No round was there yet. */
  #isFirst = true;
  /** Impressions learned when the last candidate was judged; 0: none was of what is learned now. */
  judgedAt: number;
  /** Where retrained policies come from. */
  policies: PolicyOffers | undefined;

  constructor(keeper: Keeper, pipeline: Pipeline, config: TrainerConfig, log: Log, live: Model, judgedAt: number) {
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

  get live(): Model {
    return this.#live;
  }

  /**
   * One round: drift first, then a trial that is under way, else a candidate.
   * @param positions where in the events it stands, for people
   * @throws BusAway
   */
  async round(positions: string): Promise<Outcome> {
    const shelf = await this.#shelf();
    await this.#follow(shelf);
    const outcome = await this.#step(shelf, positions);
    if (outcome.did !== 'nothing' && outcome.did !== 'waiting') await this.#prune();
    return outcome;
  }

  async #step(shelf: Shelf, positions: string): Promise<Outcome> {
    const drifted = await this.#drift();
    if (drifted !== undefined) return drifted;
    const tried = shelf.pointer?.candidate?.version;
    if (tried !== undefined) return this.#endTrial(shelf, tried);
    return (await this.#policy(shelf)) ?? this.#candidate(positions);
  }

  /** The live model with a retrained policy that its gate let through, if there is one. */
  async #policy(shelf: Shelf): Promise<Outcome | undefined> {
    const offer = await this.policies?.offer(this.#live);
    if (offer === undefined) return undefined;
    const { run, weights, sha256, reason, metrics } = offer;
    const image = Uint8Array.from(this.#live.image);
    writePolicy(image, weights);
    const parent = this.#live.version;
    const data = entryOf(shelf, parent)?.data;
    const draft: Draft = {
      ...{ parent, origin: 'trained', state: 'candidate', reason: `policy of run ${run}: ${reason}` },
      ...{ parts: ['policy'], policy: { sha256, metrics: { ...metrics } }, training: { policy_run: run } },
      // All else is the parent's, and so is what it has learned from.
      ...(data === undefined ? {} : { data }),
    };
    const entry = this.#there(await this.#keeper.add(image, draft, parent));
    const outcome = await this.#publish(entry, image);
    await this.policies?.published(run, entry.version);
    return outcome;
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
    const { passes, reason } = verdict;
    const draft: Draft = {
      ...this.#draft(positions),
      state: passes ? 'candidate' : 'refused',
      reason,
      metrics,
      ...(passes ? { parts: [...passed] } : {}),
    };
    const entry = this.#there(await this.#keeper.add(image, draft, this.#live.version));
    const outcome = passes ? await this.#publish(entry, image) : refused(entry.version, reason);
    // Only now: what the bus did not take is made again in the next round.
    this.judgedAt = impressions;
    return outcome;
  }

  #publish(entry: ModelEntry, image: Uint8Array): Promise<Outcome> {
    return this.#config.trialShare > 0 ? this.#tryOut(entry) : this.#activate(entry, image, entry.reason);
  }

  async #activate({ version }: ModelEntry, image: Uint8Array, reason: string): Promise<Outcome> {
    this.#there(await this.#keeper.take((shelf, nowMs) => promote(shelf, version, reason, nowMs)));
    this.#live = { version, image };
    this.#pipeline.version = version;
    this.#pipeline.watch.published();
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
    if (entry === undefined) {
      this.#there(await this.#keeper.take((now, nowMs) => dropUnknown(now, version, nowMs)));
      return refused(version, 'it was in a trial, and the registry does not know it');
    }
    const figures = {
      candidate: arms.figures(version, clicksAConversion),
      control: arms.figures(this.#live.version, clicksAConversion),
    };
    const problem = await this.#keeper.describe(version, (known) => ({ ...known, arms: figures }));
    if (problem !== undefined) throw new BusAway(problem.problem);
    const sinceMs = Date.parse(entry.trial?.since ?? entry.created);
    const passedS = (span.lastMs - sinceMs) / 1000;
    const leftS = Math.ceil(this.#config.trialS - passedS);
    if (leftS > 0) return { did: 'waiting', version, why: `its trial goes on for ${leftS} s at least` };
    const verdict = arms.judge(version, this.#live.version) ?? this.#endless(version, passedS, figures);
    if (verdict === undefined) return { did: 'waiting', version, why: 'its trial has too little traffic yet' };
    if (!verdict.passes) {
      this.#there(await this.#keeper.take((now, nowMs) => refuse(now, version, verdict.reason, nowMs)));
      return refused(version, verdict.reason);
    }
    return this.#activate(entry, await this.#image(version), verdict.reason);
  }

  /** Whether a trial that cannot be judged has gone on for too long: it keeps all others from beginning. */
  #endless(
    version: number,
    passedS: number,
    { candidate, control }: NonNullable<ModelEntry['arms']>,
  ): Verdict | undefined {
    const { arms } = this.#pipeline;
    const isAlone = arms.isEnough(this.#live.version) && !arms.isEnough(version);
    if (passedS <= this.#config.trialS * (isAlone ? TRIAL_TIMES_ALONE : TRIAL_TIMES)) return undefined;
    const told = ({ impressions, clicks }: ArmFigures): string => `${impressions} impressions with ${clicks} clicks`;
    const sizes = `${told(candidate)}, the live model ${told(control)}`;
    return { passes: false, reason: `trial: too little traffic to judge by in ${Math.floor(passedS)} s: ${sizes}` };
  }

  /** Compares the traffic of now with that of the training; what drifted is told, kept, and where wished acted on. */
  async #drift(): Promise<Outcome | undefined> {
    const { watch, span } = this.#pipeline;
    const live = this.#live.version;
    const at = new Date(span.lastMs).toISOString();
    for (const { test, version, text } of watch.check(live, at)) this.#log.warn({ test, version, text }, 'drift');
    const { pending } = watch;
    if (pending.length === 0) return undefined;
    for (const about of new Set(pending.map(({ version }) => version))) await this.#tell(about, pending);
    const reasons = pending.filter((alert) => alert.worse && alert.version === live).map(({ text }) => text);
    const outcome =
      this.#config.rollback && reasons.length > 0 ? await this.#rollBack(`drift: ${reasons.join('; ')}`) : undefined;
    watch.settled();
    return outcome;
  }

  /** Writes the alerts of a version into its entry, each once: an outage may come between this and what follows. */
  async #tell(version: number, pending: readonly DriftAlert[]): Promise<void> {
    const problem = await this.#keeper.describe(version, (entry) => {
      const known = new Set(entry.alerts.map(({ at, text }) => `${at} ${text}`));
      const own = pending.filter((alert) => alert.version === version && !known.has(`${alert.at} ${alert.text}`));
      const alerts = own.map(({ at, test, text }) => ({ at, test, text }));
      return { ...entry, alerts: [...entry.alerts, ...alerts].slice(-ALERTS_MAX) };
    });
    if (problem !== undefined) throw new BusAway(problem.problem);
  }

  async #rollBack(why: string): Promise<Outcome | undefined> {
    const { version } = this.#live;
    const back = await this.#keeper.rollBack(why);
    if (isBusProblem(back)) throw new BusAway(back.problem);
    if (isKeeperProblem(back)) {
      this.#log.warn({ version, problem: back.problem }, 'drift, and nothing to roll back to');
      return undefined;
    }
    await this.#follow(back);
    return { did: 'rolled_back', version, why };
  }

  /**
   * What is live may have been changed: by hand, or by a rollback. Then the learners begin anew from it, or the next
   * round would make live again what they hold; and what was held back while a model was live that was taken back does
   * not judge its followers.
   */
  async #follow(shelf: Shelf): Promise<void> {
    const control = shelf.pointer?.control;
    const isFirst = this.#isFirst;
    if (control === undefined) return;
    if (control !== this.#live.version) this.#live = { version: control, image: await this.#image(control) };
    const { version } = this.#pipeline;
    if (control !== version) {
      // At a start, a model made of these learners went live, and the checkpoint was not written any more.
      const entry = entryOf(shelf, control);
      if (isFirst && entry?.origin === 'trained' && entry.parent === version) {
        this.#pipeline.version = control;
      } else {
        await this.#pipeline.startAgainFrom(this.#live, entryOf(shelf, version)?.state === 'rolled_back');
        this.judgedAt = 0;
        this.#log.info({ version: control, before: version }, 'another model is live: learning begins anew from it');
      }
    }
    this.#isFirst = false;
  }

  /** Deletes what nobody needs; what fails is done at the next change. */
  async #prune(): Promise<void> {
    const pruned = await this.#keeper.prune(this.#config.keep);
    if (isBusProblem(pruned)) this.#log.warn({ problem: pruned.problem }, 'old versions cannot be deleted');
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
        ...finite('progressive_log_loss', counts.progressiveLoss / Math.max(1, counts.impressions)),
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

function refused(version: number, why: string): Outcome {
  return { did: 'refused', version, why };
}

/** A figure; nothing where it is none, which no entry may hold. */
function finite(name: string, value: number): Record<string, number> {
  return Number.isFinite(value) ? { [name]: value } : {};
}
