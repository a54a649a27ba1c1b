// What money costs a decision: with budgets, pacing and reservations, and without. The same book, bodies, multipliers
// and hot path; one stage of the module leaves out what is asked of campaigns' funds and what bids hold. Each body is
// decided both ways, one right after the other and each way first in turn, so that whatever else the machine does meets
// both alike.

import { CampaignStates } from '../bidcore/campaign_states.js';
import { WITHOUT_MONEY } from '../bidcore/hotpath.js';
import type { Benchmark, Context } from './benchmark.js';
import { campaignFile } from './book.js';
import { clockOverheadUs, collectGarbage, median } from './measure.js';
import { Random } from './random.js';
import { generatedBodies, MIXED } from './requests.js';
import { DEFAULT_EXCHANGE, loadBook, makeRig, NOW_US, type Rig } from './rig.js';

const BODIES = 2000;
const ADS = 10_000;
/** Of a decision whole: `STAGES` of `bidcore/hotpath.ts`. */
const WITH_MONEY = 5;

export const money: Benchmark = {
  name: 'money',
  help: 'decisions a second with budgets and pacing, against the same without; side by side',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const bodies = generatedBodies(BODIES, seed, MIXED);
  const overhead_us = clockOverheadUs();
  const rig = await makeRig(seed);
  const book = await loadBook(rig, campaignFile(ADS, seed), 1);
  const campaigns = book.file.accounts.reduce((sum, account) => sum + account.campaigns.length, 0);
  pace(rig, campaigns, seed);
  const bids = { with: bidsOf(rig, bodies, WITH_MONEY), without: bidsOf(rig, bodies, WITHOUT_MONEY) };
  report.work('money', `${bids.with}/${bids.without}`, `bids ${bids.with} with money, ${bids.without} without`);
  for (let pass = 0; pass < size.warmPasses; pass++) timeBoth(rig, bodies);
  collectGarbage();
  const withMs: number[] = [];
  const withoutMs: number[] = [];
  for (let pass = 0; pass < size.timedPasses; pass++) {
    const times = timeBoth(rig, bodies);
    withMs.push(...times.withMs);
    withoutMs.push(...times.withoutMs);
  }
  const us = (ms: number[]): number => median(Float64Array.from(ms)) * 1000 - overhead_us;
  const [with_us, without_us] = [us(withMs), us(withoutMs)];
  report.figure('money_decision_us_median', with_us, 'us', 'with budgets, pacing and reservations');
  report.figure('money_decision_us_median_without', without_us, 'us', 'without them');
  report.figure('money_overhead_ratio', without_us / with_us, 'ratio', 'decisions a second with, of those without');
}

/** Half of the campaigns hold back, as they would in the middle of a day. Both ways bid with these multipliers. */
function pace(rig: Rig, campaigns: number, seed: number): void {
  const states = new CampaignStates(rig.memory.buffer);
  const random = new Random(seed);
  for (let index = 0; index < campaigns; index++) {
    if (random.chance(0.5)) states.setPace(index, random.int(50, 100) / 100);
  }
}

function decideStage({ hotpath }: Rig, body: Uint8Array, stage: number): number {
  hotpath.input.set(body);
  return hotpath.bidStage(body.length, NOW_US, DEFAULT_EXCHANGE, stage);
}

/** Bodies that are bid on. */
function bidsOf(rig: Rig, bodies: readonly Uint8Array[], stage: number): number {
  return bodies.filter((body) => decideStage(rig, body, stage) > 0).length;
}

function timeBoth(rig: Rig, bodies: readonly Uint8Array[]): { withMs: number[]; withoutMs: number[] } {
  const time = (body: Uint8Array, stage: number): number => {
    const start = performance.now();
    decideStage(rig, body, stage);
    return performance.now() - start;
  };
  const withMs: number[] = [];
  const withoutMs: number[] = [];
  bodies.forEach((body, i) => {
    if (i % 2 === 0) withMs.push(time(body, WITH_MONEY));
    withoutMs.push(time(body, WITHOUT_MONEY));
    if (i % 2 === 1) withMs.push(time(body, WITH_MONEY));
  });
  return { withMs, withoutMs };
}
