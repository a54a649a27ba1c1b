// The thread that compiles books, from outside: orders one behind the other. One that died is started again with the
// next order, and knows nothing.

import { Worker } from 'node:worker_threads';
import type { BookError } from '../../bidcore/book_compiler.js';
import type { CampaignFile } from '../../bidcore/campaign_file.js';
import type { CampaignPart } from '../../bidcore/campaign_part.js';
import type { BookAnswer, BookOrder, BookThreadStart, CompiledBook } from './messages.js';

const SCRIPT = new URL('./book_thread.js', import.meta.url);

interface Waiting {
  resolve(answer: BookAnswer): void;
  reject(error: Error): void;
}

export class BookHost {
  readonly #start: BookThreadStart;
  #thread: Worker | undefined;
  /** Orders that were not answered yet, in order. */
  #waiting: Waiting[] = [];
  /** Whether the thread knows the campaigns of the database. */
  #knows = false;

  constructor(start: BookThreadStart) {
    this.#start = start;
  }

  /**
   * Reads and checks a campaign file, which is compiled next.
   * @returns the file, or why it is refused
   */
  async read(path: string): Promise<CampaignFile | readonly string[]> {
    const answer = await this.#ask({ kind: 'read', path });
    if (answer.kind === 'file') return answer.file;
    return answer.kind === 'refused' ? answer.problems : unexpected(answer);
  }

  /**
   * Takes the campaigns of the database, which are compiled next.
   * @param parts what is new since the last call; undefined: all may be
   */
  async take(file: CampaignFile, parts: readonly CampaignPart[] | undefined): Promise<void> {
    await this.#ask(this.#knows && parts !== undefined ? { kind: 'parts', parts } : { kind: 'whole', file });
    this.#knows = true;
  }

  /** Compiles what came last into a half that nobody reads. */
  async compile(
    half: number,
    version: number,
    indices: ReadonlyMap<string, number>,
  ): Promise<CompiledBook | BookError> {
    const answer = await this.#ask({ kind: 'compile', half, version, indices });
    return answer.kind === 'compiled' ? answer.book : unexpected(answer);
  }

  /**
   * Writes the campaigns of the database to `PATH.new`, from where they are to be moved.
   * @returns what tells that file from another; undefined: it is gone already
   */
  async write(path: string): Promise<string | undefined> {
    const answer = await this.#ask({ kind: 'write', path });
    return answer.kind === 'done' ? answer.mark : unexpected(answer);
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #ask(order: BookOrder): Promise<BookAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#thread ??= this.#started();
      this.#thread.ref(); // while somebody waits
      this.#thread.postMessage(order);
    });
  }

  #started(): Worker {
    const thread = new Worker(SCRIPT, { workerData: this.#start, name: 'book' });
    thread.on('message', (answer: BookAnswer) => {
      this.#waiting.shift()?.resolve(answer);
      if (this.#waiting.length === 0) thread.unref();
    });
    thread.on('error', (error) => this.#lose(error));
    thread.once('exit', () => this.#lose(new Error('the thread that compiles books has ended')));
    return thread;
  }

  #lose(error: Error): void {
    this.#thread = undefined;
    this.#knows = false;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function unexpected(answer: BookAnswer): never {
  throw new Error(`the thread that compiles books answered ${answer.kind}`);
}
