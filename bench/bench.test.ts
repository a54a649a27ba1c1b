// The benchmarks as programs: they do the same work in every run, and print what others read. No timing is asserted.

import t from 'tap';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { type Benchmark, SIZES, type Size } from './benchmark.js';
import { bodies } from './bodies.js';
import { campaignFile } from './book.js';
import { decision } from './decision.js';
import { eventLog } from './event_log.js';
import { flip } from './flip.js';
import { money } from './money.js';
import { notices } from './notices.js';
import { Report } from './report.js';
import { bodyFiles, generatedBodies, MIXED, TWO_KB } from './requests.js';
import { rules } from './rules.js';
import { stages } from './stages.js';
import { train } from './train.js';
import { FORMAT_SHARES } from './vocabulary.js';

t.setTimeout(180_000);

const TINY: Size = {
  ...SIZES.small,
  ads: [1000, 2000, 4000],
  warmPasses: 1,
  timedPasses: 1,
  stagePasses: 1,
  twinDecisions: 20,
  flips: 2,
  pushes: 2,
  flipSeconds: 0.2,
  eventsEach: 20,
  eventGroups: 1,
  trainRounds: 1,
  ruleCampaigns: 200,
  ruleRuns: 1,
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
  t.ok((even[10] as number) >= 1900 && (even[950] as number) <= 2200, `${even[10]} to ${even[950]} bytes`);
  t.same(generatedBodies(20, 3, MIXED), generatedBodies(20, 3, MIXED));
  t.notSame(generatedBodies(20, 3, MIXED), generatedBodies(20, 4, MIXED));
});

/** As much of a body as is looked at here. */
interface Body {
  readonly imp: readonly Record<string, unknown>[];
  readonly device: { readonly geo: { readonly country: string } };
  readonly user: { readonly consent?: string; readonly ext?: { readonly consent?: string } };
  readonly regs: { readonly gpp?: string; readonly ext?: { readonly gpp?: string } };
}

const parsedBodies = (count: number): Body[] =>
  generatedBodies(count, 1, TWO_KB).map((body) => JSON.parse(body.toString()) as Body);
const consentOf = ({ user }: Body): string | undefined => user.consent ?? user.ext?.consent;

t.test('books and bodies have the formats in their shares, and the bodies the signals of privacy', async (t) => {
  const near = (what: string, count: number, of: number, share: number): void => {
    t.ok(Math.abs(count / of - share) < 0.04, `${what}: ${count} of ${of} is near ${share}`);
  };
  const { accounts } = campaignFile(10_000, 1);
  const types = new Map(accounts.flatMap((account) => account.creatives.map(({ id, type }) => [id, type])));
  const ads = accounts.flatMap(({ campaigns }) =>
    campaigns.flatMap(({ ad_groups }) => ad_groups.flatMap(({ creatives }) => creatives)),
  );
  const parsed = parsedBodies(3000);
  for (const [percent, format] of FORMAT_SHARES) {
    near(`${format} ads`, ads.filter((id) => types.get(id) === format).length, ads.length, percent / 100);
    // The key behind `id` is the first format.
    const first = parsed.filter(({ imp }) => Object.keys(imp[0] ?? {})[1] === format);
    near(`${format} bodies`, first.length, parsed.length, percent / 100);
  }
  near('consent', parsed.filter(consentOf).length, parsed.length, 0.2);
  const us = parsed.filter(({ device }) => device.geo.country === 'USA');
  near('GPP in the USA', us.filter(({ regs }) => regs.gpp ?? regs.ext?.gpp).length, us.length, 0.15);
});

t.test('decisions of two runs are the same, and every name of the contract is printed', async (t) => {
  const whole = await ran(decision, TINY);
  const names = whole.figures.map((figure) => figure.name);
  for (const { ads } of Object.values(SIZES)) t.same(ads, [1000, 10_000, 100_000]);
  for (const ads of TINY.ads) {
    t.ok(names.includes(`decision_us_median_${ads}`));
    t.ok(names.includes(`decision_us_p99_${ads}`));
    t.ok(names.includes(`decision_us_median_mix_${ads}`));
    t.ok(names.includes(`decision_us_p99_mix_${ads}`));
  }
  t.ok(whole.figures.every((figure) => Number.isFinite(figure.value) && figure.unit !== ''));
  const again = await ran(decision, { ...TINY, ads: [1000] });
  t.same(again.works[0], whole.works[0]);
  t.match(again.works[0]?.what, /^bids [1-9]/, 'and it bids');
  for (const [, format] of FORMAT_SHARES) {
    const share = whole.figures.find(({ name }) => name === `bid_share_mix_${format}`)?.value as number;
    t.ok(share > 0.15 && share < 0.45, `${format}: ${share} of the bodies get a bid of it`);
  }
});

t.test('every body gets the answer of the twin, and every file is counted', async (t) => {
  const { figures, works } = await ran(bodies, TINY);
  const figure = (name: string): number | undefined => figures.find((one) => one.name === name)?.value;
  t.equal(figure('bodies_different'), 0);
  t.equal(works.length, bodyFiles().length + 1, 'the generated ones besides');
  const counted = works.flatMap(({ what }) => [...what.matchAll(/[a-z_]+ (\d+)/g)].map((match) => Number(match[1])));
  t.equal(
    counted.reduce((sum, count) => sum + count, 0),
    figure('bodies_answered'),
    'outcomes add up to the bodies',
  );
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

t.test('decisions with money and without it bid on the same requests', async (t) => {
  const { figures, works } = await ran(money, TINY);
  const [withMoney, without] = /bids (\d+) with money, (\d+) without/.exec(works[0]?.what ?? '')?.slice(1) ?? [];
  t.ok(Number(withMoney) > 500, `${withMoney} bids`);
  t.equal(withMoney, without);
  const ratio = figures.find(({ name }) => name === 'money_overhead_ratio')?.value ?? 0;
  t.ok(ratio > 0.3 && ratio < 3, `${ratio}`);
});

t.test('what the event log acknowledges is read again, the same in every run', async (t) => {
  const { figures, works } = await ran(eventLog, TINY);
  t.ok(figures.every(({ value }) => Number.isFinite(value) && value > 0));
  t.same((await ran(eventLog, TINY)).works, works);
});

t.test('every notice is booked once, and repeated when it comes again', async (t) => {
  const { figures } = await ran(notices, TINY);
  const figure = (name: string): number => figures.find((one) => one.name === name)?.value ?? 0;
  t.equal(figure('notices_booked_share'), 1);
  t.ok(figure('notices_per_s') > 0);
  t.ok(figure('repeated_notices_per_s') > 0);
});

t.test('the trainer and its plain twin learn the same, the same in every run', async (t) => {
  const { figures, works } = await ran(train, TINY);
  t.same(
    figures.map(({ name }) => name),
    ['train_examples_per_s', 'train_plain_examples_per_s', 'train_ratio_plain'],
  );
  t.ok(figures.every(({ value }) => Number.isFinite(value) && value > 0));
  const furthest = Number(/differ by (\S+) at most/.exec(works[0]?.what ?? '')?.[1]);
  t.ok(furthest < 1e-3, `after 65,536 updates in 32-bit floats: ${furthest}`);
  t.same((await ran(train, TINY)).works, works);
});

t.test('rules act on some campaigns, on the same ones in every run', async (t) => {
  const { figures, works } = await ran(rules, TINY);
  t.ok(figures.some(({ name, value }) => name === 'rules_seconds_median' && value > 0));
  t.match(works[0]?.what, /^[1-9]\d* held, [1-9]\d* executions$/);
  t.same((await ran(rules, TINY)).works, works);
});
