// Which models bid, and where they come from:
//
//   GAVEL_MODEL set      that file, and each change of it; the bus is not looked at
//   else                 what the pointer of the bus names, and before there is one, model.bin of the data folder
//
// Rules: docs/learning.md section 4.

import { join } from 'node:path';
import type { Control } from '../../bidcore/control.js';
import type { Config } from '../config.js';
import { fingerprint, watchFile } from '../file_watch.js';
import type { Log } from '../log.js';
import { isModelProblem, ModelSource } from '../model_source.js';
import type { LiveModel } from '../situation.js';
import type { ModelFeed } from './feed.js';
import { FolderFeed } from './folder_feed.js';
import { ModelFollower } from './model_follower.js';
import { RedisFeed } from './redis_feed.js';

/** How often the model file is looked at: a change is to be live within a second. */
const WATCH_MS = 250;
/** Bytes that a pointer named and the bus did not have are asked for again. */
const AGAIN_MS = 1000;

export class LiveModels {
  /** Model files and blobs since the start. */
  readonly loads = { loaded: 0, refused: 0 };
  readonly #control: Control;
  readonly #path: string;
  readonly #source: ModelSource;
  readonly #feed: ModelFeed | undefined;
  readonly #follower: ModelFollower | undefined;
  readonly #log: Log;
  #fileSeen: string | undefined;

  constructor(control: Control, config: Config, log: Log) {
    this.#control = control;
    this.#path = config.modelPath;
    this.#source = new ModelSource(control, config.modelPath);
    this.#log = log;
    if (!config.modelIsDefault) return;
    const folder = join(config.dataDir, 'models');
    const feed = config.redis === undefined ? new FolderFeed(folder) : new RedisFeed(config.redis, config.node, folder);
    this.#feed = feed;
    this.#follower = new ModelFollower(control, feed, {
      loaded: (arm, version) => {
        this.loads.loaded += 1;
        log.info({ version, arm, from: feed.where }, 'model is live');
      },
      refused: (arm, version, problem) => {
        this.loads.refused += 1;
        log.error({ version, arm, from: feed.where, problem }, 'model refused, the old one stays');
      },
      bus: (problem) => {
        if (problem === '') log.info({ from: feed.where }, 'the bus of models answers');
        else log.error({ from: feed.where, problem }, 'the bus of models is of no use: what is live stays');
      },
    });
  }

  /** Loads the first model. Returns what stands in the way. */
  async start(): Promise<readonly string[]> {
    this.#fileSeen = await fingerprint(this.#path); // before it is read: a change in between is then seen as one
    await this.#follower?.look();
    return this.#follower?.follows ? [] : this.#loadFile();
  }

  /** Follows what changes, until `signal` is aborted. */
  follow(signal: AbortSignal): void {
    void watchFile(this.#path, this.#fileSeen, WATCH_MS, signal, async () => {
      if (this.#follower?.follows) return;
      const problems = await this.#loadFile();
      if (problems.length > 0) this.#log.error({ problems }, 'model file refused, the old one stays');
    });
    const follower = this.#follower;
    if (follower === undefined) return;
    this.#feed?.follow(() => follower.look(), signal);
    const again = setInterval(() => {
      if (follower.lacks) void follower.look();
    }, AGAIN_MS);
    const stop = (): void => {
      clearInterval(again);
      this.#feed?.close();
    };
    signal.addEventListener('abort', stop, { once: true });
  }

  /** Version of the control model; 0 before the first one. */
  get version(): number {
    return this.#control.modelVersion;
  }

  /** Seconds since the control model was made; 0 before the first one. */
  ageS(nowMs: number): number {
    const createdMs = this.#follower?.live('control')?.createdMs ?? this.#source.createdMs;
    return createdMs === undefined ? 0 : Math.max(0, (nowMs - createdMs) / 1000);
  }

  /** The control model as the reference bidder reads it, with the candidate. Throws before the first one. */
  get live(): LiveModel {
    const control = this.#follower?.live('control') ?? this.#source.live;
    const candidate = this.#follower?.live('candidate');
    if (candidate === undefined) return control;
    const trial = { model: candidate.image, modelVersion: candidate.version, ...this.#control.trial };
    return { ...control, trial };
  }

  /** Where the control model comes from, for people. */
  get from(): string {
    return this.#follower?.follows ? (this.#feed?.where ?? '') : this.#path;
  }

  async #loadFile(): Promise<readonly string[]> {
    const loaded = await this.#source.load();
    this.loads[isModelProblem(loaded) ? 'refused' : 'loaded'] += 1;
    if (isModelProblem(loaded)) return [`${this.#path}: ${loaded.problem}`];
    this.#log.info({ version: loaded.version }, 'model is live');
    return [];
  }
}
