// What training sees is what scoring saw: the features in a bid's token are those of its impression and its ad.

import t from 'tap';
import { adFeatures } from './ad_features.js';
import type { Book } from './book.js';
import { unpackFeatures } from './feature_list.js';
import { hashText } from './hash.js';
import { factsOf } from './money/token_reader.js';
import { TestBidder } from './testing/bidder.js';
import type { Part } from './testing/sample_book.js';
import { sampleImp, sampleRequest } from './testing/sample_book.js';
import { audioCreative, bookOf, nativeCreative, videoCreative } from './testing/sample_formats.js';

const banner = (w: number, h: number): Part => ({
  ...{ type: 'banner', w, h, advertiser_domains: ['adv.example'], landing_url: 'https://adv.example/' },
  ...{ markup: '<p>{{click_url}}</p>', categories: ['IAB7'] },
});

const assets = [{ id: 1, required: 1, title: { len: 90 } }];

/** Impressions that differ in each feature an impression has, and in their format. */
const IMPS: readonly Part[] = [
  sampleImp({ id: 'a', tagid: 'top', instl: 1, banner: { format: [{ w: 300, h: 250 }], pos: 1 } }),
  sampleImp({ id: 'b', tagid: 'side', banner: { w: 160, h: 600, pos: 3 } }),
  { id: 'c', tagid: 'roll', video: { mimes: ['video/mp4'], w: 640, h: 360, protocols: [7], pos: 7 } },
  { id: 'd', tagid: 'spot', audio: { mimes: ['audio/mpeg'], protocols: [11] } },
  { id: 'e', native: { request: JSON.stringify({ assets }) } },
  sampleImp({ id: 'f', tagid: 'end', banner: { format: [{ w: 300, h: 250 }] } }),
];

const CREATIVES = [banner(300, 250), banner(160, 600), videoCreative({}), audioCreative({}), nativeCreative({})];

const SITE = { site: { domain: 'news.example', publisher: { id: 'p1' }, cat: ['IAB12'] }, user: { id: 'u1' } };

interface Offered {
  readonly imp: string;
  readonly features: number[];
  readonly ad: string;
}

function bidsOf(answer: string): Offered[] {
  const { seatbid } = JSON.parse(answer) as { seatbid: { bid: { impid: string; nurl: string }[] }[] };
  return seatbid.flatMap(({ bid }) =>
    bid.map(({ impid, nurl }) => {
      const text = /\/n\/win\/([\w-]{224})\?/.exec(nurl)?.[1] ?? '';
      const facts = factsOf(Buffer.from(text, 'base64url'));
      return { imp: impid, features: [...unpackFeatures(facts.features)], ad: facts.ad };
    }),
  );
}

function featuresOfAd(book: Book, key: string): number[] {
  const ad = book.ads.find(({ campaign, adGroup, creative }) => {
    const hash = hashText(`${campaign.id}/${adGroup.id}/${creative.id}`);
    return hash.toString(16).padStart(16, '0') === key;
  });
  if (ad === undefined) throw new Error(`no ad ${key}`);
  return adFeatures(ad);
}

t.test('the features in a token are those scored with, of its own impression and its own ad', async (t) => {
  const book = bookOf(CREATIVES);
  const bidder = new TestBidder();
  await bidder.load(book);
  // Alone, an impression is the one last scored: the hot path tells its features itself.
  const alone = new Map(
    IMPS.map((imp) => {
      const { text } = bidder.bid(sampleRequest({ ...SITE, imp: [imp] }));
      t.not(text, '', `a bid for ${String(imp.id)}`);
      return [imp.id as string, [...bidder.hotPath.features(bidder.memory)]];
    }),
  );
  t.equal(new Set([...alone.values()].map(String)).size, IMPS.length, 'no two impressions have the same features');
  for (const imps of [IMPS, [...IMPS].reverse()]) {
    const bids = bidsOf(bidder.bid(sampleRequest({ ...SITE, imp: imps })).text);
    t.same(
      bids.map(({ imp }) => imp),
      imps.map(({ id }) => id),
    );
    for (const { imp, features, ad } of bids) {
      t.same(features, [...(alone.get(imp) ?? []), ...featuresOfAd(book, ad)], imp);
    }
  }
});

t.test('a bid whose goal needs no prediction has one, and its features', async (t) => {
  const book = bookOf([banner(300, 250)]);
  t.equal(book.ads[0]?.adGroup.goal.type, 'cpm');
  const bidder = new TestBidder();
  await bidder.load(book);
  const other = bidder.bid(sampleRequest({ ...SITE, imp: [IMPS[1] as Part] }));
  t.equal(other.text, '', 'nothing is left of an earlier request that was scored');
  const { text } = bidder.bid(sampleRequest({ ...SITE, imp: [IMPS[0] as Part] }));
  const [bid] = bidsOf(text);
  t.same(bid?.features.slice(0, 20), [...bidder.hotPath.features(bidder.memory)]);
  t.ok(bid?.features.some((index) => index > 0));
});
