// A file with a part in place is the file as it would be read anew, and what was not touched is the same object.

import t from 'tap';
import { withPart } from './campaign_part.js';
import { sampleAccount, sampleFile } from './testing/sample_book.js';

const whole = sampleFile({ accounts: [sampleAccount({})] });
const [account] = whole.accounts;
const [campaign] = account?.campaigns ?? [];
if (account === undefined || campaign === undefined) throw new Error('the sample has an account with a campaign');
const other = { ...campaign, id: 'other' };
const both = { ...whole, accounts: [{ ...account, campaigns: [campaign, other] }] };
const partOf = (campaigns: (typeof campaign)[], touched: string[]) => ({
  file: { ...whole, accounts: [{ ...account, creatives: [], campaigns }] },
  campaigns: touched,
  creatives: [],
});

t.test('what was touched is replaced in its place, the rest stays what it was', async (t) => {
  const paused = { ...campaign, status: 'paused' as const };
  const after = withPart(both, partOf([paused], [campaign.id])).accounts[0];
  t.same(after?.campaigns, [paused, other]);
  t.equal(after?.campaigns[1], other);
  t.same(after?.creatives, account.creatives, 'creatives that the part does not show are still there');
});

t.test('a campaign that came along untouched changes nothing', async (t) => {
  const after = withPart(both, partOf([{ ...campaign }], []));
  t.equal(after.accounts[0]?.campaigns[0], campaign);
});

t.test('what is new comes last, what is gone is gone', async (t) => {
  const added = { ...campaign, id: 'new' };
  const ids = withPart(both, partOf([added], ['new', campaign.id])).accounts[0]?.campaigns.map(({ id }) => id);
  t.same(ids, ['other', 'new']);
  const [shown] = account.creatives;
  const without = { ...partOf([], []), creatives: [`${account.id} ${shown?.id}`] };
  t.notOk(withPart(both, without).accounts[0]?.creatives.some(({ id }) => id === shown?.id));
});

t.test('the heads are those of the part: accounts come and go with it', async (t) => {
  const renamed = { ...account, id: 'second', seat: 'second', campaigns: [], creatives: [] };
  const part = { file: { ...whole, accounts: [renamed] }, campaigns: [], creatives: [] };
  t.same(withPart(both, part).accounts, [renamed]);
});
