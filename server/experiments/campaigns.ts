// Experiments whose units are campaigns: they are dealt to the arms at the start, have the settings of their arm while
// it runs, and what they had before after it. Their values are those of the sums of the event log, a day.

import { dealt } from '../../bidcore/experiments/assignment.js';
import type { ArmSettings, ArmSums } from '../../bidcore/experiments/experiment_schema.js';
import { NO_SUMS, ratioOf, type Sums } from '../../bidcore/metrics/metrics.js';
import { DAY_MS, HOUR_MS } from '../../bidcore/metrics/series.js';
import { campaignsOfAccount, isRunning, sumsBetween } from '../allocation/portfolio.js';
import { changedRow } from '../api/resources/rows.js';
import type { Audit } from '../sql/change.js';
import { type Db, toJson } from '../sql/database.js';
import { NO_UNITS, type StoredExperiment } from './stored.js';

/** A value that the start has set. */
interface Setting {
  readonly campaign: string;
  /** Absent: of the campaign itself. */
  readonly ad_group?: string;
  readonly column: 'bid_micros' | 'daily_budget_micros' | 'pacing';
  readonly before: number | string;
  readonly after: number | string;
}

/** Deals the campaigns and gives them their settings. @returns why it cannot be started, or undefined */
export async function startCampaigns(
  tx: Db,
  audit: Audit,
  { row, definition }: StoredExperiment,
  nowMs: number,
): Promise<string | undefined> {
  const account = row.account_id ?? '';
  const running = (await campaignsOfAccount(tx, account)).filter((campaign) => isRunning(campaign, nowMs));
  const byId = new Map(running.map((campaign) => [campaign.id, campaign]));
  const wanted = definition.campaigns ?? running.map(({ id }) => id);
  const missing = wanted.filter((id) => !byId.has(id));
  if (missing.length > 0) return `these do not run: ${missing.slice(0, 5).join(', ')}`;
  if (wanted.length < definition.arms.length) return `${wanted.length} campaigns for ${definition.arms.length} arms`;
  const elsewhere = await tx
    .selectFrom('experiment_assignments as a')
    .innerJoin('experiments as e', 'e.id', 'a.experiment_id')
    .select(['a.unit_id', 'e.id'])
    .where('e.status', '=', 'running')
    .where('e.unit', '=', 'campaign')
    .where('a.unit_id', 'in', wanted)
    .executeTakeFirst();
  if (elsewhere !== undefined) return `${elsewhere.unit_id} is in experiment ${elsewhere.id}, which runs`;
  for (const [campaign, arm] of dealt(definition, wanted)) {
    const { name, settings } = definition.arms[arm] as (typeof definition.arms)[number];
    const had = byId.get(campaign);
    if (had === undefined) throw new Error('a campaign was dealt that is not there');
    const changed = await settingsFor(tx, had, settings);
    for (const one of changed) await set(tx, audit, account, one, one.after, row.id);
    await tx
      .insertInto('experiment_assignments')
      .values({ experiment_id: row.id, unit_id: campaign, arm_id: name, changed: toJson(changed) })
      .execute();
  }
  return undefined;
}

/** Puts back what the start has set. What somebody has changed since stays. @returns what does, a line each */
export async function stopCampaigns(tx: Db, audit: Audit, { row }: StoredExperiment): Promise<string[]> {
  const rows = await tx
    .selectFrom('experiment_assignments')
    .select('changed')
    .where('experiment_id', '=', row.id)
    .orderBy('unit_id')
    .execute();
  const kept: string[] = [];
  for (const one of rows.flatMap(({ changed }) => changed as unknown as readonly Setting[])) {
    const now = await settingNow(tx, one);
    if (now === one.after) await set(tx, audit, row.account_id ?? '', one, one.before, row.id);
    else kept.push(`${placeOf(one)}: ${one.column} is ${now ?? 'gone'} by now, not the ${one.after} it was given`);
  }
  return kept;
}

type Had = { readonly id: string; readonly daily_budget_micros: number | null; readonly pacing: string };

async function settingsFor(tx: Db, { id, daily_budget_micros, pacing }: Had, wanted: ArmSettings): Promise<Setting[]> {
  const { bid_multiplier, daily_budget_multiplier } = wanted;
  const changed: Setting[] = [];
  if (wanted.pacing !== undefined)
    changed.push({ campaign: id, column: 'pacing', before: pacing, after: wanted.pacing });
  if (daily_budget_multiplier !== undefined && daily_budget_micros !== null) {
    const after = Math.round(daily_budget_micros * daily_budget_multiplier);
    changed.push({ campaign: id, column: 'daily_budget_micros', before: daily_budget_micros, after });
  }
  if (bid_multiplier !== undefined) {
    const groups = await tx
      .selectFrom('ad_groups')
      .select(['id', 'bid_micros'])
      .where('campaign_id', '=', id)
      .where('status', '!=', 'archived')
      .orderBy('id')
      .execute();
    for (const { id: ad_group, bid_micros } of groups) {
      const after = Math.max(1, Math.round(bid_micros * bid_multiplier));
      changed.push({ campaign: id, ad_group, column: 'bid_micros', before: bid_micros, after });
    }
  }
  return changed.filter(({ before, after }) => before !== after);
}

async function set(
  tx: Db,
  audit: Audit,
  account: string,
  setting: Setting,
  value: number | string,
  experiment: string,
): Promise<void> {
  const { campaign, ad_group, column, before, after } = setting;
  const values = { [column]: value, ...changedRow };
  if (ad_group === undefined) await tx.updateTable('campaigns').set(values).where('id', '=', campaign).execute();
  else {
    const groups = tx.updateTable('ad_groups').set(values).where('campaign_id', '=', campaign);
    await groups.where('id', '=', ad_group).execute();
  }
  await audit({
    account,
    action: 'update',
    entity: ad_group === undefined ? 'campaign' : 'ad group',
    id: ad_group ?? campaign,
    before: { [column]: value === after ? before : after },
    after: { [column]: value, campaign, experiment },
  });
}

async function settingNow(
  tx: Db,
  { campaign, ad_group, column }: Setting,
): Promise<number | string | null | undefined> {
  if (ad_group === undefined) {
    const query = tx.selectFrom('campaigns').select(['daily_budget_micros', 'pacing']).where('id', '=', campaign);
    const row = await query.where('status', '!=', 'archived').executeTakeFirst();
    return row?.[column as 'daily_budget_micros' | 'pacing'];
  }
  const query = tx.selectFrom('ad_groups').select('bid_micros').where('campaign_id', '=', campaign);
  return (await query.where('id', '=', ad_group).where('status', '!=', 'archived').executeTakeFirst())?.bid_micros;
}

function placeOf({ campaign, ad_group }: Setting): string {
  return ad_group === undefined ? campaign : `${campaign}/${ad_group}`;
}

/**
 * Sums over the campaigns of each arm, by metric and arm, from the first full hour on. Values are a day: what a look
 * estimates then has the variance of what is left to learn, as the sequential test takes it (docs/experiments.md).
 */
export async function campaignSums(
  db: Db,
  { row, definition }: StoredExperiment,
  endMs: number,
): Promise<Map<string, ArmSums>> {
  const fromMs = Math.ceil((row.started_at?.getTime() ?? endMs) / HOUR_MS) * HOUR_MS;
  const days = (endMs - fromMs) / DAY_MS;
  const byArm = new Map<string, ArmSums>();
  if (days <= 0) return byArm;
  const sums = await sumsBetween(db, row.account_id ?? '', fromMs, endMs);
  const units = await db
    .selectFrom('experiment_assignments')
    .select(['unit_id', 'arm_id'])
    .where('experiment_id', '=', row.id)
    .execute();
  for (const { unit_id, arm_id } of units) {
    for (const { name } of [definition.metric, ...definition.guards]) {
      const { value, lower } = valueOfCampaign(name, sums.get(unit_id) ?? NO_SUMS, days);
      const key = `${name}\n${arm_id}`;
      const before = byArm.get(key) ?? NO_UNITS;
      byArm.set(key, {
        units: before.units + 1,
        sum: before.sum + value,
        squares: before.squares + value * value,
        lower: before.lower + lower,
        lower_squares: before.lower_squares + lower * lower,
        products: before.products + value * lower,
      });
    }
  }
  return byArm;
}

function valueOfCampaign(name: string, sums: Sums, days: number): { value: number; lower: number } {
  const ratio = ratioOf(name as Parameters<typeof ratioOf>[0]);
  if (ratio === undefined) return { value: sums[name as keyof Sums] / days, lower: 0 };
  const of = (sums[ratio.of] - (ratio.less === undefined ? 0 : sums[ratio.less])) * ratio.times;
  return { value: of / days, lower: sums[ratio.by as keyof Sums] / days };
}
