// `npm run chaos`: bidders under load are killed with -9 again and again; at the end the books of the exchange and those
// of the bidders must be the same to the micro. docs/simulation.md says how to read what it prints.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '../../bench/random.js';
import { chaosCampaigns } from './campaigns.js';
import { chargesOf } from './charges.js';
import { GavelNode } from './gavel_node.js';
import { Market } from './market.js';

const HELP = `npm run chaos -- [options]

Starts bidders, asks them for bids, sends win, billing and loss notices (delayed, repeated, to any node, again until they
are answered), and kills a bidder with SIGKILL at random moments, again and again. Then every notice is delivered, and
the charges in the event logs are compared with what the exchange billed: nothing lost, nothing doubled, no budget
exceeded.

  --rounds N     kills (default 50)
  --rate N       bid requests a second to each bidder (default 150)
  --campaigns N  campaigns (default 6)
  --seed S       of the exchange's choices (default 1)
  --keep         keep the data folders
  --json         the figures as one JSON object
  --help

Exit code 1 if the books differ.`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    rate: { type: 'string', default: '150' },
    campaigns: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else process.exitCode = await run();

async function run(): Promise<number> {
  const random = new Random(Number(values.seed));
  const folder = mkdtempSync(join(tmpdir(), 'gavel-chaos-'));
  const campaigns = chaosCampaigns(Number(values.campaigns));
  const nodes = [new GavelNode({ node: 1, folder, campaigns, env: {} })];
  const market = new Market(nodes, random);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  for (const node of nodes) await node.start();
  market.start(Number(values.rate));
  const rounds = Number(values.rounds);
  for (let round = 1; round <= rounds; round++) {
    await sleep(random.int(300, 2500));
    const node = random.pick(nodes);
    await node.kill();
    await sleep(random.int(0, 300));
    await node.start();
    if (round % 5 === 0) say(`chaos: ${round} of ${rounds} kills, ${market.bids} bids, ${market.billed.size} billed`);
  }
  await market.stop();
  for (const node of nodes) await node.stop();
  const differences = await compare(nodes, market, campaigns);
  report(market, differences);
  if (!values.keep && differences.length === 0) rmSync(folder, { recursive: true });
  else say(`chaos: data folders in ${folder}`);
  return differences.length > 0 || market.unanswered.length > 0 ? 1 : 0;
}

/** What the bidders' books say otherwise than the exchange's. */
async function compare(nodes: readonly GavelNode[], market: Market, campaigns: unknown): Promise<string[]> {
  const differences: string[] = [];
  const charges = await chargesOf(nodes.map(({ dataDir }) => join(dataDir, 'events')));
  for (const [bid, { campaign, chargeMicros }] of market.billed) {
    const its = charges.get(bid) ?? [];
    if (its.length !== 1) differences.push(`bid ${bid} of ${campaign} was charged ${its.length} times`);
    else if (its[0] !== chargeMicros) differences.push(`bid ${bid} was charged ${its[0]}, not ${chargeMicros}`);
  }
  for (const bid of charges.keys()) if (!market.billed.has(bid)) differences.push(`bid ${bid} was not billed`);
  const spent = new Map<string, number>();
  for (const { campaign, chargeMicros } of market.billed.values()) {
    spent.set(campaign, (spent.get(campaign) ?? 0) + chargeMicros);
  }
  for (const { id, budget_micros: budget } of budgetsOf(campaigns)) {
    const micros = spent.get(id) ?? 0;
    if (micros > budget) differences.push(`campaign ${id} spent ${micros} of ${budget}`);
  }
  return differences;
}

function budgetsOf(campaigns: unknown): readonly { id: string; budget_micros: number }[] {
  const file = campaigns as { accounts: { campaigns: { id: string; budget_micros: number }[] }[] };
  return file.accounts.flatMap((account) => account.campaigns);
}

function report(market: Market, differences: readonly string[]): void {
  const { requests, bids, billed, notices, retries, repeats, unanswered } = market;
  const figures = {
    rounds: Number(values.rounds),
    requests,
    bids,
    billed: billed.size,
    notices,
    retries,
    repeats,
    unanswered: unanswered.length,
    differences: differences.length,
  };
  if (values.json) console.log(JSON.stringify(figures));
  else
    console.log(
      `chaos: ${Object.entries(figures)
        .map(([name, n]) => `${name} ${n}`)
        .join(', ')}`,
    );
  for (const difference of differences.slice(0, 20)) process.stderr.write(`  ${difference}\n`);
}
