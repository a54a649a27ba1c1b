// Runs against real bidders: the books of both sides are equal, a fault in them is found, and the oracle's model
// predicts exactly what is true.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { isCampaignFileError, parseCampaignFile } from '../../bidcore/campaign_file.js';
import { GavelNode } from '../chaos/gavel_node.js';
import type { Tampering } from './books.js';
import { type Budgets, worldCampaigns } from './campaigns.js';
import { openMarket, type RunResult, runAgainstNodes } from './exchange_run.js';
import { ORACLE_VERSION, oracleModel } from './model_files.js';
import { OWN_PRICE_KEYS, ownEnv, startNodes, trainerEnv } from './nodes.js';
import { Traffic } from './traffic.js';
import { bidsOf, tokenFacts } from './wire_bid.js';
import { makeWorld, momentOf, type World, type WorldAd } from './world.js';

function setting(t: Test, budgets: Budgets) {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-exchange-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const campaigns = worldCampaigns(budgets);
  const file = parseCampaignFile(JSON.stringify(campaigns));
  if (isCampaignFileError(file)) throw new Error(file.problems.join());
  const world: World = makeWorld({ seed: 1, file, people: 2000, priceKeys: OWN_PRICE_KEYS });
  return { folder, campaigns, file, world };
}

async function run(t: Test, auctions: number, tampering?: Tampering): Promise<RunResult> {
  const { folder, campaigns, file, world } = setting(t, 'varied');
  const nodes = await startNodes({ world, campaigns, folder, count: 1, redis: 'none' });
  const options = { world, seed: 1, auctions, seconds: 60, rate: Number.POSITIVE_INFINITY, timeScale: 0.02 };
  const opened = openMarket({ ...options, window: 100, tampering }, nodes.addresses, true);
  return runAgainstNodes(opened, nodes, file);
}

t.test('with all notices told, the books of exchange and bidder are equal to the micro', async (t) => {
  const { buyer, differences, problems } = await run(t, 900);
  t.same(differences, []);
  t.same(problems, []);
  const total = buyer.books.total();
  t.ok(total.bill > 100 && total.win > 100 && total.loss > 100 && total.imp > 100, JSON.stringify(total));
  t.ok(total.imp < buyer.figures.wins, 'some were lost or never shown');
  const { lost, repeated } = buyer.desk.counts;
  t.ok(lost > 0 && repeated > 0, `${lost} lost, ${repeated} twice`);
});

t.test('a bill that the exchange forgot, though the bidder answered 200, is found', async (t) => {
  const { differences } = await run(t, 60, 'dropped');
  const charges = differences.filter(({ what }) => what === 'chargeMicros');
  t.equal(charges.length, 2, 'in its campaign, and as a bid');
  t.ok(charges.some(({ campaign }) => campaign.startsWith('bid ')));
});

t.test('the model file of the oracle predicts the true rates, to the last digit that counts', async (t) => {
  const { folder, campaigns, world } = setting(t, 'ample');
  const path = join(folder, 'oracle.model');
  writeFileSync(path, oracleModel(world));
  const env = { ...ownEnv(), ...trainerEnv(false), GAVEL_MODEL: path };
  const node = new GavelNode({ node: 1, folder, campaigns, env });
  await node.start();
  t.teardown(() => node.stop());
  const traffic = new Traffic(world, 1);
  let [seen, furthest] = [0, 0];
  for (let n = 0; n < 300; n++) {
    const at = Math.floor(Date.now() / 1000);
    const { body, lots, venue } = traffic.next(momentOf(world, at * 1000));
    const url = `http://127.0.0.1:${node.port}/openrtb2/bid/${venue.id}`;
    const answer = await fetch(url, { method: 'POST', body });
    if (answer.status !== 200) continue;
    for (const bid of bidsOf(await answer.text())) {
      const facts = tokenFacts(bid);
      if (facts === undefined) throw new Error('a bid without a token');
      const lot = lots.find(({ id }) => id === bid.impid) as (typeof lots)[number];
      const context = [...lot.context.slice(0, -1), momentOf(world, facts.issuedS * 1000)];
      const truth = world.truth.rates(context, (world.ads.get(facts.adKey) as WorldAd).part);
      furthest = Math.max(furthest, Math.abs(facts.ctr - truth.ctr), Math.abs(facts.cvr - truth.cvr));
      seen += facts.model === ORACLE_VERSION ? 1 : 0;
    }
  }
  t.ok(seen > 100, `${seen} bids of the oracle`);
  t.ok(furthest < 1e-5, `at most ${furthest} from the truth`);
});
