// What the policy costs. Of a decision: two bidders with the same book and bodies, one with multipliers that a policy
// has given, one with none; each body is decided by both, one right after the other and each first in turn. The policy
// does not run in the path: there it is a multiplier that is loaded in any case, but multipliers that differ change
// who wins and how far the book has to be searched. Of the control thread: one run of the network, and the tick in
// which a slot begins for 10,000 campaigns.

import { MAX_CAMPAIGNS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import type { Book } from '../bidcore/book.js';
import type { CampaignFile } from '../bidcore/campaign_file.js';
import { CONTROL_WORKER } from '../bidcore/control.js';
import { writeModelFile } from '../bidcore/model_file.js';
import { instantiate } from '../bidcore/module.js';
import { PolicySlots } from '../bidcore/policy/policy_slots.js';
import { writePolicy } from '../bidcore/policy/policy_weights.js';
import { POLICY_INPUT_NAMES } from '../bidcore/policy/slot_inputs.js';
import { samplePolicy } from '../bidcore/testing/sample_policy.js';
import { seedModel } from '../models/seed_model.js';
import type { Benchmark, Context, Size } from './benchmark.js';
import { campaignFile } from './book.js';
import { clockOverheadUs, collectGarbage, median, WorkHash } from './measure.js';
import { Random } from './random.js';
import { generatedBodies, MIXED } from './requests.js';
import { decide, loadBook, makeRig, NOW_MS, type Rig } from './rig.js';

const BODIES = 1000;
const ADS = 10_000;
/** Campaigns of the tick, of a book of so many ads: one an ad group. */
const CAMPAIGNS = 10_000;
const ADS_OF_CAMPAIGNS = 40_000;
const TICKS = 21;
const RUNS = 20_000;
const FIRST_SLOT = Math.floor(NOW_MS / map.POLICY_SLOT_MS);

export const policy: Benchmark = {
  name: 'policy',
  help: 'what the policy adds to a decision, one run of its network, and the tick of 10,000 campaigns',
  run,
};

async function run(context: Context): Promise<void> {
  await addedCost(context);
  await evaluation(context);
}

async function addedCost({ size, seed, report }: Context): Promise<void> {
  const bodies = generatedBodies(BODIES, seed, MIXED);
  const file = byValue(campaignFile(ADS, seed));
  const [plain, steered] = [await makeRig(seed), await makeRig(seed)];
  await loadBook(plain, file, 1);
  await havePolicy(steered, seed);
  const book = await loadBook(steered, file, 1);
  const slots = slotsOf(steered);
  const indexes = indexesOf(steered, book);
  beginSlot(slots, indexes, FIRST_SLOT, seed);
  steered.control.tick(NOW_MS);
  const multipliers = indexes.map((index) => slots.decision(index)?.multiplier ?? 1);
  const moved = multipliers.filter((multiplier) => multiplier !== 1).length;
  const bids = (rig: Rig): number => bodies.filter((body) => decide(rig.hotpath, body) > 0).length;
  report.work(
    'policy',
    hashOf([...multipliers, bids(plain), bids(steered)]),
    `${moved} of ${multipliers.length} multipliers are not 1, from ${Math.min(...multipliers).toFixed(2)} to ` +
      `${Math.max(...multipliers).toFixed(2)}`,
  );
  const overhead_us = clockOverheadUs();
  const { with_us, without_us, added_us } = timeBoth(plain, steered, bodies, size);
  report.figure('policy_decision_us_median', with_us - overhead_us, 'us', 'decisions with multipliers of a policy');
  report.figure('policy_decision_us_median_without', without_us - overhead_us, 'us', 'the same without');
  report.figure('policy_added_us_median', added_us, 'us', 'what it adds to a body, median over bodies');
}

async function evaluation({ seed, report }: Context): Promise<void> {
  const rig = await makeRig(seed);
  await havePolicy(rig, seed);
  const book = await loadBook(rig, oneACampaign(byValue(campaignFile(ADS_OF_CAMPAIGNS, seed))), 1);
  const slots = slotsOf(rig);
  const indexes = indexesOf(rig, book);
  const { actOnCampaign } = instantiate(rig.memory, rig.module, CONTROL_WORKER);
  beginSlot(slots, indexes, FIRST_SLOT, seed);
  const eval_us: number[] = [];
  for (let round = 0; round < TICKS; round++) {
    const start = performance.now();
    for (let n = 0; n < RUNS; n++) actOnCampaign(indexes[n % indexes.length] as number, NOW_MS, 0);
    eval_us.push(((performance.now() - start) * 1000) / RUNS);
  }
  const tick_ms: number[] = [];
  for (let round = 1; round <= TICKS; round++) {
    beginSlot(slots, indexes, FIRST_SLOT + round, seed + round);
    const start = performance.now();
    rig.control.tick(NOW_MS + round * map.POLICY_SLOT_MS);
    tick_ms.push(performance.now() - start);
  }
  report.figure('policy_eval_us', median(eval_us), 'us', 'the network 12-64-64-1 for a campaign, its decision written');
  report.figure('policy_tick_ms_10000', median(tick_ms), 'ms', 'tick in which a slot begins for 10,000 campaigns');
}

/** Gives the bidder the seeded model with a policy. */
async function havePolicy({ control }: Rig, seed: number): Promise<void> {
  const image = seedModel(seed);
  writePolicy(image, samplePolicy(seed));
  const loaded = await control.loadModel(writeModelFile(image, 2, NOW_MS));
  if ('code' in loaded) throw new Error(`${loaded.code}: ${loaded.problem}`);
}

/** The file, all campaigns paced by `value` over their days. */
function byValue(file: CampaignFile): CampaignFile {
  return withCampaigns(file, (campaign) => [
    { ...campaign, pacing: 'value', daily_budget_micros: campaign.budget_micros },
  ]);
}

/** The first so many ad groups of a file, each a campaign. */
function oneACampaign(file: CampaignFile): CampaignFile {
  let left = CAMPAIGNS;
  return withCampaigns(file, (campaign) => {
    const groups = campaign.ad_groups.slice(0, left);
    left -= groups.length;
    return groups.map((group, i) => ({ ...campaign, id: `${campaign.id}-${i}`, ad_groups: [group] }));
  });
}

type Campaign = CampaignFile['accounts'][number]['campaigns'][number];

function withCampaigns(file: CampaignFile, change: (campaign: Campaign) => Campaign[]): CampaignFile {
  const accounts = file.accounts.map((account) => ({ ...account, campaigns: account.campaigns.flatMap(change) }));
  return { ...file, accounts };
}

function slotsOf({ memory }: Rig): PolicySlots {
  const buffer = memory.buffer as SharedArrayBuffer;
  return new PolicySlots({ buffer, campaigns: map.CAMPAIGNS, count: MAX_CAMPAIGNS });
}

function indexesOf({ control }: Rig, { file }: Book): number[] {
  return file.accounts.flatMap(({ campaigns }) => campaigns.map(({ id }) => control.campaignIndex(id)));
}

/** Does what the ledger does when a slot begins. */
function beginSlot(slots: PolicySlots, indexes: readonly number[], slot: number, seed: number): void {
  const random = new Random(seed);
  const inputs = new Float32Array(POLICY_INPUT_NAMES.length);
  for (const index of indexes) {
    for (let i = 0; i < inputs.length; i++) inputs[i] = random.int(-1000, 1000) / 1000;
    slots.publish(index, slot, inputs);
  }
}

/** Medians over bodies, each decided by both in every pass. */
function timeBoth(
  plain: Rig,
  steered: Rig,
  bodies: readonly Uint8Array[],
  { warmPasses, timedPasses }: Size,
): { with_us: number; without_us: number; added_us: number } {
  const time = ({ hotpath }: Rig, body: Uint8Array): number => {
    const start = performance.now();
    decide(hotpath, body);
    return (performance.now() - start) * 1000;
  };
  const withPolicy = bodies.map(() => new Float64Array(timedPasses));
  const without = bodies.map(() => new Float64Array(timedPasses));
  for (let pass = -warmPasses; pass < timedPasses; pass++) {
    if (pass === 0) collectGarbage();
    bodies.forEach((body, i) => {
      const steeredFirst = (i + pass) % 2 === 0;
      const first = time(steeredFirst ? steered : plain, body);
      const second = time(steeredFirst ? plain : steered, body);
      if (pass < 0) return;
      (withPolicy[i] as Float64Array)[pass] = steeredFirst ? first : second;
      (without[i] as Float64Array)[pass] = steeredFirst ? second : first;
    });
  }
  const medians = (times: readonly Float64Array[]): number[] => times.map((one) => median(one));
  const [with_us, without_us] = [medians(withPolicy), medians(without)];
  const added_us = with_us.map((one, i) => one - (without_us[i] as number));
  return { with_us: median(with_us), without_us: median(without_us), added_us: median(added_us) };
}

function hashOf(numbers: readonly number[]): string {
  const hash = new WorkHash();
  for (const number of numbers) hash.number(number);
  return hash.text();
}
