// Rules from the sums in the database to what they change there: the three rules of the handbook, cool-down across
// restarts, and who may end whose pause.

import { DAY_MS, HOUR_MS } from '../../bidcore/metrics/series.js';
import { type RuleInput, rule as ruleSchema } from '../../bidcore/rules/rule_schema.js';
import { RULE_TEMPLATES } from '../../bidcore/rules/templates.js';
import { rulesJob } from '../jobs/rules.js';
import { makeLog } from '../log.js';
import { importCampaignFile } from '../sql/book/import.js';
import { type Db, toJson } from '../sql/database.js';
import { withDatabases } from '../testing/database_case.js';
import { parsedFile } from '../testing/sql_samples.js';
import { measureEffects } from './effects.js';
import { definitionOf } from './stored_rules.js';

/** In the middle of an hour, so that the present bucket is one that has begun. */
const NOW = Date.parse('2026-03-10T12:30:00Z');
const ACCOUNT = 'acme';

const creative = (id: string) => ({
  ...{ id, type: 'banner', w: 300, h: 250, advertiser_domains: ['acme.example'] },
  ...{ landing_url: 'https://acme.example/', image_url: `https://cdn.acme.example/${id}.png` },
});

async function fill(db: Db, campaigns: readonly string[], more: object = {}): Promise<void> {
  for (const table of ['rotated_ads', 'rule_pauses', 'rule_executions', 'rules', 'metrics_hour', 'alerts'] as const) {
    await db.deleteFrom(table).execute();
  }
  const group = { id: 'g', goal: { type: 'cpm', bid_micros: 2_000_000 }, max_bid_cpm_micros: 2_200_000 };
  const file = {
    currency: 'USD',
    accounts: [
      {
        id: ACCOUNT,
        seat: 'acme-seat',
        creatives: ['one', 'two'].map(creative),
        campaigns: campaigns.map((id) => ({
          ...{ id, budget_micros: 1e12, daily_budget_micros: 50_000_000, status: 'active' },
          ...{ ad_groups: [{ ...group, creatives: ['one'] }], ...more },
        })),
      },
    ],
  };
  const imported = await importCampaignFile(db, parsedFile(JSON.stringify(file)), { replace: true });
  if ('code' in imported) throw new Error(imported.problem);
}

interface Hourly {
  readonly impressions: number;
  readonly clicks?: number;
  readonly spend?: number;
  readonly revenue?: number;
}

/** The same in each hour of some days. */
async function sums(db: Db, campaign_id: string, fromMs: number, toMs: number, hourly: Hourly): Promise<void> {
  const { impressions, clicks = 0, spend = 0, revenue = 0 } = hourly;
  const counted = { impressions, clicks, wins: impressions, spend_micros: spend, revenue_micros: revenue };
  const hours = Math.ceil((toMs - fromMs) / HOUR_MS);
  const rows = Array.from({ length: hours }, (_, hour) => ({
    ...{ account_id: ACCOUNT, campaign_id, dimension: 'campaign' as const, key: '', ...counted },
    bucket: new Date(fromMs + hour * HOUR_MS),
  }));
  await db.insertInto('metrics_hour').values(rows).execute();
}

async function addRule(db: Db, input: RuleInput): Promise<void> {
  const one = ruleSchema.parse(input);
  const definition = toJson(definitionOf(one));
  await db.insertInto('rules').values({ account_id: ACCOUNT, id: one.id, name: one.name, definition }).execute();
}

const template = (key: string): RuleInput => {
  const found = RULE_TEMPLATES.find((one) => one.key === key);
  if (found === undefined) throw new Error(key);
  return { id: key, ...found.rule };
};

/** The job as a node runs it; @returns how often bidders were to have another book */
async function run(db: Db, nowMs: number, lagS = 0): Promise<number> {
  let books = 0;
  const bookChanged = () => {
    books += 1;
  };
  await rulesJob({ seconds: () => lagS }).run(
    { db, log: makeLog('fatal'), bookChanged, signal: new AbortController().signal },
    nowMs,
  );
  return books;
}

const statusOf = async (db: Db, id: string) =>
  (await db.selectFrom('campaigns').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status;
const budgetOf = async (db: Db, id: string) =>
  (await db.selectFrom('campaigns').select('daily_budget_micros').where('id', '=', id).executeTakeFirstOrThrow())
    .daily_budget_micros;
const executions = (db: Db) => db.selectFrom('rule_executions').selectAll().orderBy('id').execute();

const hourStart = Math.floor(NOW / HOUR_MS) * HOUR_MS;

withDatabases((test) => {
  test('under 1% CTR after 1,000 impressions in 24 hours a campaign is paused, once', async (t, { db }) => {
    await fill(db, ['bad', 'good', 'small']);
    const since = hourStart - 23 * HOUR_MS;
    await sums(db, 'bad', since, NOW, { impressions: 100, clicks: 0 });
    await sums(db, 'good', since, NOW, { impressions: 100, clicks: 2 });
    await sums(db, 'small', since, NOW, { impressions: 40, clicks: 0 });
    await addRule(db, template('pause_low_ctr'));
    t.equal(await run(db, NOW, 61), 0, 'not on sums that are behind');
    t.equal(await run(db, NOW), 1);
    t.same(await Promise.all(['bad', 'good', 'small'].map((id) => statusOf(db, id))), ['paused', 'active', 'active']);
    t.match(await executions(db), [
      {
        campaign_id: 'bad',
        outcome: 'applied',
        reason: 'CTR 0% < 1% after 2,400 impressions in 24h',
        observed: [{ metric: 'ctr', window: '24h', values: [0], impressions: 2400 }],
        actions: [{ type: 'status', from: 'active', to: 'paused' }],
      },
    ]);
    const log = await db.selectFrom('audit_log').selectAll().where('actor_kind', '=', 'rule').execute();
    t.match(log.at(-1), { actor_id: 'pause_low_ctr', entity_id: 'bad', before: { status: 'active' } });

    // Somebody resumes it: for a day the rule leaves it alone, also after a restart, which knows only the database.
    await db.updateTable('campaigns').set({ status: 'active' }).where('id', '=', 'bad').execute();
    t.same(await db.selectFrom('rule_pauses').selectAll().execute(), []);
    t.equal(await run(db, NOW + 23 * HOUR_MS), 0);
    t.equal((await executions(db)).length, 1);
  });

  test('of two runs at once one acts', async (t, { db }) => {
    await fill(db, ['bad']);
    await sums(db, 'bad', hourStart - 23 * HOUR_MS, NOW, { impressions: 100, spend: 1_000_000 });
    const actions = [{ type: 'change_budget' as const, percent: -50 }];
    await addRule(db, { ...template('pause_low_ctr'), actions });
    await Promise.all([run(db, NOW), run(db, NOW + 1)]);
    t.equal(await budgetOf(db, 'bad'), 25_000_000);
    t.equal((await executions(db)).length, 1);
  });

  test('over ROAS 3 in 7 days a daily budget gets 20% more, up to a ceiling', async (t, { db }) => {
    await fill(db, ['rich', 'poor']);
    const since = hourStart - 7 * DAY_MS + HOUR_MS;
    await sums(db, 'rich', since, NOW, { impressions: 100, spend: 1_000_000, revenue: 3_100_000 });
    await sums(db, 'poor', since, NOW, { impressions: 100, spend: 1_000_000, revenue: 2_900_000 });
    const actions = [{ type: 'change_budget' as const, percent: 20, ceiling_micros: 70_000_000 }];
    await addRule(db, { ...template('raise_budget_roas'), actions });
    const budgets: (number | null)[] = [];
    for (let day = 0; day < 3; day++) {
      await run(db, NOW + day * DAY_MS);
      budgets.push(await budgetOf(db, 'rich'));
    }
    t.same(budgets, [60_000_000, 70_000_000, 70_000_000]);
    t.equal(await budgetOf(db, 'poor'), 50_000_000);
    t.equal((await executions(db)).length, 2, 'at the ceiling nothing is done');
  });

  test('above ROAS 4 on each of 3 days a daily budget gets 50% more', async (t, { db }) => {
    await fill(db, ['steady', 'once']);
    const days = [3, 2, 1].map((back) => hourStart + HOUR_MS - back * DAY_MS);
    for (const [n, day] of days.entries()) {
      await sums(db, 'steady', day, day + DAY_MS, { impressions: 10, spend: 1_000_000, revenue: 4_500_000 });
      const revenue = n === 1 ? 1_000_000 : 9_000_000;
      await sums(db, 'once', day, day + DAY_MS, { impressions: 10, spend: 1_000_000, revenue });
    }
    await addRule(db, template('raise_budget_roas_streak'));
    await run(db, NOW);
    t.same([await budgetOf(db, 'steady'), await budgetOf(db, 'once')], [75_000_000, 50_000_000]);
    t.match(await executions(db), [{ reason: 'ROAS 4.5, 4.5, 4.5 > 4 in each of 3 × 1d' }]);
  });

  test('what a rule paused a rule may resume; what a person paused stays so', async (t, { db }) => {
    await fill(db, ['by-rule', 'by-person']);
    await db.updateTable('campaigns').set({ status: 'paused' }).where('id', '=', 'by-person').execute();
    const when = { metric: 'clicks' as const, operator: '<=' as const, value: 0, window: '24h' };
    await addRule(db, { id: 'a-pause', name: 'pause', when, actions: [{ type: 'pause' }], cooldown: '90d' });
    await run(db, NOW);
    await addRule(db, { id: 'b-resume', name: 'resume', when, actions: [{ type: 'resume' }] });
    await run(db, NOW + HOUR_MS);
    t.same([await statusOf(db, 'by-rule'), await statusOf(db, 'by-person')], ['active', 'paused']);
  });

  test('what the database or the bidders would refuse is refused for that campaign alone, with an alert', async (t, {
    db,
  }) => {
    await fill(db, ['first', 'second']);
    await db.updateTable('campaigns').set({ daily_budget_micros: 9e14 }).where('id', '=', 'first').execute();
    const when = { metric: 'clicks' as const, operator: '<=' as const, value: 0, window: '24h' };
    await addRule(db, { id: 'more', name: 'more', when, actions: [{ type: 'change_budget', percent: 50 }] });
    await run(db, NOW);
    t.same([await budgetOf(db, 'first'), await budgetOf(db, 'second')], [9e14, 75_000_000]);
    const all = await executions(db);
    t.same(
      new Set(all.map((one) => `${one.campaign_id} ${one.outcome}`)),
      new Set(['first refused', 'second applied']),
    );
    t.match(await db.selectFrom('alerts').selectAll().execute(), [{ kind: 'rule_refused', account_id: ACCOUNT }]);
  });

  test('a creative that nobody clicks gives way to the one that waits', async (t, { db }) => {
    await fill(db, ['turns']);
    const day = new Date(Math.floor(NOW / DAY_MS) * DAY_MS);
    const row = { account_id: ACCOUNT, campaign_id: 'turns', dimension: 'ad' as const, key: 'g/one', bucket: day };
    await db
      .insertInto('metrics_day')
      .values({ ...row, impressions: 5000, clicks: 1 })
      .execute();
    const when = { metric: 'clicks' as const, operator: '<=' as const, value: 9, window: '24h' };
    const actions = [{ type: 'rotate_creative' as const, creatives: ['one', 'two'] }];
    await addRule(db, { id: 'turns', name: 'turns', when, actions });
    await run(db, NOW);
    const ads = await db
      .selectFrom('ad_group_creatives')
      .select('creative_id')
      .where('campaign_id', '=', 'turns')
      .execute();
    t.same(ads, [{ creative_id: 'two' }]);
  });

  test('an effect is measured against campaigns that no rule touched', async (t, { db }) => {
    const ids = ['acted', 'like-1', 'like-2', 'like-3'];
    await fill(db, ids);
    const [before, after] = [hourStart - 25 * HOUR_MS, hourStart + HOUR_MS];
    for (const [n, id] of ids.entries()) {
      await sums(db, id, before, hourStart, { impressions: 1000, clicks: n === 0 ? 4 : 5, spend: 1_000_000 + n });
      await sums(db, id, after, after + DAY_MS, { impressions: n === 0 ? 0 : 1000, clicks: n === 0 ? 0 : 5, spend: n });
    }
    await addRule(db, { ...template('pause_low_ctr'), campaigns: ['acted'] });
    await run(db, NOW);
    t.equal(await measureEffects(db, NOW + DAY_MS), 0, 'not before its time');
    t.equal(await measureEffects(db, NOW + DAY_MS + 2 * HOUR_MS), 1);
    t.equal(await measureEffects(db, NOW + DAY_MS + 2 * HOUR_MS), 0, 'once');
    const [execution] = await executions(db);
    t.match(execution?.effect, { metric: 'spend_micros', hours: 24, campaign: { before: 24_000_000, after: 0 } });
    t.equal(execution?.effect?.others.length, 3);
  });
});
