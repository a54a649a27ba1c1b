// Where a consumer is: a small JSON file, NAME.cursor, replaced as a whole. Retention keeps what a cursor has not passed.

import { type Disk, readWhole, replaceDurably } from './disk.js';
import { type EventLogError, failureOf } from './errors.js';

const ENDING = '.cursor';
const NAME = /^[a-z0-9_-]{1,64}$/;

export interface CursorState {
  /** Position of the first record that is not done with. */
  readonly next: number;
  /** Whether records may be lost to it when it is too far behind; else the log is full before that. */
  readonly mayLose: boolean;
  /** Records that were. */
  readonly lost: number;
}

export class Cursor {
  #state: CursorState;
  #saved: CursorState | undefined;
  #saving: Promise<EventLogError | undefined> | undefined;

  constructor(
    private readonly disk: Disk,
    private readonly folder: string,
    readonly name: string,
    state: CursorState,
    isSaved: boolean,
    private readonly moved: () => void,
  ) {
    if (!NAME.test(name)) throw new Error(`a cursor's name has a to z, 0 to 9, - and _, not ${name}`);
    this.#state = state;
    this.#saved = isSaved ? state : undefined;
  }

  get state(): CursorState {
    return this.#state;
  }

  get next(): number {
    return this.#state.next;
  }

  /** Where a start would find it: up to here records may be deleted. */
  get durableNext(): number {
    return this.#saved?.next ?? 1;
  }

  /** Everything before `next` is done with. Resolves when that is durable. A cursor never goes back. */
  async advance(next: number): Promise<EventLogError | undefined> {
    if (next > this.#state.next) this.#state = { ...this.#state, next };
    const error = await this.save();
    if (error === undefined) this.moved();
    return error;
  }

  /** It may lose records, or must not, from now on. */
  async allowLoss(mayLose: boolean): Promise<EventLogError | undefined> {
    this.#state = { ...this.#state, mayLose };
    return this.save();
  }

  /** Moves it over records that are about to be deleted. */
  async lose(next: number): Promise<EventLogError | undefined> {
    const lost = this.#state.lost + next - this.#state.next;
    this.#state = { ...this.#state, next, lost };
    return this.save();
  }

  /** One write at a time; who comes meanwhile shares the next one. */
  async save(): Promise<EventLogError | undefined> {
    while (this.#saving !== undefined) await this.#saving;
    if (this.#saved === this.#state) return undefined;
    this.#saving = this.#write(this.#state);
    const error = await this.#saving;
    this.#saving = undefined;
    return error;
  }

  async #write(state: CursorState): Promise<EventLogError | undefined> {
    const text = `${JSON.stringify({ next: state.next, may_lose: state.mayLose, lost: state.lost })}\n`;
    try {
      await replaceDurably(this.disk, this.folder, `${this.name}${ENDING}`, Buffer.from(text));
      this.#saved = state;
      return undefined;
    } catch (error) {
      return failureOf(error, `cannot save cursor ${this.name}`);
    }
  }
}

/** The cursors of a folder by their names. */
export async function readCursors(disk: Disk, folder: string): Promise<Map<string, CursorState> | EventLogError> {
  const cursors = new Map<string, CursorState>();
  for (const name of await disk.list(folder)) {
    if (!name.endsWith(ENDING)) continue;
    const path = `${folder}/${name}`;
    const state = parse((await readWhole(disk, path)).toString());
    if (state === undefined) {
      return { code: 'event_log_corrupt', problem: `${path} is broken: no cursor`, file: path, offset: 0 };
    }
    cursors.set(name.slice(0, -ENDING.length), state);
  }
  return cursors;
}

function parse(text: string): CursorState | undefined {
  try {
    const { next, may_lose: mayLose, lost } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isSafeInteger(next) || (next as number) < 1 || typeof mayLose !== 'boolean') return undefined;
    if (!Number.isSafeInteger(lost) || (lost as number) < 0) return undefined;
    return { next: next as number, mayLose, lost: lost as number };
  } catch {
    return undefined;
  }
}
