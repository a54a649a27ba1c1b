// Reports of a running Gavel, on planted notices: what is asked for adds up to what was planted, in pages as in one
// piece, sorted, as JSON as CSV.

import t from 'tap';
import { hashText } from '../../../bidcore/hash.js';
import type { NoticeKind } from '../../../bidcore/money/event.js';
import { openDatabase } from '../../sql/database.js';
import { isDatabaseError } from '../../sql/errors.js';
import { Rollups } from '../../sql/rollups/rollups.js';
import type { LogEvent } from '../../sql/rollups/sums.js';
import { campaignsOf } from '../../testing/campaigns.js';
import { billRecord } from '../../testing/events.js';
import { startGavel, until } from '../../testing/gavel_process.js';
import { startPostgres } from '../../testing/postgres_server.js';
import { ask } from '../../testing/wire.js';

t.setTimeout(180_000);

const DAY_MS = 86_400_000;
const FROM_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - 2 * DAY_MS;
const WHOLE = { from: new Date(FROM_MS).toISOString(), to: new Date(FROM_MS + 3 * DAY_MS).toISOString() };
const NAMES = ['a', 'b', 'c'];
const hex = (text: string): string => hashText(text).toString(16).padStart(16, '0');

/** Each hour of three days each campaign has impressions, some clicks, wins, bills, a loss, seldom a conversion. */
function planted(): LogEvent[] {
  const events: LogEvent[] = [];
  const add = (kind: NoticeKind, campaign: string, atMs: number, chargeMicros = 0): void => {
    const n = events.length + 1;
    const { facts, ...base } = billRecord(n);
    const names = { campaign: hex(campaign), ad: hex(`${campaign}/group/banner`), bid: `bid-${n}` };
    const record = { ...base, kind, atMs, chargeMicros, facts: { ...facts, ...names } };
    events.push({ partition: 0, position: String(n), record, chargedMicros: chargeMicros });
  };
  for (let hour = 0; hour < 72; hour++) {
    NAMES.forEach((campaign, i) => {
      const atMs = FROM_MS + hour * 3_600_000 + i * 60_000;
      for (let n = 0; n <= i; n++) {
        add('bill', campaign, atMs, 1000 + hour);
        add('imp', campaign, atMs);
      }
      add('loss', campaign, atMs);
      if (hour % 3 === i) add('click', campaign, atMs);
      if (hour % 24 === i) add('conv', campaign, atMs);
    });
  }
  return events;
}

interface Row {
  readonly [name: string]: number | string;
  readonly spend_micros: number;
}
interface Report {
  readonly items: readonly Row[];
  readonly totals: Row;
  readonly next_cursor: string | null;
}

const site = await startPostgres();
t.teardown(() => site.stop());
const DATABASE_URL = await site.database();
const gavel = await startGavel(t, { campaigns: campaignsOf(NAMES.map((id) => ({ id }))), env: { DATABASE_URL } });
const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  ask(gavel.adminPort, { method: 'GET', path, headers: { 'x-api-key': gavel.adminKey, ...headers } });
await until(async () => (await get('/accounts').catch(() => undefined))?.status === 200, 60_000);
const opened = await openDatabase({ url: DATABASE_URL, folder: undefined });
if (isDatabaseError(opened)) throw new Error(opened.problem);
t.teardown(() => opened.close());
const events = planted();
await new Rollups(opened.db, { consumer: 'planted', bidHistoryOneIn: 1 }).book(events);
const spentMicros = events.reduce((sum, { chargedMicros }) => sum + chargedMicros, 0);

const report = async (query: Readonly<Record<string, string>>): Promise<Report> => {
  const { status, text } = await get(`/accounts/account/reports?${new URLSearchParams(query)}`);
  if (status !== 200) throw new Error(text);
  return JSON.parse(text) as Report;
};

t.test('however it is cut, a report adds up to all of it', async (t) => {
  for (const granularity of ['minute', 'hour', 'day', 'total']) {
    for (const group_by of ['campaign', 'ad', 'exchange', 'geo', 'campaign,device']) {
      const { items, totals } = await report({ ...WHOLE, granularity, group_by, limit: '500' });
      const spent = items.reduce((sum, row) => sum + row.spend_micros, 0);
      t.same([spent, totals.spend_micros], [spentMicros, spentMicros], `${granularity} by ${group_by}`);
    }
  }
});

t.test('ratios are of the sums, and a win rate of the bids whose outcome was told', async (t) => {
  const { items } = await report({ granularity: 'total', group_by: 'campaign', sort: '-impressions' });
  t.same(
    items.map(({ campaign }) => campaign),
    ['c', 'b', 'a'],
  );
  const { impressions, clicks, ctr, win_rate, cpm_micros, spend_micros } = items[1] as Row;
  t.same([impressions, clicks, ctr], [144, 24, 24 / 144]);
  t.equal(win_rate, 2 / 3);
  t.equal(cpm_micros, Math.round((spend_micros * 1000) / 144));
});

t.test('pages are the whole in pieces, in any order', async (t) => {
  for (const sort of ['time', '-spend_micros', 'ctr', '-cpa_micros']) {
    const query = { granularity: 'hour', group_by: 'campaign', sort, ...WHOLE };
    const whole = await report({ ...query, limit: '500' });
    const pieces: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Report = await report({ ...query, limit: '50', ...(cursor !== '' && { cursor }) });
      pieces.push(...page.items);
      cursor = page.next_cursor;
    }
    t.equal(pieces.length, 72 * NAMES.length);
    t.same(pieces, whole.items, sort);
  }
});

t.test('filters, chosen columns, CSV', async (t) => {
  const only = await report({ granularity: 'total', campaign: 'b', metrics: 'clicks,ctr' });
  t.same(only.items, [{ clicks: 24, ctr: 24 / 144 }]);
  t.equal((await report({ granularity: 'total', geo: 'DEU' })).items.length, 0);
  t.equal((await report({ granularity: 'total', ad: 'group/banner', campaign: 'a,b' })).items[0]?.['impressions'], 216);
  const path = '/accounts/account/reports?granularity=day&group_by=campaign&metrics=clicks,roas';
  for (const answer of [await get(`${path}&format=csv`), await get(path, { accept: 'text/csv' })]) {
    t.match(answer.headers['content-type'], /^text\/csv/);
    const [head, first, ...rest] = answer.text.split('\r\n');
    t.equal(head, 'time,campaign,clicks,roas');
    t.match(first, /^\d{4}-\d\d-\d\dT00:00:00\.000Z,a,8,0$/);
    t.equal(rest.length, 9, 'nine lines and an end');
  }
});

t.test('what cannot be told is refused', async (t) => {
  for (const query of [
    'group_by=geo,device',
    'group_by=colour',
    'sort=colour',
    'sort=utilisation',
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    'cursor=bm8',
    'campaign=a&geo=DEU&device=1',
    'from=0000-01-01T00:00:00Z',
    'campaign=%00',
    `cursor=${Buffer.from(JSON.stringify(['["NaN","2026-01-01T00:00:00Z","",""]'])).toString('base64url')}`,
    `cursor=${Buffer.from(JSON.stringify(['["1","0000-01-01T00:00:00Z","",""]'])).toString('base64url')}`,
  ]) {
    t.equal((await get(`/accounts/account/reports?${query}`)).status, 400, query);
  }
  const sly = await report({ granularity: 'total', campaign: "a' or '1'='1", geo: "';drop table accounts--" });
  t.same(sly.items, []);
});

t.test('a campaign tells how it is doing', async (t) => {
  const stats = JSON.parse((await get('/campaigns/c/stats')).text);
  const ofDay = (campaign: string, day: number) =>
    events
      .filter(({ record }) => record.facts.campaign === hex(campaign))
      .filter(({ record }) => Math.floor((record.atMs - FROM_MS) / DAY_MS) === day)
      .reduce((sum, { chargedMicros }) => sum + chargedMicros, 0);
  const total = [0, 1, 2].reduce((sum, day) => sum + ofDay('c', day), 0);
  t.match(stats, {
    today: { spend_micros: ofDay('c', 2) },
    total: { spend_micros: total },
    budget: { spent_micros: total, left_micros: stats.budget.budget_micros - total, daily_budget_micros: null },
    live: { open: true, bids: 0 },
  });
});

t.test('bids and doubtful notices, the latest first, page by page', async (t) => {
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = JSON.parse((await get(`/accounts/account/bids?campaign=a&outcome=won&limit=30${more}`)).text);
    seen.push(...page.items.map((item: { at: string; bid: string }) => `${item.at} ${item.bid}`));
    cursor = page.next_cursor;
  }
  t.equal(seen.length, 72);
  t.same(seen, seen.toSorted().reverse());
  const stranger = { ...(events[0] as LogEvent), record: billRecord(9), position: '99999' };
  await new Rollups(opened.db, { consumer: 'planted' }).book([stranger]);
  const list = async () => JSON.parse((await get('/doubtful-notices')).text).items;
  t.match(await list(), [{ id: '0.99999', reason: 'unknown_ad', charge_micros: 1000 }]);
  const resolved = await ask(gavel.adminPort, {
    path: '/doubtful-notices/resolve',
    headers: { 'x-api-key': gavel.adminKey },
    body: JSON.stringify({ ids: ['0.99999', 'none'] }),
  });
  t.same(JSON.parse(resolved.text), { resolved: 1 });
  t.same(await list(), []);
});

t.test('conversions that an account brings count once, in every dimension', async (t) => {
  const query = { granularity: 'total', ...WHOLE };
  const before = (await report(query)).totals as Record<string, number>;
  const bring = async (conversions: readonly object[]) =>
    ask(gavel.adminPort, {
      path: '/accounts/account/conversions',
      headers: { 'x-api-key': gavel.adminKey },
      body: JSON.stringify({ conversions }),
    });
  const at = new Date(FROM_MS + 3_600_000).toISOString();
  const orders = [
    { id: 'o1', campaign: 'a', value_micros: 5_000_000, at },
    { id: 'o2', campaign: 'b', ad_group: 'group', creative: 'banner', bid: '00000000000000aa', value_micros: 7, at },
    { id: 'o1', campaign: 'a', value_micros: 5_000_000, at },
  ];
  t.same(JSON.parse((await bring(orders)).text), { counted: 2, known: 1 });
  t.same(JSON.parse((await bring(orders)).text), { counted: 0, known: 3 });
  for (const group_by of ['campaign', 'ad', 'exchange', 'geo', 'device']) {
    const { items, totals } = await report({ ...query, group_by, sort: '-revenue_micros' });
    t.equal(totals['conversions'], (before['conversions'] as number) + 2, group_by);
    t.equal(items[0]?.['revenue_micros'], group_by === 'campaign' || group_by === 'ad' ? 5_000_000 : 5_000_007);
  }
  for (const wrong of [
    { id: 'o3', campaign: 'nobody', at },
    { id: 'o3', campaign: 'a', ad_group: 'group', creative: 'other', at },
    { id: 'o3', campaign: 'a', at: new Date(Date.now() + DAY_MS).toISOString() },
  ]) {
    t.equal((await bring([{ id: 'o4', campaign: 'a', at }, wrong])).status, 422);
  }
  t.equal((await bring([{ id: 'notice:1', campaign: 'a', at }])).status, 400);
  const list = JSON.parse((await get('/accounts/account/conversions?source=api')).text).items;
  t.same(
    list.map((item: { id: string; campaign: string }) => `${item.id} ${item.campaign}`),
    ['o2 b', 'o1 a'],
  );
  t.equal((await get('/accounts/account/conversions/o4')).status, 404);
});
