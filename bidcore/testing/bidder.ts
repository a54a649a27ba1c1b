// One bidder in this process, for tests: memory, module, control and a hot path, with a book and a model loaded.

import { readFileSync } from 'node:fs';
import type { Book } from '../book.js';
import { Control } from '../control.js';
import { compileModule, createMemory, HotPath } from '../hotpath.js';
import { writeModelFile } from '../model_file.js';
import type { ModelImage } from '../reference/model.js';
import { SAMPLE_NOW_US } from './sample_book.js';
import { sampleModel } from './sample_model.js';

export const MODULE_FILE = new URL('../../../build/hotpath.wasm', import.meta.url);
export const SAMPLE_SETTINGS = {
  tmaxMarginUs: 10_000,
  noticeKey: Uint8Array.from({ length: 16 }, (_, i) => i),
  noticeKeyId: 1,
  node: 3,
};

export interface Answer {
  /** 0 for a bid. */
  readonly reason: number;
  readonly text: string;
}

export class TestBidder {
  readonly memory = createMemory();
  readonly module = compileModule(readFileSync(MODULE_FILE));
  readonly control = new Control(this.memory, this.module);
  readonly hotPath = new HotPath(this.memory, this.module, 0);

  constructor() {
    this.control.configure(SAMPLE_SETTINGS);
  }

  /** Loads a book and, the first time, a model; then brings the campaigns' gates to the sample time. */
  async load(book: Book, model: ModelImage = sampleModel(1), version = 1): Promise<void> {
    const loaded = await this.control.loadBook(book);
    if ('code' in loaded) throw new Error(loaded.problem);
    if (this.control.modelVersion !== version) {
      const result = await this.control.loadModel(writeModelFile(model, version, 0));
      if ('problem' in result) throw new Error(result.problem);
    }
    this.control.tick(SAMPLE_NOW_US / 1000);
  }

  /** Answers a body: text, bytes, or a value that is sent as JSON. */
  bid(body: unknown, exchange = 0, nowUs = SAMPLE_NOW_US): Answer {
    const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const bytes = Buffer.from(text);
    this.hotPath.input.set(bytes);
    const result = this.hotPath.bid(bytes.length, nowUs, exchange);
    if (result <= 0) return { reason: -result, text: '' };
    return { reason: 0, text: Buffer.from(this.hotPath.output.subarray(0, result)).toString() };
  }
}
