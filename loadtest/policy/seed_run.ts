// One seed: a world whose prices drift, and the same auctions, rivals, users and luck for two nodes, of which one has
// the policy and one the pacer alone. What budgets are is found first, by a node whom none binds.

import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../../bidcore/campaign_file.js';
import { mixSeeds } from '../../bidcore/fuzz/random.js';
import type { PolicyWeights } from '../../bidcore/policy/policy_weights.js';
import type { PolicyStats } from '../../server/ledger/slot_policies.js';
import type { Difference, Tampering } from '../exchange/books.js';
import { type Budgets, type DailyBudgets, worldCampaigns } from '../exchange/campaigns.js';
import { Chance } from '../exchange/chance.js';
import { trainedModel } from '../exchange/model_files.js';
import { OWN_PRICE_KEYS } from '../exchange/nodes.js';
import { Traffic } from '../exchange/traffic.js';
import { makeWorld, momentOf, valueMicros, type World } from '../exchange/world.js';
import { Arm, type CampaignResult, campaignsOf } from './arm.js';
import { arrivals, DAY_S, usualRates } from './arrivals.js';
import { PriceDrift } from './price_drift.js';
import type { VirtualClock } from './virtual_node.js';

export interface SeedOptions {
  readonly seed: number;
  /** A day. */
  readonly auctions: number;
  readonly days: number;
  /** Ends so many seconds after midnight; budgets are those of whole days. */
  readonly untilS?: number;
  /** 0 for prices that stay, 1 for the usual drift. */
  readonly drift: number;
  readonly people: number;
  readonly policy: PolicyWeights;
  readonly tampering?: Tampering | undefined;
  /** Told now and then: what is under way, and the share of it that is done. */
  readonly progress: (what: string, done: number) => void;
}

export interface ArmResult {
  readonly campaigns: readonly CampaignResult[];
  readonly policy: PolicyStats;
}

export interface SeedResult {
  readonly seed: number;
  /** Micros of all days, by campaign. */
  readonly budgets: DailyBudgets;
  readonly policy: ArmResult;
  readonly pacer: ArmResult;
  /** What the exchanges' books and the nodes' do not agree in, and what is wrong besides. */
  readonly differences: readonly Difference[];
  readonly problems: readonly string[];
}

/** A Monday, at midnight UTC: days are those of the accounts. */
const START_MS = Date.UTC(2026, 0, 5);
/** Budgets are found with every so many-th auction. */
const SAMPLE = 5;
/** Budgets as shares of what a campaign could spend. */
const BUDGET_LEAST = 0.2;
const BUDGET_MOST = 0.5;
/** How long notices are waited for when the last auction is over; what comes later is delivered then. */
const AFTER_S_MAX = 6 * 3600;
/** Paces are set so often: with a request a second or so, every second sees no more. A rich node has none. */
const TICK_S = 3;
const RICH_TICK_S = 9;
const PROGRESS_S = 3600;
/** Impressions that tell how strong campaigns are. */
const LOOKED_AT = 2000;

export async function playSeed(options: SeedOptions): Promise<SeedResult> {
  const { seed, auctions, days, untilS = days * DAY_S, drift, people, policy, tampering, progress } = options;
  const uneven = makeWorld({ seed, file: fileOf('ample'), people, priceKeys: OWN_PRICE_KEYS });
  const bids = evenBids(uneven);
  const ample = fileOf('ample', bids);
  const world = withGoals(uneven, ample);
  const prices = new PriceDrift(world.venues, seed, days, drift);
  const model = trainedModel(world);
  const common = { world, model, seed, days, untilS, prices };

  const sampled = Math.ceil(auctions / SAMPLE);
  const [rich] = await live(
    [{ name: 'ample', file: ample }],
    { ...common, auctions: sampled, tickS: RICH_TICK_S },
    (done) => progress('what campaigns could spend', done),
  );
  const budgets = budgetsOf(rich as Arm, auctions / sampled / days, seed);
  const file = fileOf(budgets, bids);
  const [own, alone] = (await live(
    [
      { name: 'policy', file, model: trainedModel(world, policy), tampering },
      { name: 'pacer', file },
    ],
    { ...common, auctions, tickS: TICK_S },
    (done) => progress('policy and pacer', done),
  )) as [Arm, Arm];
  return {
    seed,
    budgets: new Map([...budgets].map(([id, micros]) => [id, micros * days])),
    policy: resultOf(own),
    pacer: resultOf(alone),
    differences: [own, alone].flatMap((arm) =>
      arm.differences().map((one) => ({ ...one, campaign: `${arm.name}: ${one.campaign}` })),
    ),
    problems: [own, alone].flatMap((arm) => arm.problems()),
  };
}

interface Wanted {
  readonly name: string;
  readonly file: CampaignFile;
  /** Another than that of all. */
  readonly model?: Uint8Array;
  readonly tampering?: Tampering | undefined;
}

interface Common {
  readonly world: World;
  readonly model: Uint8Array;
  readonly seed: number;
  readonly days: number;
  readonly untilS: number;
  readonly auctions: number;
  readonly prices: PriceDrift;
  /** Seconds between ticks. */
  readonly tickS: number;
}

/** Lives through the days with some nodes at once: all see the same. */
async function live(wanted: readonly Wanted[], common: Common, progress: (done: number) => void): Promise<Arm[]> {
  const { world, model, seed, days, untilS, auctions, prices, tickS } = common;
  const clock: VirtualClock = { nowMs: START_MS };
  const times = Array.from({ length: days }, (_, day) => arrivals(auctions, seed, day));
  const secondOf = (n: number): number => {
    const day = Math.floor(n / auctions);
    return day * DAY_S + ((times[day] as Float64Array)[n % auctions] as number) / 1000;
  };
  const usual = usualRates(auctions);
  const arms: Arm[] = [];
  for (const [i, own] of wanted.entries()) {
    arms.push(await Arm.start({ world, model, clock, days, usualRates: usual, number: i + 1, ...own }, secondOf));
  }
  const traffic = new Traffic(world, seed);
  let n = 0;
  const moveTo = async (second: number): Promise<void> => {
    clock.nowMs = START_MS + second * 1000;
    for (const arm of arms) await arm.deliver(clock.nowMs);
  };
  for (let second = 0; second < untilS; second += tickS) {
    await moveTo(second);
    for (const arm of arms) await arm.node.tick();
    for (; n < days * auctions && secondOf(n) < second + tickS; n++) {
      await moveTo(secondOf(n));
      const auction = traffic.next(momentOf(world, clock.nowMs), (venue) => prices.at(venue, secondOf(n)));
      const bytes = Buffer.byteLength(auction.body);
      for (const arm of arms) arm.buyer.offer(auction, bytes, () => undefined);
    }
    if (second % PROGRESS_S === 0) progress(second / untilS);
  }
  const end = untilS + AFTER_S_MAX;
  const isOpen = (): boolean => arms.some(({ buyer }) => buyer.desk.open > 0);
  for (let second = untilS; second < end && isOpen(); second += tickS) {
    await moveTo(second);
    for (const arm of arms) await arm.node.tick();
  }
  for (const { buyer } of arms) await buyer.desk.drain();
  return arms;
}

/** Daily budgets of which each is a share of what its campaign could spend a day. */
function budgetsOf(rich: Arm, days: number, seed: number): DailyBudgets {
  const chance = new Chance(mixSeeds(seed, 41));
  return new Map(
    [...rich.campaigns.values()].map(({ campaign, spentMicros }) => {
      const share = BUDGET_LEAST + (BUDGET_MOST - BUDGET_LEAST) * chance.float();
      return [campaign, Math.max(1, Math.round(share * spentMicros * days))];
    }),
  );
}

function resultOf({ campaigns, node }: Arm): ArmResult {
  return { campaigns: [...campaigns.values()], policy: node.policyStats() };
}

/**
 * What the campaigns' bids are to be multiplied with for an impression to be worth the same to each on average: what is
 * compared is eight campaigns, not the one that the world's rates favour.
 */
function evenBids(world: World): ReadonlyMap<string, number> {
  const traffic = new Traffic(world, mixSeeds(world.seed, 42));
  const sums = new Map<string, { micros: number; count: number }>();
  for (let n = 0; n < LOOKED_AT; n++) {
    const [lot] = traffic.next(momentOf(world, START_MS)).lots;
    if (lot === undefined) throw new Error('an auction without an impression');
    for (const ad of world.ads.values()) {
      const its = sums.get(ad.campaign) ?? { micros: 0, count: 0 };
      its.micros += valueMicros(ad, world.truth.rates(lot.context, ad.part));
      its.count++;
      sums.set(ad.campaign, its);
    }
  }
  const means = [...sums].map(([id, { micros, count }]) => [id, micros / count] as const);
  const middle = Math.exp(means.reduce((sum, [, mean]) => sum + Math.log(mean), 0) / means.length);
  return new Map(means.map(([id, mean]) => [id, middle / mean]));
}

/** The same world, whose ads have the goals of another file with the same campaigns, one ad group each. */
function withGoals(world: World, file: CampaignFile): World {
  const goals = new Map(campaignsOf(file).map(({ id, ad_groups: [group] }) => [id, group?.goal]));
  const ads = [...world.ads].map(([key, ad]) => [key, { ...ad, goal: goals.get(ad.campaign) ?? ad.goal }] as const);
  return { ...world, file, ads: new Map(ads) };
}

function fileOf(budgets: Budgets, bids?: ReadonlyMap<string, number>): CampaignFile {
  const file = parseCampaignFile(JSON.stringify(worldCampaigns(budgets, bids)));
  if (isCampaignFileError(file)) throw new Error(file.problems.join());
  return file;
}
