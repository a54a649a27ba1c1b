// One run of the exchanges against a bidder: auctions, notices, and at the end the two sides' books held against each
// other.

import { setTimeout as sleep } from 'node:timers/promises';
import type { CampaignFile } from '../../bidcore/campaign_file.js';
import { booksIn } from '../chaos/books.js';
import { ALL_CAMPAIGNS, booksSince, loggedBooks, meteredSums } from './bidder_books.js';
import { type Books, type BookTotals, compareBooks, type Difference, type Sums, type Tampering } from './books.js';
import { type Address, Buyer, overHttp } from './buyer.js';
import { Market } from './market.js';
import type { Nodes } from './nodes.js';
import type { World } from './world.js';

export interface RunOptions {
  readonly world: World;
  readonly seed: number;
  readonly auctions: number;
  readonly seconds: number;
  readonly rate: number;
  readonly timeScale: number;
  /** Auctions a window of the figures. */
  readonly window: number;
  readonly tampering?: Tampering | undefined;
}

export interface RunResult {
  readonly buyer: Buyer;
  readonly seconds: number;
  /** What the two sides do not agree in. */
  readonly differences: readonly Difference[];
  /** Of what the bidder charged, what was billed behind the expiry of its bid; undefined if only totals are known. */
  readonly lateMicros: number | undefined;
  /** What is wrong besides: notices nobody answered, budgets exceeded. */
  readonly problems: readonly string[];
}

const CONNECTIONS = 16;
/** Shares of notices that never arrive, and that come twice. */
export const LOST = 0.02;
export const REPEATED = 0.03;

/**
 * A buyer at these addresses and the market that asks it.
 * @param byBid the buyer's books keep each bid's charge, to compare them with the bidder's event log
 */
export function openMarket(
  options: RunOptions,
  nodes: readonly Address[],
  byBid: boolean,
): { buyer: Buyer; market: Market } {
  const { world, seed, auctions, seconds, rate, timeScale, window, tampering } = options;
  const habits = { lost: LOST, repeated: REPEATED, timeScale };
  const buyer = new Buyer({
    name: 'bidder',
    world,
    nodes: overHttp(nodes, CONNECTIONS),
    habits,
    window,
    tells: 'all',
    tampering,
    byBid,
  });
  const underWay = CONNECTIONS * nodes.length;
  return { buyer, market: new Market({ world, seed, buyers: [buyer], auctions, seconds, rate, underWay }) };
}

/** Runs a market to its end, delivers what is under way, and compares with what the nodes have in their logs. */
export async function runAgainstNodes(
  { buyer, market }: { buyer: Buyer; market: Market },
  nodes: Nodes,
  file: CampaignFile,
): Promise<RunResult> {
  const [from, startedMs] = [performance.now(), Date.now()];
  await market.run();
  const seconds = (performance.now() - from) / 1000;
  await buyer.desk.drain();
  buyer.close();
  const problems: string[] = [];
  if (nodes.redisUrl !== undefined) {
    for (const node of nodes.nodes) await node.shipped();
    problems.push(...(await redisProblems(nodes.redisUrl, buyer.books)));
  }
  await nodes.stop();
  const logged = await loggedBooks(
    nodes.nodes.map(({ dataDir }) => dataDir),
    file,
  );
  problems.push(...logged.problems, ...deskProblems(buyer));
  problems.push(...overspent(logged, logged.lateMicros, file, startedMs));
  const lateMicros = [...logged.lateMicros.values()].reduce((sum, micros) => sum + micros, 0);
  return { buyer, seconds, differences: compareBooks(buyer.books, logged), lateMicros, problems };
}

/** The same with a bidder that runs and goes on running: its metrics are asked before and after. */
export async function runAgainstUrl(
  { buyer, market }: { buyer: Buyer; market: Market },
  base: string,
): Promise<RunResult> {
  const before = await meteredSums(base);
  const from = performance.now();
  await market.run();
  const seconds = (performance.now() - from) / 1000;
  await buyer.desk.drain();
  buyer.close();
  const exchange: BookTotals = { campaigns: new Map([[ALL_CAMPAIGNS, buyer.books.total()]]), charges: undefined };
  const differences = await compareMetrics(exchange, base, before);
  return { buyer, seconds, differences, lateMicros: undefined, problems: deskProblems(buyer) };
}

/** Metrics lag behind the books by a moment: differences are what stays. */
const LAG_MS_MAX = 5000;
const LOOK_MS = 200;

/** What the metrics of a running bidder say since `before` otherwise than an exchange. */
export async function compareMetrics(exchange: BookTotals, base: string, before: Sums): Promise<Difference[]> {
  for (const deadline = performance.now() + LAG_MS_MAX; ; await sleep(LOOK_MS)) {
    const differences = compareBooks(exchange, booksSince(before, await meteredSums(base)));
    if (differences.length === 0 || performance.now() > deadline) return differences;
  }
}

/** What a buyer was not answered, or answered wrongly. */
export function deskProblems({ desk, figures }: Buyer): string[] {
  const { unanswered, refused } = desk.counts;
  return [
    ...(unanswered > 0 ? [`${unanswered} notices were never answered`] : []),
    ...(refused > 0 ? [`${refused} notices were refused (4xx)`] : []),
    ...(figures.failed > 0 ? [`${figures.failed} requests without an answer of 200 or 204`] : []),
  ];
}

/** Campaigns that were charged more than their budget; what was billed late may go over it. */
function overspent(
  { campaigns }: BookTotals,
  lateMicros: ReadonlyMap<string, number>,
  file: CampaignFile,
  startedMs: number,
): string[] {
  const oneDay = new Date(startedMs).toDateString() === new Date().toDateString();
  return file.accounts
    .flatMap((account) => account.campaigns)
    .flatMap(({ id, budget_micros: budget, daily_budget_micros: daily }) => {
      const spent = (campaigns.get(id)?.chargeMicros ?? 0) - (lateMicros.get(id) ?? 0);
      const most = oneDay && daily !== undefined ? Math.min(daily, budget) : budget;
      return spent > most ? [`campaign ${id} spent ${spent} micros in time, of ${most}`] : [];
    });
}

/** What the books in Redis say otherwise than the exchange. */
async function redisProblems(url: string, books: Books): Promise<string[]> {
  const shared = await booksIn(url);
  return shared.flatMap(({ campaignId, spentMicros, problems }) => {
    const ours = books.campaigns.get(campaignId)?.chargeMicros ?? 0;
    return [
      ...problems.map((problem) => `${campaignId}: ${problem}`),
      ...(spentMicros === ours ? [] : [`campaign ${campaignId}: ${spentMicros} micros in Redis, ${ours} billed`]),
    ];
  });
}
