// What money costs a decision: with budgets, pacing, reservations and frequency caps, and without. The same book,
// bodies, multipliers and hot path; one stage of the module leaves out what is asked of campaigns' funds and of users,
// and what bids hold. Each body is decided both ways, one right after the other and each way first in turn, so that
// whatever else the machine does meets both alike.

import * as map from '../assembly/memory_map.js';
import { countedOf } from '../bidcore/audiences.js';
import type { Book } from '../bidcore/book.js';
import type { CampaignFile } from '../bidcore/campaign_file.js';
import { CampaignStates } from '../bidcore/campaign_states.js';
import { FrequencyTable } from '../bidcore/frequency_table.js';
import { WITHOUT_MONEY } from '../bidcore/hotpath.js';
import type { Benchmark, Context, Size } from './benchmark.js';
import { campaignFile } from './book.js';
import { clockOverheadUs, collectGarbage, median } from './measure.js';
import { Random } from './random.js';
import { generatedBodies, MIXED } from './requests.js';
import { DEFAULT_EXCHANGE, loadBook, makeRig, NOW_US, type Rig } from './rig.js';

type FrequencyCaps = CampaignFile['accounts'][number]['campaigns'][number]['frequency_caps'];

const BODIES = 2000;
const ADS = 10_000;
/** Of a decision whole: `STAGES` of `bidcore/hotpath.ts`. */
const WITH_MONEY = 5;

export const money: Benchmark = {
  name: 'money',
  help: 'decisions a second with budgets, pacing and frequency caps, against the same without; side by side',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const bodies = generatedBodies(BODIES, seed, MIXED);
  const overhead_us = clockOverheadUs();
  const rig = await makeRig(seed);
  const book = await loadBook(rig, cappedFile(seed), 1);
  const campaigns = book.file.accounts.reduce((sum, account) => sum + account.campaigns.length, 0);
  pace(rig, campaigns, seed);
  const users = haveSeen(rig, book, bodies);
  const bids = bodies.filter((body) => decideStage(rig, body, WITH_MONEY) > 0);
  const without = bodies.filter((body) => decideStage(rig, body, WITHOUT_MONEY) > 0);
  const same = `${bids.length}/${without.length}`;
  report.work('money', same, `bids ${bids.length} with money, ${without.length} without, of ${bodies.length} bodies`);
  report.progress(`  ${users} bids were for users who had seen an ad with a cap`);
  for (const [which, what, some] of [
    ['', 'decisions', bodies],
    ['_bids', 'decisions that are bids', bids],
  ] as const) {
    const times = timeBoth(rig, some, size);
    const [with_us, without_us] = [times.with_ms * 1000 - overhead_us, times.without_ms * 1000 - overhead_us];
    report.figure(
      `money_decision_us_median${which}`,
      with_us,
      'us',
      `${what} with budgets, pacing, reservations and caps`,
    );
    report.figure(`money_decision_us_median${which}_without`, without_us, 'us', 'the same without them');
    report.figure(
      `money_overhead_ratio${which}`,
      without_us / with_us,
      'ratio',
      `${what} a second with, of those without`,
    );
  }
}

/** Two in five campaigns and ad groups have caps, so high that none is reached: both ways bid the same. */
function cappedFile(seed: number): CampaignFile {
  const file = campaignFile(ADS, seed);
  const random = new Random(seed);
  const caps = (minutes: number): FrequencyCaps => (random.chance(0.4) ? [{ impressions: 1000, minutes }] : []);
  const accounts = file.accounts.map((account) => ({
    ...account,
    campaigns: account.campaigns.map((campaign) => ({
      ...campaign,
      frequency_caps: caps(1440),
      ad_groups: campaign.ad_groups.map((group) => ({ ...group, frequency_caps: caps(60) })),
    })),
  }));
  return { ...file, accounts };
}

/** Counts one impression of every bid, so that caps find something to read. Returns how many bids that was of. */
function haveSeen(rig: Rig, book: Book, bodies: readonly Uint8Array[]): number {
  const table = new FrequencyTable(rig.memory.buffer as SharedArrayBuffer);
  const counted = countedOf(book);
  let users = 0;
  for (const body of bodies) {
    const length = decideStage(rig, body, WITH_MONEY);
    if (length <= 0) continue;
    const response = Buffer.from(rig.hotpath.output.subarray(0, length)).toString();
    for (const [, text] of response.matchAll(/\/n\/win\/([\w-]{224})/g)) {
      const token = Buffer.from(text as string, 'base64url');
      const hash = (at: number): string => token.readBigUInt64LE(at).toString(16).padStart(16, '0');
      const user = token.readBigUInt64LE(map.TOKEN_USER);
      const caps = [map.TOKEN_CAMPAIGN, map.TOKEN_AD_GROUP].flatMap((at) => counted.get(`imp ${hash(at)}`) ?? []);
      if (user === 0n || caps.length === 0) continue;
      for (const { key, bucketSeconds } of caps) table.count(user, key, bucketSeconds, Math.floor(NOW_US / 1e6));
      users++;
    }
  }
  return users;
}

/** Half of the campaigns hold back, as they would in the middle of a day. Both ways bid with these multipliers. */
function pace(rig: Rig, campaigns: number, seed: number): void {
  const states = new CampaignStates(rig.memory.buffer);
  const random = new Random(seed);
  for (let index = 0; index < campaigns; index++) {
    if (random.chance(0.5)) states.multipliers.setPace(index, random.int(50, 100) / 100);
  }
}

function decideStage({ hotpath }: Rig, body: Uint8Array, stage: number): number {
  hotpath.input.set(body);
  return hotpath.bidStage(body.length, NOW_US, DEFAULT_EXCHANGE, stage);
}

/** Medians of decisions, each body both ways. */
function timeBoth(rig: Rig, bodies: readonly Uint8Array[], size: Size): { with_ms: number; without_ms: number } {
  const time = (body: Uint8Array, stage: number): number => {
    const start = performance.now();
    decideStage(rig, body, stage);
    return performance.now() - start;
  };
  const withMoney = new Float64Array(bodies.length * size.timedPasses);
  const without = new Float64Array(bodies.length * size.timedPasses);
  for (let pass = -size.warmPasses; pass < size.timedPasses; pass++) {
    if (pass === 0) collectGarbage();
    bodies.forEach((body, i) => {
      const n = pass * bodies.length + i; // a warm pass writes nowhere
      const first = (i + pass) % 2 === 0;
      if (first) withMoney[n] = time(body, WITH_MONEY);
      without[n] = time(body, WITHOUT_MONEY);
      if (!first) withMoney[n] = time(body, WITH_MONEY);
    });
  }
  return { with_ms: median(withMoney), without_ms: median(without) };
}
