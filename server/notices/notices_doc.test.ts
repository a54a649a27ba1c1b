// docs/notices.md says of outcomes, kinds and auction results what the code says.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { NOTICE_KINDS } from '../../bidcore/money/event.js';
import { NOTICE_OUTCOMES } from '../../bidcore/money/notice_outcomes.js';
import { auctionResult } from './auction_results.js';

const page = readFileSync('docs/notices.md', 'utf8');

t.test('docs/notices.md has every outcome with its status and meaning, and no other', async (t) => {
  const documented = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.*) \|$/gm)];
  t.same(
    documented.map(([, label, status, help]) => ({ label, status: Number(status), help })),
    NOTICE_OUTCOMES.map(({ label, status, help }) => ({ label, status, help })),
  );
});

t.test('docs/notices.md has every kind of notice, and no other', async (t) => {
  const documented = [...page.matchAll(/^\| `\/n\/(\w+)\/TOKEN/gm)].map(([, kind]) => kind);
  t.same([...new Set(documented)].sort(), [...NOTICE_KINDS].sort());
});

t.test('docs/notices.md has every key of an auction result, and no other', async (t) => {
  const table = page.slice(page.indexOf('| key | meaning |'));
  const documented = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, keys = '']) => keys.match(/\w+/g) ?? []);
  t.same(documented, Object.keys(auctionResult.shape));
});
