// The bus of nodes that share a Redis: told of a change on a channel, and asking once a second besides. What went live
// is kept in the folder of a node that is alone, so that a start while Redis is away has the newest model this node
// knew.

import { mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ModelPointer,
  modelFileName,
  POINTER_FILE,
  readPointer,
  writePointer,
} from '../../bidcore/model_pointer.js';
import { isAway } from '../../bidcore/money/authority.js';
import { listen } from '../redis/channel.js';
import { RedisModels, versionStored } from '../redis/models.js';
import { describeAddress, type RedisAddress } from '../redis/redis_url.js';
import { type FeedProblem, isFeedProblem, type ModelFeed } from './feed.js';
import { FolderFeed } from './folder_feed.js';

const POLL_MS = 1000;

export class RedisFeed implements ModelFeed {
  readonly where: string;
  readonly #models: RedisModels;
  readonly #address: RedisAddress;
  readonly #name: string;
  readonly #copy: FolderFeed;
  /** A version that was stored and not pointed to yet: fetched ahead. */
  #ahead: { readonly version: number; readonly bytes: ReturnType<RedisModels['blob']> } | undefined;
  #asked = false;
  #listening: { close(): void } | undefined;

  /** @param folder `models` of the data folder: where the copy is */
  constructor(address: RedisAddress, node: number, folder: string) {
    this.#name = `gavel-${node}-models`;
    this.#models = new RedisModels(address, this.#name);
    this.#address = address;
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

  async file(version: number, inUse: readonly Uint8Array[]): Promise<Uint8Array | FeedProblem> {
    const ahead = this.#ahead?.version === version ? await this.#ahead.bytes : undefined;
    this.#ahead = undefined;
    const bytes = ahead instanceof Uint8Array ? ahead : await this.#models.blob(version);
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
      [POINTER_FILE, writePointer({ sequence: pointer.sequence, control: version })],
    ] as const) {
      const unfinished = join(folder, `${name}.copy`);
      await writeFile(unfinished, content);
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
      else this.#ahead = { version, bytes: this.#models.blob(version) };
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
  }
}
