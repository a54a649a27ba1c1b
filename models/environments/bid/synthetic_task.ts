// Tasks for training: a synthetic campaign, a day that differs from those before, a budget from a sixty-fourth to six
// tenths of what all auctions would cost, and a start that is off by −80% to +160%.

import { type Day, SLOTS } from '../../race/day.js';
import { Random } from '../../random.js';
import type { BidTask, DrawTask } from './bid_environment.js';
import { drawLevels, type Levels } from './levels.js';
import { type Campaign, PRICE_MAX, perClickFor, syntheticCampaign } from './synthetic_campaign.js';

/**
 * Campaigns there are. To make one costs as much as to live through two days, so they are kept: each is settled by its
 * number, whoever asks for it first.
 */
const CAMPAIGNS = 512;
const CAMPAIGN_SEED = 0x43414d50;
const campaigns: (Campaign | undefined)[] = [];

/** A task drawn from a generator: the same state of it gives the same task. */
export const syntheticTask: DrawTask = (random) => {
  const number = random.integer(CAMPAIGNS);
  const campaign = campaigns[number] ?? syntheticCampaign(new Random(CAMPAIGN_SEED + number));
  campaigns[number] = campaign;
  return drawTask(random, campaign);
};

/** A day, a budget and a start of a campaign. */
export function drawTask(random: Random, campaign: Campaign): BidTask {
  const auctions = Math.round(Math.exp(random.uniform(Math.log(12_000), Math.log(100_000))));
  const share = Math.exp(random.uniform(Math.log(1 / 64), Math.log(0.6)));
  const day = drawDay(random, campaign, auctions, drawLevels(random));
  // Days before were much like this one, and measured with an error.
  const perClick = perClickFor(campaign, share) * Math.exp(random.normal(0, 0.1));
  const deviation = Math.exp(random.uniform(Math.log(0.2), Math.log(2.6))) - 1;
  return { day, budget: share * campaign.meanPrice * auctions, start: { perClick, deviation, plan: 'value' } };
}

function drawDay(random: Random, campaign: Campaign, auctions: number, levels: Levels): Day {
  const ends = new Int32Array(SLOTS);
  let total = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    const usual = campaign.course?.traffic[slot] ?? 1;
    total += Math.round((auctions / SLOTS) * usual * (levels.traffic[slot] as number));
    ends[slot] = total;
  }
  const price = new Float64Array(total);
  const rate = new Float64Array(total);
  const pool = campaign.price.length;
  for (let slot = 0, at = 0; slot < SLOTS; slot++) {
    const priceLevel = levels.price[slot] as number;
    const rateLevel = levels.rate[slot] as number;
    const competition = levels.competition[slot] as number;
    const own = campaign.course?.auctions[slot];
    for (const end = ends[slot] as number; at < end; at++) {
      const i = own === undefined ? random.integer(pool) : (own[random.integer(own.length)] as number);
      let highest = campaign.price[i] as number;
      if (competition > 0 && random.uniform() < competition) {
        highest = Math.max(highest, campaign.price[random.integer(pool)] as number);
      }
      price[at] = Math.min(PRICE_MAX, highest * priceLevel);
      rate[at] = (campaign.rate[i] as number) * rateLevel;
    }
  }
  return { price, rate, click: new Uint8Array(total), ends };
}
