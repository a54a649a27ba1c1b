// A campaign file goes into the tables and comes out with the same meaning, whatever is in it.

import t from 'tap';
import type { CampaignFile } from '../../../bidcore/campaign_file.js';
import { makeCampaignFile, planOf } from '../../../bidcore/fuzz/books.js';
import { campaignsOf } from '../../testing/campaigns.js';
import { withDatabases } from '../../testing/database_case.js';
import { parsedFile, parsedSample } from '../../testing/sql_samples.js';
import { bookRevision, type Db, inTransaction } from '../database.js';
import { isRowError } from '../errors.js';
import { campaignFileOf } from './file_of_rows.js';
import { type Imported, importCampaignFile } from './import.js';

const BOOKS = 25;
const ADS_MAX = 60;

/** Times as moments: how they are written has no meaning, nor that an audience names a campaign twice. */
function meaning(file: CampaignFile): unknown {
  const moment = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
  return {
    ...file,
    accounts: file.accounts.map((account) => ({
      ...account,
      audiences: account.audiences.map((audience) => ({ ...audience, campaigns: [...new Set(audience.campaigns)] })),
      campaigns: account.campaigns.map(({ start, end, ...campaign }) => ({
        ...campaign,
        start: moment(start),
        end: moment(end),
      })),
    })),
  };
}

async function imported(db: Db, file: CampaignFile, replace: boolean): Promise<Imported> {
  const result = await importCampaignFile(db, file, { replace });
  if (isRowError(result)) throw new Error(result.problem);
  return result;
}

async function exported(db: Db): Promise<CampaignFile> {
  const file = await campaignFileOf(db);
  if ('code' in file) throw new Error(JSON.stringify(file));
  return file;
}

/** A file of one account with one campaign, without creatives. */
function smallFile(account: string, campaign: string, currency = 'USD'): CampaignFile {
  return parsedFile(
    JSON.stringify({
      currency,
      accounts: [
        { id: account, seat: account, creatives: [], campaigns: [{ id: campaign, budget_micros: 1, ad_groups: [] }] },
      ],
    }),
  );
}

withDatabases((test) => {
  test('an empty database has no file', async (t, { db }) => {
    t.match(await campaignFileOf(db), { code: 'not_found' });
  });

  test('the sample comes out as it went in, and is counted', async (t, { db }) => {
    const file = parsedSample();
    const result = await imported(db, file, false);
    t.same(meaning(await exported(db)), meaning(file));
    t.equal(result.accounts, file.accounts.length);
    t.equal(result.campaigns, file.accounts.flatMap((account) => account.campaigns).length);
  });

  test('so do generated files, one in place of the other', async (t, { db }) => {
    let seen = 0;
    for (let seed = 0; seen < BOOKS; seed++) {
      const plan = planOf(seed);
      if (plan.ads > ADS_MAX) continue;
      seen++;
      // Books of the fuzzer give their accounts' campaigns the same ids; here a campaign stays with its account.
      const file = named(makeCampaignFile(seed), seed);
      await imported(db, file, true);
      t.same(meaning(await exported(db)), meaning(file), `book ${seed}`);
    }
  });

  test('importing a file again changes nothing but versions', async (t, { db }) => {
    const file = parsedSample();
    await imported(db, file, true);
    t.equal((await imported(db, file, true)).archived, 0);
    await imported(db, file, false);
    t.same(meaning(await exported(db)), meaning(file));
  });

  test('a file beside others adds to them; one in their place archives them', async (t, { db }) => {
    const [first, second] = [smallFile('one', 'c-one'), smallFile('two', 'c-two')];
    await imported(db, first, true);
    await imported(db, second, false);
    t.same(
      (await exported(db)).accounts.map(({ id }) => id),
      ['one', 'two'],
    );
    t.equal((await imported(db, second, true)).archived, 2, 'the account and its campaign');
    t.same(
      (await exported(db)).accounts.map(({ id }) => id),
      ['two'],
    );
    const kept = await db.selectFrom('campaigns').select('status').where('id', '=', 'c-one').executeTakeFirst();
    t.equal(kept?.status, 'archived', 'its name is still known');
  });

  test('what cannot be is refused, and nothing of it is kept', async (t, { db }) => {
    await imported(db, smallFile('one', 'c-one'), true);
    const revision = await bookRevision(db);
    const other = await importCampaignFile(db, smallFile('thief', 'c-one'), { replace: false });
    t.match(other, { code: 'already_exists', problem: 'campaign c-one is of account one' });
    const currency = await importCampaignFile(db, smallFile('one', 'c-one', 'EUR'), { replace: false });
    t.match(currency, { code: 'invalid_value', problem: /the database is in USD/ });
    const seat = smallFile('other', 'c-other');
    const taken = { ...seat, accounts: seat.accounts.map((account) => ({ ...account, seat: 'one' })) };
    t.match(await importCampaignFile(db, taken, { replace: false }), { code: 'already_exists' });
    for (const name of ['a\0b', 'half \ud800']) {
      const text = { ...seat, accounts: seat.accounts.map((account) => ({ ...account, name })) };
      t.match(await importCampaignFile(db, text, { replace: false }), { code: 'invalid_value' });
    }
    t.equal(await bookRevision(db), revision, 'a refused import is no change');
    t.same(
      (await exported(db)).accounts.map(({ id }) => id),
      ['one'],
    );
  });

  test('every change of the book raises its revision, made by whomever', async (t, { db }) => {
    const before = await bookRevision(db);
    await db.updateTable('campaigns').set({ budget_micros: 7 }).where('id', '=', 'c-one').execute();
    t.ok((await bookRevision(db)) > before);
  });

  test('domains of lists are in the file, until it is imported again as its own', async (t, { db }) => {
    const file = parsedSample();
    await imported(db, file, true);
    const group = await db
      .selectFrom('ad_groups')
      .selectAll()
      .where('status', '=', 'active')
      .orderBy('position')
      .executeTakeFirstOrThrow();
    const { account_id, campaign_id, id: ad_group_id } = group;
    await db.insertInto('lists').values({ account_id, id: 'no-go', kind: 'domain' }).execute();
    const entries = ['a.example', 'b.example'].map((entry) => ({ account_id, list_id: 'no-go', entry }));
    await db.insertInto('list_entries').values(entries).execute();
    const link = { account_id, campaign_id, ad_group_id, list_id: 'no-go', mode: 'exclude' } as const;
    await db.insertInto('ad_group_lists').values(link).execute();
    const withList = await exported(db);
    const found = withList.accounts
      .flatMap((account) => account.campaigns)
      .find(({ id }) => id === campaign_id)
      ?.ad_groups.find(({ id }) => id === ad_group_id);
    t.same(found?.targeting.domains_excluded?.slice(-2), ['a.example', 'b.example']);
    await imported(db, withList, false);
    t.same(meaning(await exported(db)), meaning(withList));
  });

  test('an import of many campaigns leaves the database fit for the next transaction', async (t, { db }) => {
    const campaigns = Array.from({ length: 400 }, (_, n) => ({ id: `many-${n}` }));
    const file = parsedFile(JSON.stringify(campaignsOf(campaigns)));
    for (let time = 0; time < 2; time++) {
      t.match(await importCampaignFile(db, file, { replace: true }), { campaigns: 400 });
      t.equal(await inTransaction(db, async () => time), time);
    }
  });
});

/**
 * With campaign ids that are the book's own, and without the texts that PostgreSQL does not keep: what `JSON.stringify`
 * writes as `\\u0000` or, of surrogates without their other half, `\\ud800`.
 */
function named(file: CampaignFile, seed: number): CampaignFile {
  const text = JSON.stringify({ ...file, accounts: file.accounts.map((account) => renamed(account, seed)) });
  return parsedFile(text.replaceAll(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f]..)/g, '$1?'));
}

function renamed(account: CampaignFile['accounts'][number], seed: number): CampaignFile['accounts'][number] {
  const own = (id: string): string => `b${seed}.${id}`;
  return {
    ...account,
    audiences: account.audiences.map((audience) => ({ ...audience, campaigns: audience.campaigns.map(own) })),
    campaigns: account.campaigns.map((campaign) => ({ ...campaign, id: own(campaign.id) })),
  };
}

t.test('the files differ', async (t) => {
  t.notSame(meaning(named(makeCampaignFile(1), 1)), meaning(named(makeCampaignFile(2), 2)));
});
