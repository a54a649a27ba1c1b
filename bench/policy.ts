// What the policy costs. Of a decision: two bidders with the same book and bodies, one with multipliers that a policy
// has given, one with none; each body is decided by both, one right after the other and each first in turn. The policy
// does not run in the path: there it is a multiplier that is loaded in any case, but multipliers that differ change
// who wins and how far the book has to be searched. Of the control thread: one run of the network, and the tick in
// which a slot begins for 10,000 campaigns.

import { MAX_CAMPAIGNS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { MODEL_HEADER_BYTES } from '../assembly/model_layout.js';
import type { Book } from '../bidcore/book.js';
import type { CampaignFile } from '../bidcore/campaign_file.js';
import { CONTROL_WORKER } from '../bidcore/control.js';
import { writeModelFile } from '../bidcore/model_file.js';
import { instantiate } from '../bidcore/module.js';
import { PolicySlots } from '../bidcore/policy/policy_slots.js';
import { writePolicy } from '../bidcore/policy/policy_weights.js';
import { POLICY_INPUT_NAMES } from '../bidcore/policy/slot_inputs.js';
import { samplePolicy } from '../bidcore/testing/sample_policy.js';
import type { Benchmark, Context, Size } from './benchmark.js';
import { campaignFile } from './book.js';
import { clockOverheadUs, collectGarbage, median, WorkHash } from './measure.js';
import { Random } from './random.js';
import { generatedBodies, MIXED } from './requests.js';
import { decide, loadBook, makeRig, modelFile, NOW_MS, type Rig } from './rig.js';

const BODIES = 1000;
const ADS = 10_000;
/** Campaigns of the tick, of a book of so many ads: one an ad group. */
const CAMPAIGNS = 10_000;
const ADS_OF_CAMPAIGNS = 30_000;
/** Of the outputs of a sample policy. */
const SPREAD = 0.3;
const TICKS = 21;
const RUNS = 20_000;
const FIRST_SLOT = Math.floor(NOW_MS / map.POLICY_SLOT_MS);

export const policy: Benchmark = {
  name: 'policy',
  help: 'what the policy adds to a decision, one run of its network, and the tick of 10,000 campaigns',
  run,
};

async function run(context: Context): Promise<void> {
  const { seed } = context;
  const rigs = [await makeRig(seed), await makeRig(seed)] as const;
  for (const rig of rigs) await havePolicy(rig, seed);
  await addedCost(context, rigs);
  await evaluation(context, rigs[0]);
}

async function addedCost({ size, seed, report }: Context, rigs: readonly [Rig, Rig]): Promise<void> {
  const bodies = generatedBodies(BODIES, seed, MIXED);
  const file = byValue(campaignFile(ADS, seed));
  const [one, other] = [await Bidder.make(rigs[0], file, seed), await Bidder.make(rigs[1], file, seed)];
  const { multipliers } = one;
  const moved = multipliers.filter((multiplier) => multiplier !== 1).length;
  const bids = (bidder: Bidder, steered: boolean): boolean[] => {
    bidder.steer(steered);
    return bodies.map((body) => decide(bidder.rig.hotpath, body) > 0);
  };
  const [bidsWith, bidsWithout] = [bids(one, true), bids(other, false)];
  const count = (all: readonly boolean[]): number => all.filter((bid) => bid).length;
  report.work(
    'policy',
    hashOf([...multipliers, count(bidsWith), count(bidsWithout)]),
    `${moved} of ${multipliers.length} multipliers are not 1; bids ${count(bidsWith)} with, ` +
      `${count(bidsWithout)} without, of ${bodies.length} bodies`,
  );
  const overhead_us = clockOverheadUs();
  const { with_us, without_us } = timeBoth(one, other, bodies, size);
  const added_us = with_us.map((each, i) => each - (without_us[i] as number));
  // A multiplier that turns a bid into none saves its response: that is no saving of the policy.
  const both = added_us.filter((_, i) => bidsWith[i] && bidsWithout[i]);
  report.figure('policy_decision_us_median', median(with_us) - overhead_us, 'us', 'with multipliers of a policy');
  report.figure('policy_decision_us_median_without', median(without_us) - overhead_us, 'us', 'the same without');
  report.figure('policy_added_us_median', median(added_us), 'us', 'what it adds to a body: median over bodies');
  report.figure('policy_added_us_median_bids', median(both), 'us', 'over those that are bids either way');
}

async function evaluation({ seed, report }: Context, rig: Rig): Promise<void> {
  const book = await loadBook(rig, oneACampaign(byValue(campaignFile(ADS_OF_CAMPAIGNS, seed))), 2);
  const slots = slotsOf(rig);
  const indexes = indexesOf(rig, book);
  if (indexes.length !== CAMPAIGNS) throw new Error(`${indexes.length} campaigns`);
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

/**
 * Gives the bidder the seeded model with a policy whose multipliers are spread as those of a trained one: 0.5 to 1.5.
 */
async function havePolicy({ control }: Rig, seed: number): Promise<void> {
  const image = modelFile(seed, 2).slice(MODEL_HEADER_BYTES);
  const policy = samplePolicy(seed);
  writePolicy(image, { ...policy, w3: policy.w3.map((weight) => weight * SPREAD) });
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
    return groups.map((group, i) => ({
      ...campaign,
      id: `${campaign.id}-${i}`,
      ad_groups: [{ ...group, creatives: group.creatives.slice(0, 1) }],
    }));
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

/** A bidder whose campaigns have a policy, and which can be had with its multipliers in force, or with none. */
class Bidder {
  readonly rig: Rig;
  readonly multipliers: readonly number[];
  readonly #indexes: readonly number[];
  readonly #inForce: Float32Array;

  private constructor(rig: Rig, indexes: readonly number[]) {
    this.rig = rig;
    this.#indexes = indexes;
    this.#inForce = new Float32Array(rig.memory.buffer, map.MULTIPLIERS, MAX_CAMPAIGNS);
    this.multipliers = indexes.map((index) => this.#inForce[index] as number);
  }

  static async make(rig: Rig, file: CampaignFile, seed: number): Promise<Bidder> {
    const indexes = indexesOf(rig, await loadBook(rig, file, 1));
    beginSlot(slotsOf(rig), indexes, FIRST_SLOT, seed);
    rig.control.tick(NOW_MS);
    return new Bidder(rig, indexes);
  }

  steer(steered: boolean): void {
    this.#indexes.forEach((index, i) => {
      this.#inForce[index] = steered ? (this.multipliers[i] as number) : 1;
    });
  }
}

/**
 * Medians of each body, decided by both in every pass. From pass to pass they change parts, so that it does not
 * matter where in the machine's memory which of them lies.
 */
function timeBoth(
  one: Bidder,
  other: Bidder,
  bodies: readonly Uint8Array[],
  { warmPasses, timedPasses }: Size,
): { with_us: number[]; without_us: number[] } {
  const time = ({ rig }: Bidder, body: Uint8Array): number => {
    const start = performance.now();
    decide(rig.hotpath, body);
    return (performance.now() - start) * 1000;
  };
  const passes = timedPasses + (timedPasses % 2); // each has each part as often
  const withPolicy = bodies.map(() => new Float64Array(passes));
  const without = bodies.map(() => new Float64Array(passes));
  for (let pass = -warmPasses; pass < passes; pass++) {
    if (pass === 0) collectGarbage();
    const [steered, plain] = pass % 2 === 0 ? [one, other] : [other, one];
    steered.steer(true);
    plain.steer(false);
    bodies.forEach((body, i) => {
      const steeredFirst = (i + Math.floor(pass / 2)) % 2 === 0;
      const first = time(steeredFirst ? steered : plain, body);
      const second = time(steeredFirst ? plain : steered, body);
      if (pass < 0) return;
      (withPolicy[i] as Float64Array)[pass] = steeredFirst ? first : second;
      (without[i] as Float64Array)[pass] = steeredFirst ? second : first;
    });
  }
  const medians = (times: readonly Float64Array[]): number[] => times.map((each) => median(each));
  return { with_us: medians(withPolicy), without_us: medians(without) };
}

function hashOf(numbers: readonly number[]): string {
  const hash = new WorkHash();
  for (const number of numbers) hash.number(number);
  return hash.text();
}
