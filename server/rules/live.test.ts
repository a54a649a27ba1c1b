// A rule and a running bidder: from sums that the rollups wrote, by the job of the process itself, to bids that stop;
// and what the command line and the API tell of it.

import t from 'tap';
import { hashText } from '../../bidcore/hash.js';
import { DAY_MS } from '../../bidcore/metrics/series.js';
import { RULE_TEMPLATES } from '../../bidcore/rules/templates.js';
import { rules as cli } from '../cli_rules.js';
import { importCampaignFile } from '../sql/book/import.js';
import { openDatabase, toJson } from '../sql/database.js';
import { isDatabaseError } from '../sql/errors.js';
import { migrateUp } from '../sql/migrate.js';
import { Rollups } from '../sql/rollups/rollups.js';
import { bidRequest, campaignsOf } from '../testing/campaigns.js';
import { billRecord } from '../testing/events.js';
import { startGavel, until } from '../testing/gavel_process.js';
import { startPostgres } from '../testing/postgres_server.js';
import { parsedFile } from '../testing/sql_samples.js';
import { ask, bid } from '../testing/wire.js';

const IMPRESSIONS = 1100;
const campaigns = campaignsOf([
  { id: 'bad', domain: 'bad.example' },
  { id: 'good', domain: 'good.example' },
]);

t.test('a rule pauses a campaign of a running bidder, and its bids stop', async (t) => {
  const site = await startPostgres();
  t.teardown(() => site.stop());
  const url = await site.database();
  const database = await openDatabase({ url, folder: undefined });
  if (isDatabaseError(database)) throw new Error(database.problem);
  t.teardown(() => database.close());
  const { db } = database;
  await migrateUp(db);
  await importCampaignFile(db, parsedFile(JSON.stringify(campaigns)), { replace: false });
  const pause = RULE_TEMPLATES.find(({ key }) => key === 'pause_low_ctr');
  const { name, ...definition } = pause?.rule ?? { name: '' };
  const rule = { account_id: 'account', id: 'low-ctr', name, definition: toJson(definition) };
  await db.insertInto('rules').values(rule).execute();
  const events = ['bad', 'good'].flatMap((campaign, c) =>
    Array.from({ length: IMPRESSIONS + c * 20 }, (_, n) => {
      const base = billRecord(c * 10_000 + n);
      const kind = n < IMPRESSIONS ? ('imp' as const) : ('click' as const);
      const ad = hashText(`${campaign}/group/banner`).toString(16).padStart(16, '0');
      const record = { ...base, kind, atMs: Date.now() - 60_000, facts: { ...base.facts, ad }, chargeMicros: 0 };
      return { partition: 0, position: String(c * 10_000 + n + 1), record, chargedMicros: 0 };
    }),
  );
  t.equal(await new Rollups(db, { consumer: 'planted' }).book(events), events.length);

  const environment = { DATABASE_URL: url };
  const said = async (...args: string[]): Promise<string> => {
    const { status, output, problems } = await cli(args, environment, () => undefined);
    t.equal(status, 0, problems.join('; '));
    return output;
  };
  t.match(await said('list'), /low-ctr {2}\(active\).*\n.*CTR < 1% in 24h: pause/);
  t.match(JSON.parse(await said('show', 'low-ctr')), { id: 'low-ctr', actions: [{ type: 'pause' }] });
  t.match(await said('dry-run', 'low-ctr', '--days', '1'), /would have acted .* in 1 day\./);
  t.match(await said('suggest'), /nothing/);

  const gavel = await startGavel(t, { campaigns, env: { DATABASE_URL: url, GAVEL_JOBS: 'on' } });
  const answers = async (domain: string) => (await bid(gavel.port, bidRequest(domain))).status;
  await until(async () => (await answers('bad.example')) === 204, 60_000);
  t.equal(await answers('good.example'), 200);
  t.match(
    await said('executions', '--rule', 'low-ctr'),
    /low-ctr {2}bad {2}applied: paused\n.*CTR 0% < 1% after 1,100/,
  );

  const base = `http://127.0.0.1:${gavel.adminPort}`;
  const live = await said('executions', '--url', base, '--key', gavel.adminKey, '--json', '--account', 'account');
  t.match(JSON.parse(live), { campaign: 'bad', observed: [{ metric: 'ctr', values: [0] }] });
  const dry = await said('dry-run', 'low-ctr', '--url', base, '--key', gavel.adminKey, '--json');
  t.match(JSON.parse(dry), { days: 7, actual: { impressions: 2 * IMPRESSIONS } });
  const [line] = await db.selectFrom('audit_log').selectAll().where('entity', '=', 'campaign').execute();
  t.match(line, { actor_kind: 'rule', actor_id: 'low-ctr', before: { status: 'active' }, after: { status: 'paused' } });

  // A person ends the pause; the rule leaves the campaign alone until it has cooled down.
  const headers = { 'x-api-key': gavel.adminKey, 'if-match': '*' };
  const body = JSON.stringify({ status: 'active' });
  t.equal((await ask(gavel.adminPort, { method: 'PATCH', path: '/campaigns/bad', headers, body })).status, 200);
  await until(async () => (await answers('bad.example')) === 200);
  const path = '/accounts/account/rules/low-ctr/run';
  const again = await ask(gavel.adminPort, { path, headers });
  t.same(JSON.parse(again.text), { applied: [], superseded: [] });
  await db
    .updateTable('rule_executions')
    .set({ at: new Date(Date.now() - 2 * DAY_MS) })
    .execute();
  t.same(JSON.parse((await ask(gavel.adminPort, { path, headers })).text), { applied: ['bad'], superseded: [] });
  await until(async () => (await answers('bad.example')) === 204);
});

t.test('a command line that is not understood ends with 2, another key or rule with 1', async (t) => {
  const status = async (...args: string[]) => (await cli(args, {}, () => undefined)).status;
  for (const args of [[], ['fly'], ['show'], ['list', 'x'], ['dry-run', 'a', '--days', '31'], ['list', '--key', 'k']]) {
    t.equal(await status(...args), 2, args.join(' '));
  }
  t.equal(await status('list', '--url', 'http://127.0.0.1:1', '--key', 'k'), 1);
  t.equal(await status('list', '--url', 'nowhere', '--key', 'k'), 2);
});
