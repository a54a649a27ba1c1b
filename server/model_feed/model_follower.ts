// Brings what the pointer of a bus names into the hot path: read, verify, load, flip. One change is worked through at a
// time, always towards the newest pointer. What does not verify changes nothing, is told once, and is tried again when
// the pointer changes; a bus that does not answer changes nothing either.

import { MODEL_HEADER_BYTES, MODEL_HEADER_VERSION } from '../../assembly/model_layout.js';
import type { ModelFileError } from '../../bidcore/model_file.js';
import type { PlacedModel } from '../../bidcore/model_place.js';
import type { ModelPointer } from '../../bidcore/model_pointer.js';
import type { Arm } from '../../bidcore/snapshot.js';
import type { LiveModel } from '../situation.js';
import { isFeedProblem, type ModelFeed } from './feed.js';

/** What of `Control` it needs. */
export interface ModelTarget {
  readonly modelVersion: number;
  readonly candidateVersion: number;
  loadModel(file: Uint8Array, arm: Arm): Promise<PlacedModel | ModelFileError>;
  setTrial(share: number, salt: number): void;
  dropCandidate(): Promise<void>;
}

export interface FollowerEvents {
  /** A model went live. */
  loaded(arm: Arm, version: number): void;
  /** A model was refused. */
  refused(arm: Arm, version: number, problem: string): void;
  /** The bus has nothing that can be used, for this reason; '' once it has again. */
  bus(problem: string): void;
}

/** A model with when it was made, milliseconds since the epoch. */
export interface FollowedModel extends LiveModel {
  readonly createdMs: number;
  /** As it came. */
  readonly file: Uint8Array;
}

export class ModelFollower {
  readonly #target: ModelTarget;
  readonly #feed: ModelFeed;
  readonly #events: FollowerEvents;
  readonly #live: Record<Arm, FollowedModel | undefined> = { control: undefined, candidate: undefined };
  #sequence = 0;
  /** Versions that could not be loaded under this sequence: not again before it changes. */
  readonly #refused = new Set<number>();
  #problem = '';
  #lacks = false;
  #working: Promise<void> | undefined;
  #again = false;

  constructor(target: ModelTarget, feed: ModelFeed, events: FollowerEvents) {
    this.#target = target;
    this.#feed = feed;
    this.#events = events;
  }

  /** The model of an arm, if it came from the bus. */
  live(arm: Arm): FollowedModel | undefined {
    return this.#live[arm];
  }

  /** Whether a pointer of the bus has been followed: from then on the bus says what is live. */
  get follows(): boolean {
    return this.#live.control !== undefined;
  }

  /** Whether the bus, when it was last looked at, had not all that its pointer names: worth another look soon. */
  get lacks(): boolean {
    return this.#lacks;
  }

  /** Looks at the bus now; resolves when what it says is live, or refused. */
  look(): Promise<void> {
    if (this.#working !== undefined) {
      this.#again = true;
      return this.#working;
    }
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  async #work(): Promise<void> {
    do {
      this.#again = false;
      const pointer = await this.#feed.pointer();
      if (pointer === undefined) continue;
      if (isFeedProblem(pointer)) this.#tell(pointer.problem);
      else {
        this.#lacks = !(await this.#follow(pointer));
        if (!this.#lacks) this.#tell('');
      }
    } while (this.#again);
  }

  /** Whether the bus had all it names. */
  async #follow(pointer: ModelPointer): Promise<boolean> {
    if (pointer.sequence < this.#sequence) return true;
    if (pointer.sequence > this.#sequence) this.#refused.clear();
    this.#sequence = pointer.sequence;
    const control = await this.#bring('control', pointer.control, pointer);
    if (control !== 'live') return control === 'refused';
    const { candidate } = pointer;
    const brought = candidate && (await this.#bring('candidate', candidate.version, pointer));
    if (candidate !== undefined && brought === 'live') {
      this.#target.setTrial(candidate.share, candidate.salt);
    } else if (this.#target.candidateVersion !== 0 && this.#target.candidateVersion !== candidate?.version) {
      await this.#target.dropCandidate();
      this.#live.candidate = undefined;
    }
    return brought !== 'away';
  }

  /** Makes a version the model of an arm. */
  async #bring(arm: Arm, version: number, pointer: ModelPointer): Promise<'live' | 'refused' | 'away'> {
    const now = arm === 'control' ? this.#target.modelVersion : this.#target.candidateVersion;
    if (this.#live[arm]?.version === version && now === version) return 'live';
    if (this.#refused.has(version)) return 'refused';
    const other = this.#live[arm === 'control' ? 'candidate' : 'control'];
    const file = other?.version === version ? other.file : await this.#feed.file(version, this.#inUse());
    if (isFeedProblem(file)) {
      // Perhaps only now: asked again soon (`lacks`), told once.
      this.#tell(`version ${version}: ${file.problem}`);
      return 'away';
    }
    const stated = versionOf(file);
    if (stated !== version) return this.#refuse(arm, version, `its file says version ${stated}`);
    const loaded = await this.#target.loadModel(file, arm);
    if ('problem' in loaded) return this.#refuse(arm, version, loaded.problem);
    const { createdMs } = loaded;
    this.#live[arm] = { version, image: loaded.file.subarray(MODEL_HEADER_BYTES), createdMs, file: loaded.file };
    this.#events.loaded(arm, version);
    // A copy that cannot be kept costs a start during an outage, nothing now.
    if (arm === 'control') await this.#feed.wentLive?.(pointer, version, loaded.file).catch(() => undefined);
    return 'live';
  }

  #inUse(): Uint8Array[] {
    return Object.values(this.#live).flatMap((model) => (model === undefined ? [] : [model.file]));
  }

  #refuse(arm: Arm, version: number, problem: string): 'refused' {
    this.#refused.add(version);
    this.#events.refused(arm, version, problem);
    return 'refused';
  }

  #tell(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#events.bus(problem);
  }
}

/** What a file says its version is; 0 if it is too short to say. Nothing of it has been verified. */
function versionOf(file: Uint8Array): number {
  return file.length < MODEL_HEADER_BYTES
    ? 0
    : new DataView(file.buffer, file.byteOffset).getUint32(MODEL_HEADER_VERSION, true);
}
