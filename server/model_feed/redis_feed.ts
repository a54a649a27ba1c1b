// The bus of nodes that share a Redis: told of a change on a channel, and asking once a second besides. What went live
// is kept in the folder of a node that is alone, so that a start while Redis is away has the newest model this node
// knew.

import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ModelPointer,
  modelFileName,
  POINTER_FILE,
  readPointer,
  writePointer,
} from '../../bidcore/model_pointer.js';
import { type Away, isAway } from '../../bidcore/money/authority.js';
import { listen } from '../redis/channel.js';
import { RedisModels, versionStored } from '../redis/models.js';
import { describeAddress, type RedisAddress } from '../redis/redis_url.js';
import { BlobReader } from './blob_reader.js';
import { type FeedProblem, isFeedProblem, type ModelBytes, type ModelFeed } from './feed.js';
import { FolderFeed } from './folder_feed.js';
import { ModelBuffers } from './model_buffers.js';

const POLL_MS = 1000;
const WRITE_BYTES = 2 ** 17;
const WRITE_REST_MS = 1;

/** Bytes of a version on their way. */
interface Fetch {
  readonly version: number;
  isUnderWay: boolean;
  /** Where they go. */
  readonly memory: ModelBytes;
  readonly bytes: Promise<ModelBytes | undefined | Away>;
}

export class RedisFeed implements ModelFeed {
  readonly where: string;
  readonly #models: RedisModels;
  readonly #address: RedisAddress;
  readonly #name: string;
  readonly #copy: FolderFeed;
  readonly #buffers = new ModelBuffers();
  readonly #reader: BlobReader;
  /** Of a version that was stored and not pointed to yet. */
  #ahead: Fetch | undefined;
  /** Of the version that was last asked for. */
  #given: Fetch | undefined;
  /** Files that must stay, as of then. */
  #inUse: readonly Uint8Array[] = [];
  #asked = false;
  #listening: { close(): void } | undefined;

  /** @param folder `models` of the data folder: where the copy is */
  constructor(address: RedisAddress, node: number, folder: string) {
    this.#name = `gavel-${node}-models`;
    this.#models = new RedisModels(address, this.#name);
    this.#address = address;
    this.#reader = new BlobReader({ address, name: `${this.#name}-bytes` });
    this.#copy = new FolderFeed(folder);
    this.where = describeAddress(address);
  }

  async pointer(): Promise<ModelPointer | undefined | FeedProblem> {
    const first = !this.#asked;
    this.#asked = true;
    const text = await this.#models.pointer();
    const away = typeof text === 'object' && isAway(text);
    if (away || text === undefined) {
      // Redis may also have come back empty: until a trainer has published again, what this node bid with.
      const copy = first ? await this.#copy.pointer() : undefined;
      if (copy !== undefined && !isFeedProblem(copy)) return copy;
      return away ? { problem: text.problem } : undefined;
    }
    return readPointer(text) ?? { problem: `${this.where} holds no pointer` };
  }

  async file(version: number, inUse: readonly Uint8Array[]): Promise<ModelBytes | FeedProblem> {
    const isAhead = this.#ahead?.version === version;
    this.#inUse = inUse;
    this.#given = isAhead ? this.#ahead : undefined;
    if (isAhead) this.#ahead = undefined;
    let bytes = await this.#given?.bytes;
    if (!(bytes instanceof Uint8Array)) {
      this.#given = this.#fetch(version);
      bytes = await this.#given.bytes;
    }
    if (bytes instanceof Uint8Array) return bytes;
    const copy = await this.#copy.file(version, inUse);
    if (!isFeedProblem(copy)) return copy;
    return { problem: bytes === undefined ? `${this.where} has no bytes of version ${version}` : bytes.problem };
  }

  async wentLive(pointer: ModelPointer, version: number, file: Uint8Array): Promise<void> {
    const folder = this.#copy.where;
    const kept = await this.#copy.pointer();
    if (kept !== undefined && !isFeedProblem(kept) && kept.sequence > pointer.sequence) return;
    await mkdir(folder, { recursive: true });
    for (const [name, content] of [
      [modelFileName(version), file],
      [POINTER_FILE, Buffer.from(writePointer({ sequence: pointer.sequence, control: version }))],
    ] as const) {
      const unfinished = join(folder, `${name}.copy`);
      await writeInPieces(unfinished, content);
      await rename(unfinished, join(folder, name));
    }
    const others = (await readdir(folder)).filter(
      (name) => /^\d+\.model$/.test(name) && name !== modelFileName(version),
    );
    for (const name of others) await unlink(join(folder, name));
  }

  follow(changed: () => Promise<void>, signal: AbortSignal): void {
    this.#listening = listen(this.#address, `${this.#name}-channel`, this.#models.channel, (message) => {
      const version = versionStored(message);
      if (version === undefined) void changed();
      else if (this.#ahead?.isUnderWay !== true) this.#ahead = this.#fetch(version);
    });
    void (async () => {
      while (!signal.aborted) {
        await sleep(POLL_MS, undefined, { signal }).catch(() => undefined); // cut short by the stop
        if (!signal.aborted) await changed();
      }
    })();
  }

  close(): void {
    this.#listening?.close();
    this.#models.close();
    this.#reader.close();
  }

  #fetch(version: number): Fetch {
    const others = [this.#ahead, this.#given].flatMap((other) => other?.memory ?? []);
    const memory = this.#buffers.take([...this.#inUse, ...others]);
    const read = async (): Promise<ModelBytes | undefined | Away> => {
      const length = await this.#reader.read(version, memory.buffer);
      fetch.isUnderWay = false;
      return typeof length === 'number' ? memory.subarray(0, length) : length;
    };
    const fetch: Fetch = { version, memory, isUnderWay: true, bytes: read() };
    return fetch;
  }
}

/** Writes a file that nobody waits for, with rests in between, so that bids do not wait for it either. */
async function writeInPieces(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      if (at > 0) await sleep(WRITE_REST_MS);
      await file.writeFile(bytes.subarray(at, at + WRITE_BYTES));
    }
  } finally {
    await file.close();
  }
}
