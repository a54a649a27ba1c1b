// One bidder in this process: memory, module, control and a hot path, loaded with a generated book and a seeded model.
// Everything that could differ between two runs (clock, bid ids, notice key) is fixed here.

import { readFileSync } from 'node:fs';
import { type Book, makeBook } from '../bidcore/book.js';
import type { CampaignFile } from '../bidcore/campaign_file.js';
import { Control } from '../bidcore/control.js';
import { compileModule, createMemory, HotPath } from '../bidcore/hotpath.js';
import { writeModelFile } from '../bidcore/model_file.js';
import { addressSigner } from '../bidcore/money/click_address.js';
import { KeyRing } from '../bidcore/money/key_ring.js';
import type { CampaignState } from '../bidcore/reference/situation.js';
import { seedModel } from '../models/seed_model.js';
import { WorkHash } from './measure.js';

const MODULE = new URL('../../build/hotpath.wasm', import.meta.url);

/** A Wednesday afternoon: the instant at which every generated request is decided. */
export const NOW_MS = Date.UTC(2026, 4, 13, 15, 30);
export const NOW_US = NOW_MS * 1000;
export const DEFAULT_EXCHANGE = 0;

export const NODE_SETTINGS = {
  tmaxMarginUs: 10_000,
  noticeKey: Uint8Array.from({ length: 16 }, (_, i) => i * 7 + 1),
  noticeKeyId: 1,
  node: 0,
};
const noticeKey = { id: NODE_SETTINGS.noticeKeyId, bytes: NODE_SETTINGS.noticeKey };
export const URLS = {
  notices: 'https://bid.example.net',
  markup: 'https://bid.example.net',
  sign: addressSigner(new KeyRing(noticeKey)),
};

export interface Rig {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly control: Control;
  readonly hotpath: HotPath;
}

export async function makeRig(seed: number): Promise<Rig> {
  // Control reads the clock to open campaigns and to let the policy act; what it does then must not depend on the day.
  Date.now = () => NOW_MS;
  const memory = createMemory();
  const module = compileModule(readFileSync(MODULE));
  const control = new Control(memory, module);
  control.configure(NODE_SETTINGS);
  await control.loadModel(modelFile(seed, 1));
  return { memory, module, control, hotpath: new HotPath(memory, module, 0) };
}

const images = new Map<number, Uint8Array>();

/** The seeded model as a file; its image is made once, every benchmark asks for it. */
export function modelFile(seed: number, version: number): Uint8Array {
  const image = images.get(seed) ?? seedModel(seed);
  images.set(seed, image);
  return writeModelFile(image, version, NOW_MS);
}

/** Makes the book live and brings campaigns up to the fixed clock. */
export async function loadBook(rig: Rig, file: CampaignFile, version: number): Promise<Book> {
  const book = makeBook(file, version, URLS);
  const loaded = await rig.control.loadBook(book);
  if ('code' in loaded) throw new Error(`${loaded.code}: ${loaded.problem}`);
  rig.control.tick(NOW_MS);
  return book;
}

/** States of all campaigns as the hot path reads them now. */
export function campaignStates(rig: Rig, book: Book): Map<string, CampaignState> {
  const ids = book.file.accounts.flatMap((account) => account.campaigns.map((campaign) => campaign.id));
  return new Map(ids.map((id) => [id, rig.control.campaignState(id)]));
}

/** Decides one body: the bytes of the answer, or minus the reason. This is what `decision` times. */
export function decide(hotpath: HotPath, body: Uint8Array): number {
  hotpath.input.set(body);
  return hotpath.bid(body.length, NOW_US, DEFAULT_EXCHANGE);
}

export interface Answers {
  /** Of the result and bytes of every answer. */
  readonly hash: string;
  readonly bids: number;
  /** Requests without a bid, by reason code. */
  readonly reasons: ReadonlyMap<number, number>;
  /** The answers as text, empty without a bid. */
  readonly texts: readonly string[];
}

/** Decides every body once, and keeps what came out. */
export function answersTo(hotpath: HotPath, bodies: readonly Uint8Array[]): Answers {
  const hash = new WorkHash();
  const reasons = new Map<number, number>();
  let bids = 0;
  hotpath.setNextBidId(1n);
  const texts = bodies.map((body) => {
    const result = decide(hotpath, body);
    hash.number(result);
    if (result <= 0) {
      reasons.set(-result, (reasons.get(-result) ?? 0) + 1);
      return '';
    }
    bids++;
    const answer = hotpath.output.slice(0, result);
    hash.bytes(answer);
    return Buffer.from(answer).toString();
  });
  return { hash: hash.text(), bids, reasons, texts };
}
