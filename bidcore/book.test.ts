// The book: which ads of a file are in it, and how they are numbered.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { CHUNK_ADS } from '../assembly/memory_map.js';
import { type Book, makeBook, willingMost } from './book.js';
import { isCampaignFileError, parseCampaignFile } from './campaign_file.js';
import { bidOf } from './testing/rendering.js';
import { bookOfAdGroups, SAMPLE_URLS } from './testing/sample_book.js';

const urls = { ...SAMPLE_URLS, notices: 'https://n.example', markup: 'https://m.example' };

function sampleBook() {
  const file = parseCampaignFile(readFileSync('server/sample/campaigns.json', 'utf8'));
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  return makeBook(file, 7, urls);
}

t.test('ads are numbered densely, the same way every time', async (t) => {
  const { ads, version } = sampleBook();
  t.equal(version, 7);
  t.same(
    ads.map((ad) => ad.index),
    ads.map((_, index) => index),
  );
  const names = (book: Book) => book.ads.map((ad) => `${ad.campaign.id}/${ad.adGroup.id}/${ad.creative.id}`);
  t.same(names(sampleBook()), names(sampleBook()));
  t.equal(new Set(names(sampleBook())).size, ads.length, 'each ad once');
});

t.test('no ad may pay more than one of an earlier chunk', async (t) => {
  const { ads } = bookOfAdGroups(
    Array.from({ length: 3 * CHUNK_ADS - 7 }, (_, n) => ({ max_bid_cpm_micros: 1 + ((n * 7919) % 1000) })),
  );
  const most = ads.map((ad) => willingMost(ad.adGroup));
  const chunks = [0, 1, 2].map((n) => most.slice(n * CHUNK_ADS, (n + 1) * CHUNK_ADS));
  for (const [n, chunk] of chunks.slice(1).entries()) {
    t.ok(Math.max(...chunk) <= Math.min(...(chunks[n] as number[])), `chunk ${n + 1}`);
  }
});

t.test('the most an ad group may pay is its cap, or its bid at the highest multiplier', async (t) => {
  const [cpm, cpc] = bookOfAdGroups([
    { goal: { type: 'cpm', bid_micros: 3_000_000 }, max_bid_cpm_micros: 50_000_000 },
    { goal: { type: 'cpc', bid_micros: 3_000_000 }, max_bid_cpm_micros: 5_000_000 },
  ]).ads.toSorted((a, b) => (a.adGroup.id < b.adGroup.id ? -1 : 1));
  t.same(
    [cpm, cpc].map((ad) => ad && willingMost(ad.adGroup)),
    [6_000_000, 5_000_000],
  );
});

t.test('ads of a chunk that target the same countries stand together', async (t) => {
  const byCountry = sampleBook().ads.map(({ adGroup }) => [...(adGroup.targeting.countries ?? [])].sort().join());
  const runs = byCountry.filter((country, index) => country !== byCountry[index - 1]);
  t.equal(runs.length, new Set(byCountry).size, 'each country list is one run of ads');
});

t.test('what is paused is left out, what only has not begun is in', async (t) => {
  const { ads } = sampleBook();
  const campaigns = new Set(ads.map((ad) => ad.campaign.id));
  t.notOk(campaigns.has('bank-brand'), 'a paused campaign');
  t.notOk(
    ads.some((ad) => ad.adGroup.id === 'rested'),
    'a paused ad group',
  );
  t.ok(campaigns.has('boots-winter'), 'a campaign with a start in the future');
});

t.test('an ad points at its own account, and carries its rendered bid', async (t) => {
  for (const ad of sampleBook().ads) {
    t.ok(ad.account.creatives.includes(ad.creative), `${ad.adGroup.id} ${ad.creative.id}`);
    t.match(bidOf(ad.pieces), { cid: ad.campaign.id, crid: ad.creative.id });
  }
});

t.test("rates hold the file's own currency, exchanges begin with default", async (t) => {
  const { rates, exchanges } = sampleBook();
  t.equal(rates.get('USD'), 1);
  t.equal(rates.get('JPY'), 147.5);
  t.same(exchanges, ['default', 'meadow', 'openhouse', 'tidal']);
});
