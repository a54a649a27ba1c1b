// The closed loop: three bidders in the same world, offered the same auctions at the same time with the same luck. One
// bids with a cold model for ever, one starts with it and has a trainer beside it, one knows the truth. How much value
// each gets for its money, by windows of auctions, is the curve of what learning is worth.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GavelNode } from '../chaos/gavel_node.js';
import { ALL_CAMPAIGNS } from './bidder_books.js';
import { type Difference, noSums } from './books.js';
import { Buyer, overHttp } from './buyer.js';
import { compareMetrics } from './exchange_run.js';
import { noWindow, valuePerSpend, type Window } from './figures.js';
import { Market } from './market.js';
import { coldModel, oracleModel } from './model_files.js';
import { addressOf, ownEnv, trainerEnv } from './nodes.js';
import type { World } from './world.js';

const ARMS = ['untrained', 'learning', 'oracle'] as const;
export type Arm = (typeof ARMS)[number];

export interface ClosedLoopOptions {
  readonly world: World;
  /** Campaign file as JSON value. */
  readonly campaigns: unknown;
  readonly seed: number;
  readonly auctions: number;
  readonly seconds: number;
  readonly rate: number;
  readonly timeScale: number;
  readonly window: number;
  /** Told now and then. */
  readonly progress: (buyers: readonly Buyer[], perSecond: number) => void;
  readonly progressMs: number;
}

export interface ClosedLoopResult {
  readonly buyers: readonly Buyer[];
  readonly seconds: number;
  readonly differences: readonly Difference[];
}

const CONNECTIONS = 16;
const UNDER_WAY = 24;

export async function runClosedLoop(options: ClosedLoopOptions): Promise<ClosedLoopResult> {
  const { world, seed, auctions, seconds, rate, timeScale, window } = options;
  const folder = mkdtempSync(join(tmpdir(), 'gavel-loop-'));
  const nodes: GavelNode[] = [];
  try {
    for (const arm of ARMS) nodes.push(await startArm(arm, folder, options));
    const buyers = nodes.map((node, n) => {
      const name = ARMS[n] as Arm;
      return new Buyer({
        name,
        world,
        nodes: overHttp([addressOf(node)], CONNECTIONS),
        // The same shares for all, so that the same notices are lost.
        habits: { lost: 0.02, repeated: 0.01, timeScale },
        window,
        // Who does not learn needs no more: what its losing bids hold until they expire, it has to spare.
        tells: name === 'learning' ? 'all' : 'money',
        byBid: false, // only metrics are asked
      });
    });
    const market = new Market({ world, seed, buyers, auctions, seconds, rate, underWay: UNDER_WAY });
    const from = performance.now();
    let before = { n: 0, at: from };
    const timer = setInterval(() => {
      const now = performance.now();
      options.progress(buyers, ((market.offered - before.n) / (now - before.at)) * 1000);
      before = { n: market.offered, at: now };
    }, options.progressMs);
    await market.run();
    clearInterval(timer);
    const took = (performance.now() - from) / 1000;
    for (const buyer of buyers) await buyer.desk.drain();
    const differences = await Promise.all(buyers.map((buyer, n) => compare(buyer, nodes[n] as GavelNode)));
    for (const buyer of buyers) buyer.close();
    return { buyers, seconds: took, differences: differences.flat() };
  } finally {
    for (const node of nodes) await node.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** A bidder of its own. The learner's model is the one its folder starts with, which a trainer may replace. */
async function startArm(arm: Arm, folder: string, { world, campaigns }: ClosedLoopOptions): Promise<GavelNode> {
  const path = join(folder, `${arm}.model`);
  writeFileSync(path, arm === 'oracle' ? oracleModel(world) : coldModel(world));
  const frozen = arm !== 'learning';
  const env = { ...ownEnv(), ...trainerEnv(!frozen), ...(frozen ? { GAVEL_MODEL: path } : {}) };
  const node = new GavelNode({ node: ARMS.indexOf(arm) + 1, folder, campaigns, env });
  if (!frozen) writeFileSync(join(node.dataDir, 'model.bin'), coldModel(world));
  await node.start();
  return node;
}

async function compare(buyer: Buyer, { port }: GavelNode): Promise<Difference[]> {
  const exchange = { campaigns: new Map([[ALL_CAMPAIGNS, buyer.books.total()]]), charges: undefined };
  const differences = await compareMetrics(exchange, `http://127.0.0.1:${port}`, noSums());
  return differences.map((one) => ({ ...one, campaign: buyer.name }));
}

/** Sums of the windows from one on. */
export function sumOf(windows: readonly Window[]): Window {
  const sum = noWindow();
  for (const window of windows) for (const name of Object.keys(sum) as (keyof Window)[]) sum[name] += window[name];
  return sum;
}

/** Value less spend of one buyer as a share of another's, over these windows; undefined where that has none. */
export function surplusShareOf(buyer: Buyer, oracle: Buyer, from: number, to: number): number | undefined {
  const surplus = ({ figures }: Buyer): number => {
    const { valueMicros, spendMicros } = sumOf(figures.windows.slice(from, to));
    return valueMicros - spendMicros;
  };
  const best = surplus(oracle);
  return best > 0 ? surplus(buyer) / best : undefined;
}

/** Value per spend of one buyer as a share of another's, over these windows. */
export function shareOf(buyer: Buyer, oracle: Buyer, from: number, to: number): number | undefined {
  const [own, best] = [buyer, oracle].map(({ figures }) => valuePerSpend(sumOf(figures.windows.slice(from, to))));
  return own === undefined || best === undefined || own === 0 || best === 0 ? undefined : own / best;
}
