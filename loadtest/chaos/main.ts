// `npm run chaos`: bidders under load are killed with -9 again and again; at the end the books of the exchange and
// those of the bidders must be the same to the micro. docs/simulation.md says how to read what it prints.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '../../bidcore/fuzz/random.js';
import { startRedis } from '../../server/testing/redis_server.js';
import { booksIn } from './books.js';
import { chaosCampaigns } from './campaigns.js';
import { chargesOf } from './charges.js';
import { Faults, isFault } from './faults.js';
import { GavelNode } from './gavel_node.js';
import { Market } from './market.js';
import { Wire } from './wire.js';

const HELP = `npm run chaos -- [options]

Starts bidders, asks them for bids, sends win, billing and loss notices (delayed, repeated, to any node, again until
they are answered), and kills a bidder with SIGKILL at random moments, again and again. With Redis it also kills Redis,
and cuts it off. Then every notice is delivered, and what the exchange billed is compared with the event logs, or with
the books in Redis: nothing lost, nothing doubled, no budget exceeded.

  --rounds N      faults (default 50)
  --redis KIND    none (default: one bidder by itself), single or cluster (three masters)
  --nodes N       bidders that share the Redis (default 2)
  --only FAULT    bidder, redis or cut: nothing else goes wrong, and every cut takes all of its time
  --cut-seconds N longest time Redis is cut off (default 6); the cut in the middle of the run takes all of it
  --rate N        bid requests a second to each bidder (default 150)
  --campaigns N   campaigns (default 6)
  --seed S        of the exchange's choices (default 1)
  --keep          keep the data folders
  --json          the figures as one JSON object
  --help

Exit code 1 if the books differ.`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    redis: { type: 'string', default: 'none' },
    nodes: { type: 'string', default: '2' },
    only: { type: 'string' },
    'cut-seconds': { type: 'string', default: '6' },
    rate: { type: 'string', default: '150' },
    campaigns: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
/** One key for all: a notice may go to any node. */
const NOTICE_KEY = '000102030405060708090a0b0c0d0e0f';
const say = (text: string): void => void process.stderr.write(`${text}\n`);

if (values.help) console.log(HELP);
else if (values.redis !== 'none' && values.redis !== 'single' && values.redis !== 'cluster') {
  say(`chaos: --redis is none, single or cluster, not ${values.redis}`);
  process.exitCode = 1;
} else process.exitCode = await run(values.redis);

async function run(kind: 'none' | 'single' | 'cluster'): Promise<number> {
  const random = new Random(Number(values.seed));
  const folder = mkdtempSync(join(tmpdir(), 'gavel-chaos-'));
  const campaigns = chaosCampaigns(Number(values.campaigns));
  const site = kind === 'none' ? undefined : await startRedis(kind);
  const wire = site === undefined ? undefined : await Wire.to(site);
  const env = { GAVEL_NOTICE_KEY: NOTICE_KEY, ...(wire === undefined ? {} : { REDIS_URL: wire.url }) };
  const count = site === undefined ? 1 : Number(values.nodes);
  const nodes = Array.from({ length: count }, (_, n) => new GavelNode({ node: n + 1, folder, campaigns, env }));
  const market = new Market(nodes, random);
  for (const node of nodes) await node.start();
  market.start(Number(values.rate));
  const { only } = values;
  if (only !== undefined && !isFault(only)) throw new Error(`--only is bidder, redis or cut, not ${only}`);
  const faults = new Faults(nodes, site, wire, random, Number(values['cut-seconds']), only);
  const rounds = Number(values.rounds);
  for (let round = 1; round <= rounds; round++) {
    await sleep(random.int(300, 2500));
    await faults.next(round === Math.ceil(rounds / 2));
    if (round % 5 === 0) say(`chaos: ${round} of ${rounds}, ${market.bids} bids, ${market.billed.size} billed`);
  }
  await market.stop();
  for (const node of nodes) await node.shipped();
  for (const node of nodes) await node.stop();
  const folders = nodes.map(({ dataDir }) => join(dataDir, 'events'));
  const differences =
    site === undefined ? await compareLogs(folders, market) : await compareRedis(site.url, folders, market);
  differences.push(...overspent(campaigns, market));
  report(market, faults, differences);
  await wire?.close();
  await site?.stop();
  if (!values.keep && differences.length === 0) rmSync(folder, { recursive: true });
  else say(`chaos: data folders in ${folder}`);
  return differences.length > 0 || market.unanswered.length > 0 ? 1 : 0;
}

/** What the log of a bidder by itself says otherwise than the exchange. */
async function compareLogs(folders: readonly string[], market: Market): Promise<string[]> {
  const differences: string[] = [];
  const charges = await chargesOf(folders);
  for (const [bid, { campaign, chargeMicros }] of market.billed) {
    const its = charges.get(bid) ?? [];
    if (its.length !== 1) differences.push(`bid ${bid} of ${campaign} was charged ${its.length} times`);
    else if (its[0] !== chargeMicros) differences.push(`bid ${bid} was charged ${its[0]}, not ${chargeMicros}`);
  }
  for (const bid of charges.keys()) if (!market.billed.has(bid)) differences.push(`bid ${bid} was not billed`);
  return differences;
}

/** What Redis, and the logs together, say otherwise. A bid may be in the logs of several nodes. */
async function compareRedis(url: string, folders: readonly string[], market: Market): Promise<string[]> {
  const differences: string[] = [];
  const charges = await chargesOf(folders);
  for (const [bid, { chargeMicros }] of market.billed) {
    const its = charges.get(bid) ?? [];
    if (its.length === 0) differences.push(`bid ${bid} is in no log`);
    else if (its.some((micros) => micros !== chargeMicros)) differences.push(`bid ${bid}: ${its.join()} in the logs`);
  }
  const spent = spentBy(market);
  for (const { campaignId, spentMicros, problems } of await booksIn(url)) {
    differences.push(...problems.map((problem) => `${campaignId}: ${problem}`));
    const billed = spent.get(campaignId) ?? 0;
    if (spentMicros !== billed) differences.push(`campaign ${campaignId}: ${spentMicros} in Redis, ${billed} billed`);
    spent.delete(campaignId);
  }
  for (const [campaign, micros] of spent) differences.push(`campaign ${campaign}: ${micros} billed, nothing in Redis`);
  return differences;
}

function spentBy({ billed }: Market): Map<string, number> {
  const spent = new Map<string, number>();
  for (const { campaign, chargeMicros } of billed.values()) {
    spent.set(campaign, (spent.get(campaign) ?? 0) + chargeMicros);
  }
  return spent;
}

function overspent(campaigns: unknown, market: Market): string[] {
  const file = campaigns as { accounts: { campaigns: { id: string; budget_micros: number }[] }[] };
  const spent = spentBy(market);
  return file.accounts
    .flatMap((account) => account.campaigns)
    .filter(({ id, budget_micros: budget }) => (spent.get(id) ?? 0) > budget)
    .map(({ id, budget_micros: budget }) => `campaign ${id} spent ${spent.get(id)} of ${budget}`);
}

function report(market: Market, faults: Faults, differences: readonly string[]): void {
  const { requests, bids, billed, notices, retries, repeats, unanswered } = market;
  const figures = {
    ...faults.counts,
    requests,
    bids,
    billed: billed.size,
    notices,
    retries,
    repeats,
    unanswered: unanswered.length,
    differences: differences.length,
  };
  const words = Object.entries(figures).map(([name, n]) => `${name} ${n}`);
  console.log(values.json ? JSON.stringify(figures) : `chaos: ${words.join(', ')}`);
  for (const difference of differences.slice(0, 20)) say(`  ${difference}`);
}
