// The hot path's module as the code around it sees it: what it exports, how it is made, and that it fits this build.

import { LAYOUT_HASH } from '../assembly/generated.js';
import { MEMORY_PAGES } from '../assembly/memory_map.js';
import { assertLimits } from './limits.js';

/** Exports of `assembly/hotpath.ts`. Addresses and lengths are bytes; a u64 is a BigInt. */
export interface HotPathExports {
  layoutHash(): number;
  init(worker: number): void;
  setNextBidId(high: number, low: number): void;
  bid(length: number, nowUs: number, exchange: number): number;
  bidThrough(length: number, nowUs: number, exchange: number, stage: number, chunks: number): number;
  chunksMatched(): number;
  splitBatch(length: number): number;
  prepareAds(snapshot: number, arm: number, from: number, to: number): void;
  actOnCampaign(campaign: number, nowMs: number, normal: number): void;
  featuresAddress(): number;
  exponential(x: number): number;
  hashInput(length: number): bigint;
  macInput(length: number): bigint;
  macOutput(length: number): void;
}

/** The memory all workers share. Reserved whole, backed by the system page by page as it is touched. */
export function createMemory(): WebAssembly.Memory {
  assertLimits();
  return new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
}

/** Compiles the bytes of `build/hotpath.wasm`. One module serves all threads. */
export function compileModule(bytes: Uint8Array): WebAssembly.Module {
  return new WebAssembly.Module(bytes);
}

/** Makes a thread's instance. Throws if the module was built for another memory map. */
export function instantiate(memory: WebAssembly.Memory, module: WebAssembly.Module, worker: number): HotPathExports {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as HotPathExports;
  if (exports.layoutHash() !== LAYOUT_HASH) {
    throw new Error('build/hotpath.wasm was built for another memory map: run npm run build');
  }
  exports.init(worker);
  return exports;
}
