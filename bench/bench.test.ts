// The benchmarks as programs: they do the same work in every run, and print what others read. No timing is asserted.

import t from 'tap';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { type Benchmark, SIZES, type Size } from './benchmark.js';
import { campaignFile } from './book.js';
import { decision } from './decision.js';
import { flip } from './flip.js';
import { Report } from './report.js';
import { generatedBodies, MIXED, TWO_KB } from './requests.js';
import { stages } from './stages.js';

t.setTimeout(180_000);

const TINY: Size = {
  ...SIZES.small,
  warmPasses: 1,
  timedPasses: 1,
  stagePasses: 1,
  twinDecisions: 20,
  flips: 2,
  flipSeconds: 0.2,
};

async function ran(benchmark: Benchmark, size: Size): Promise<Report> {
  const report = new Report(false, true);
  await benchmark.run({ size, seed: 1, report });
  return report;
}

t.test('a generated campaign file passes the schema, and has the number of ads asked for', async (t) => {
  const file = parseCampaignFile(JSON.stringify(campaignFile(1000, 7)));
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  const groups = file.accounts.flatMap((account) => account.campaigns.flatMap((campaign) => campaign.ad_groups));
  t.equal(
    groups.reduce((ads, group) => ads + group.creatives.length, 0),
    1000,
  );
});

t.test('generated bodies are of the size asked for, and the same for the same seed', async (t) => {
  const lengths = (bodies: readonly Buffer[]): number[] => bodies.map((body) => body.length).sort((a, b) => a - b);
  const mixed = lengths(generatedBodies(1000, 1, MIXED));
  t.ok((mixed[500] as number) >= 1500 && (mixed[500] as number) <= 2048, `median ${mixed[500]} bytes`);
  t.ok((mixed[980] as number) >= 4000, 'a tail of 4 to 6 KB');
  const even = lengths(generatedBodies(1000, 1, TWO_KB));
  t.ok((even[10] as number) >= 1900 && (even[990] as number) <= 2200, `${even[10]} to ${even[990]} bytes`);
  t.same(generatedBodies(20, 3, MIXED), generatedBodies(20, 3, MIXED));
  t.notSame(generatedBodies(20, 3, MIXED), generatedBodies(20, 4, MIXED));
});

t.test('decisions of two runs are the same, and every name of the contract is printed', async (t) => {
  const whole = await ran(decision, TINY);
  const names = whole.figures.map((figure) => figure.name);
  for (const ads of [1000, 10_000, 100_000]) {
    t.ok(names.includes(`decision_us_median_${ads}`));
    t.ok(names.includes(`decision_us_p99_${ads}`));
  }
  t.ok(whole.figures.every((figure) => Number.isFinite(figure.value) && figure.unit !== ''));
  const again = await ran(decision, { ...TINY, ads: [1000] });
  t.same(again.works[0], whole.works[0]);
  t.match(again.works[0]?.what, /^bids [1-9]/, 'and it bids');
});

t.test('every stage is measured', async (t) => {
  const { figures } = await ran(stages, TINY);
  for (const stage of ['scan', 'match', 'score', 'price', 'encode']) {
    t.ok(
      figures.some((figure) => figure.name === `stage_us_${stage}`),
      stage,
    );
  }
});

t.test('answers stay right while books and models flip', async (t) => {
  const { figures } = await ran(flip, TINY);
  t.equal(figures.find((figure) => figure.name === 'flip_wrong_answers')?.value, 0);
});
