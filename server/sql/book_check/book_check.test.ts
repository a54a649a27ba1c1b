// A change that a bidder would refuse is refused before it is committed, whether all of the book is looked at or only
// what was touched; and the bounds that spare the rest are above what a book takes.

import t from 'tap';
import { MAX_SIZES } from '../../../assembly/limits.js';
import { withDatabases } from '../../testing/database_case.js';
import { type Change, change, isChangeRefused } from '../change.js';
import { type Db, toJson } from '../database.js';
import { bookCheckOf } from './book_check.js';
import { surelyFits, together } from './headroom.js';
import type { BookUsage } from './messages.js';

t.setTimeout(120_000);

const AUTHOR = { kind: 'system', id: 'test' } as const;

const COMMON = { h: 250, advertiser_domains: ['acme.example'], landing_url: 'https://acme.example/' };
const banner = (w: number) => ({ ...COMMON, w, image_url: 'https://cdn.example/banner.png' });
/** Every quote takes two bytes in JSON. */
const LONG = { ...COMMON, w: 300, markup: `<b>${'"'.repeat(11_000)}</b>` };

withDatabases((test) => {
  test('a change', async (t, { db }) => {
    await filled(db);
    const creative = (id: string, content: object): Promise<unknown> =>
      changed(db, { account: 'acme', action: 'create', entity: 'creative', id }, (tx) =>
        tx
          .insertInto('creatives')
          .values({ account_id: 'acme', id, format: 'banner', content: toJson(content) })
          .execute(),
      );
    const ad = (id: string, shown: string): Promise<unknown> =>
      changed(db, { account: 'acme', campaign: 'spring', action: 'create', entity: 'ad group', id }, async (tx) => {
        await tx
          .insertInto('ad_groups')
          .values({ ...KEY, id, goal: 'cpm', bid_micros: 1e6, max_bid_cpm_micros: 2e6 })
          .execute();
        await tx
          .insertInto('ad_group_creatives')
          .values({ ...KEY, ad_group_id: id, creative_id: shown, position: 0 })
          .execute();
      });
    t.equal(await creative('small', banner(300)), undefined);
    t.equal(await ad('first', 'small'), undefined);
    t.equal(bookCheckOf(db).wantsToLearn, false, 'the whole is known after the first');

    t.equal(await creative('long', LONG), undefined, 'nothing shows it yet');
    t.match(await ad('long', 'long'), { code: 'book_refused', problems: [/bytes in the encoded bid of spring\/long/] });
    const groups = await db.selectFrom('ad_groups').select('id').execute();
    t.same(groups, [{ id: 'first' }], 'nothing of it is there');

    const worse = await changed(db, { account: 'acme', action: 'update', entity: 'creative', id: 'small' }, (tx) =>
      tx
        .updateTable('creatives')
        .set({ content: toJson(LONG) })
        .where('id', '=', 'small')
        .execute(),
    );
    t.match(
      worse,
      { code: 'book_refused', problems: [/encoded bid of spring\/first\/small/] },
      'a creative that is shown',
    );

    const sizes = Array.from({ length: MAX_SIZES }, (_, i) => `size${i}`);
    const many = await change(db, AUTHOR, undefined, { changesBook: true }, async (tx, audit) => {
      await tx
        .insertInto('creatives')
        .values(sizes.map((id, i) => ({ account_id: 'acme', id, format: 'banner', content: toJson(banner(301 + i)) })))
        .execute();
      await tx
        .insertInto('ad_group_creatives')
        .values(sizes.map((id, i) => ({ ...KEY, ad_group_id: 'first', creative_id: id, position: 1 + i })))
        .execute();
      await audit({ account: 'acme', campaign: 'spring', action: 'update', entity: 'ad group', id: 'first' });
    });
    t.match(many, { code: 'book_refused', problems: [`${MAX_SIZES + 1} creative sizes, a book holds ${MAX_SIZES}`] });
    t.equal(await ad('last', 'small'), undefined, 'and it goes on');
  });
});

const KEY = { account_id: 'acme', campaign_id: 'spring' };

async function changed(db: Db, line: Change, work: (tx: Db) => Promise<unknown>): Promise<unknown> {
  const done = await change(db, AUTHOR, undefined, { changesBook: true }, async (tx, audit) => {
    await work(tx);
    await audit(line);
  });
  return isChangeRefused(done) ? done : undefined;
}

async function filled(db: Db): Promise<void> {
  const none = toJson({});
  await db.insertInto('settings').values({ currency: 'USD', privacy: none, traffic: none }).execute();
  await db.insertInto('accounts').values({ id: 'acme', seat: 'acme', policy: none }).execute();
  await db.insertInto('campaigns').values({ id: 'spring', account_id: 'acme', budget_micros: 1e9 }).execute();
}

t.test('near a limit the parts are no proof', async (t) => {
  const whole: BookUsage = { ads: 1000, campaigns: 10, bytes: 1e6, values: 100, sizes: 3, durations: 0, images: 0 };
  const part: BookUsage = { ads: 10, campaigns: 1, bytes: 1e5, values: 10, sizes: 1, durations: 0, images: 0 };
  t.equal(surelyFits(whole, part), true);
  t.equal(surelyFits(whole, { ...part, sizes: MAX_SIZES }), false);
  t.equal(surelyFits(whole, { ...part, ads: 110_000 }), false);
  t.equal(surelyFits({ ...whole, bytes: 150e6 }, part), false);
  t.equal(surelyFits(whole, Array.from({ length: 2000 }, () => part).reduce(together)), false, 'many parts add up');
});
