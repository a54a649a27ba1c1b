// Pods: repeated open slots and impressions that are shown together, and floors by duration.

import t from 'tap';
import { MAX_BIDS, MAX_POD_BIDS } from '../../assembly/limits.js';
import type { Book } from '../book.js';
import { bodyOf, type Part, sampleCreative, sampleRequest, sampleSituation } from '../testing/sample_book.js';
import { audioCreative, bookOf, impOutcome, nativeCreative, videoCreative } from '../testing/sample_formats.js';
import { decide } from './decide.js';
import { explain } from './explain.js';
import { explanationText } from './explain_text.js';

/** Ads of these durations, each of its own advertiser, all paying the same: the first in the book goes first. */
function bookOfDurations(...durations: number[]): Book {
  return bookOf(durations.map((duration_s, i) => videoCreative({ duration_s, advertiser_domains: [`a${i}.example`] })));
}

/** The bids of a request, each as its impression, deal and creative. */
function bids(book: Book, ...imps: Part[]): [imp: number, deal: number | undefined, creative: string | undefined][] {
  const request = sampleRequest({ imp: imps.map((imp, i) => ({ id: i, ...imp })) });
  const decision = decide(bodyOf(request), sampleSituation(book));
  return decision.bids.map(({ imp, deal, ad }) => [imp, deal, book.ads[ad]?.creative.id]);
}

const creativesOf = (book: Book, ...imps: Part[]): (string | undefined)[] => bids(book, ...imps).map(([, , id]) => id);

t.test('the open slot of a dynamic pod is filled until its time is up', async (t) => {
  const book = bookOfDurations(15, 30, 20, 10, 5);
  const pod = (video: Part): (string | undefined)[] => creativesOf(book, { video });
  const inOrder = book.ads.map((ad) => ad.creative.id);
  t.equal(pod({ poddur: 600 }).length, 5, 'each advertiser once');
  t.same(pod({ poddur: 600 }), inOrder, 'dearest first, then as in the book');
  t.same(pod({}).length, 1, 'without poddur it is no pod');
  t.same(pod({ poddur: 0 }).length, 1);
  const seconds = (poddur: number): number => {
    const ofBook = new Map(
      book.ads.map(({ creative }) => [creative.id, 'duration_s' in creative ? creative.duration_s : 0]),
    );
    return pod({ poddur }).reduce((sum, id) => sum + (ofBook.get(id as string) ?? 0), 0);
  };
  for (const poddur of [5, 14, 15, 40, 45, 79, 80]) t.ok(seconds(poddur) <= poddur, `${seconds(poddur)} of ${poddur}`);
  t.equal(seconds(80), 80, 'to the second');
});

t.test('maxseq says how often, within the limit', async (t) => {
  const book = bookOfDurations(...Array.from({ length: 12 }, () => 5));
  const count = (maxseq: unknown): number => bids(book, { video: { poddur: 600, maxseq } }).length;
  t.same([1, 3, MAX_POD_BIDS].map(count), [1, 3, MAX_POD_BIDS]);
  for (const other of [0, -1, MAX_POD_BIDS + 1, 99, 'x', undefined]) t.equal(count(other), MAX_POD_BIDS, `${other}`);
  t.equal(bids(book, { video: { maxseq: 3 } }).length, 1, 'without poddur it says nothing');
});

t.test('a dynamic pod of audio counts where there is no video', async (t) => {
  const creatives = [0, 1, 2].map((i) => audioCreative({ advertiser_domains: [`a${i}.example`] }));
  const book = bookOf(creatives);
  t.equal(bids(book, { audio: { poddur: 60 } }).length, 2);
  t.equal(bids(book, { audio: { poddur: 600, maxseq: 3 } }).length, 3);
  t.equal(bids(book, { audio: { poddur: 600 }, video: {} }).length, 1, 'the video is no pod');
  t.equal(bids(book, { audio: {}, video: { poddur: 60 } }).length, 2, 'an audio in the pod of the video');
});

t.test('in a later repetition only video and audio go', async (t) => {
  const own = (i: number): Part => ({ advertiser_domains: [`a${i}.example`] });
  const imp = { banner: { w: 300, h: 250 }, native: { request: '{}' }, video: { poddur: 15 } };
  const book = bookOf([sampleCreative(own(0)), nativeCreative(own(1)), videoCreative(own(2))]);
  const made = creativesOf(book, imp);
  const first = book.ads[0]?.creative;
  const video = book.ads.find(({ creative }) => creative.type === 'video')?.creative.id;
  t.equal(made[0], first?.id);
  t.same(made.slice(1), first?.type === 'video' ? [] : [video], 'a banner takes no time, and is not taken again');
});

t.test('an advertiser is in a pod once, also over impressions', async (t) => {
  const book = bookOf([videoCreative({ advertiser_domains: ['www.Adv.example', 'b.example'] })]);
  const other = { video: { podid: 'p2' } };
  const p1 = { video: { podid: 'p1' } };
  t.same(
    bids(book, p1, p1, other, { video: {} }, { video: {} }).map(([imp]) => imp),
    [0, 2, 3, 4],
  );
  t.same(bids(book, { video: { podid: 7 } }, { video: { podid: '7' } }).length, 1, 'a number is a text');
  t.same(bids(book, { video: { podid: 'P1' } }, p1).length, 2, 'exactly');
  t.same(bids(book, { video: {}, audio: { podid: 'p1' } }, p1).length, 1, 'of the audio, if the video has none');
  t.same(bids(book, { video: { podid: 'p3' }, audio: { podid: 'p1' } }, p1).length, 2);
  const same = bookOf([
    videoCreative({ advertiser_domains: ['adv.example'] }),
    videoCreative({ advertiser_domains: ['WWW.ADV.example', 'x.example'] }),
    videoCreative({ advertiser_domains: ['x.example', 'adv.example'] }),
  ]);
  t.same(bids(same, p1, p1, p1).length, 2, 'the first domain counts, bare');
});

t.test('the deals of an impression do not stand in the way of each other', async (t) => {
  const book = bookOf([videoCreative({})], { deals: ['d1', 'd2'], open_auction: true });
  const pmp = { deals: [{ id: 'd1' }, { id: 'd2' }] };
  const imp = { video: { podid: 'p', poddur: 60 }, pmp };
  t.same(
    bids(book, imp).map(([, deal]) => deal),
    [0, 1, undefined],
  );
  t.same(bids(book, imp, imp).length, 3, 'but in that of the next');
});

t.test('what keeps an ad out of a pod is explained, with the winners of earlier repetitions', async (t) => {
  const long = { duration_s: 30, advertiser_domains: ['long.example'] };
  const book = bookOf([videoCreative({}), videoCreative(long), sampleCreative({ advertiser_domains: ['b.example'] })]);
  const imp = { id: 1, video: { poddur: 40 }, banner: { w: 300, h: 250 } };
  const { impressions } = explain(bodyOf(sampleRequest({ imp: [imp] })), sampleSituation(book));
  const slots = impressions[0]?.slots ?? [];
  t.ok(impressions[0]?.takes.includes('pod: 40 s to fill'));
  const outcomes = (slot: number): string[] => (slots[slot]?.ads ?? []).map(({ outcome, why }) => `${outcome}: ${why}`);
  const last = outcomes(slots.length - 1).join('\n');
  t.match(last, /pod_taken: creative cr3 is a banner; the pod is filled already|advertiser b\.example has a bid/);
  t.match(last, /pod_taken: advertiser (adv|long)\.example has a bid in this pod already/);
  t.match(last, /pod_taken: creative cr[12] is (15|30) s long; the pod has (10|25) s left/);
  t.same(
    slots.map(({ pod }) => pod?.repetition),
    slots.map((_, i) => i + 1),
  );
  t.equal(slots[0]?.pod?.secondsLeft, null);
  t.ok((slots.at(-1)?.pod?.advertisers.length ?? 0) >= 1);
  const text = explanationText(explain(bodyOf(sampleRequest({ imp: [imp] })), sampleSituation(book)), 'USD');
  t.match(text, /bid 2 of up to 8 for the pod, (40|25|10) s left, in the pod already: /);
});

t.test('a response that is full ends the pods', async (t) => {
  const creatives = Array.from({ length: 10 }, (_, i) => videoCreative({ advertiser_domains: [`a${i}.example`] }));
  const imps = Array.from({ length: 5 }, () => ({ video: { poddur: 600 } }));
  t.equal(bids(bookOf(creatives), ...imps).length, MAX_BIDS);
});

t.test('floors by duration: the first that covers it, else per second, else that of the impression', async (t) => {
  const book = bookOf([videoCreative({ duration_s: 15 })]); // pays 10
  const of = (video: Part, imp: Part = {}): string => impOutcome(book, { video, ...imp });
  const durfloor = (bidfloor: unknown, mindur?: unknown, maxdur?: unknown): Part => ({ mindur, maxdur, bidfloor });
  t.equal(of({ durfloors: [durfloor(10, 15, 15)] }), 'bid');
  t.equal(of({ durfloors: [durfloor(10.1, 15, 15)] }), 'below_floor');
  t.equal(of({ durfloors: [durfloor(99, 16, 30), durfloor(99, 0, 14)] }), 'bid', 'of other durations');
  t.equal(of({ durfloors: [durfloor(99, 16), durfloor(99, undefined, 14)] }), 'bid');
  t.equal(of({ durfloors: [durfloor(11, 15)] }), 'below_floor');
  t.equal(of({ durfloors: [durfloor(11, undefined, 15)] }), 'below_floor');
  t.equal(of({ durfloors: [durfloor(11)] }), 'below_floor');
  t.equal(of({ durfloors: [durfloor(1), durfloor(11)] }), 'bid', 'the first');
  t.equal(of({ durfloors: [durfloor('x'), 7, durfloor(11)] }), 'below_floor', 'the first usable');
  t.equal(of({ durfloors: [durfloor(0)], mincpmpersec: 1 }, { bidfloor: 99 }), 'bid', 'no floor is a floor');
  t.equal(of({ mincpmpersec: 0.66 }), 'bid');
  t.equal(of({ mincpmpersec: 0.67 }), 'below_floor');
  t.equal(of({ mincpmpersec: 0.1 }, { bidfloor: 11 }), 'bid', 'in place of that of the impression');
  t.equal(of({ mincpmpersec: 0 }, { bidfloor: 11 }), 'below_floor');
  t.equal(of({ durfloors: [durfloor(1, 20)], mincpmpersec: 0.7 }), 'below_floor');
  t.equal(impOutcome(book, { video: {}, audio: { durfloors: [durfloor(11)] } }), 'bid', 'of the other format');
});

t.test('floors by duration are in the currency of the impression, and give way to that of a deal', async (t) => {
  const file = { rates: { EUR: 0.5 } };
  const book = bookOf([videoCreative({})], { deals: ['d'] }, file); // pays 10 USD, 5 EUR
  const deal = (part: Part, video: Part, imp: Part = {}): string =>
    impOutcome(book, { video, pmp: { private_auction: 1, deals: [{ id: 'd', ...part }] }, ...imp });
  const video = { durfloors: [{ bidfloor: 6 }] };
  t.equal(deal({}, video), 'bid');
  t.equal(deal({}, video, { bidfloorcur: 'EUR' }), 'below_floor');
  t.equal(deal({ bidfloor: 1 }, video, { bidfloorcur: 'EUR' }), 'bid', 'the deal has its own');
  t.equal(deal({ bidfloor: 'x' }, video, { bidfloorcur: 'EUR' }), 'below_floor', 'unusable: as if not given');
});

t.test('a slot is closed by the floors of those that fit', async (t) => {
  const capped = bookOf([videoCreative({ duration_s: 15 }), videoCreative({ duration_s: 30 })]); // at most 20 each
  const of = (video: Part, imp: Part = {}): string => impOutcome(capped, { video, ...imp });
  t.equal(of({ mincpmpersec: 2 }), 'floor_too_high');
  t.equal(of({ mincpmpersec: 1.3 }), 'below_floor', '19.5 for 15 s might be reached');
  t.equal(of({ mincpmpersec: 1.3, minduration: 20 }), 'floor_too_high', '39 for 30 s');
  t.equal(of({ durfloors: [{ mindur: 30, bidfloor: 1 }] }, { bidfloorcur: 'XXX' }), 'no_rate');
  t.equal(of({ durfloors: [{ mindur: 30, bidfloor: 1 }], maxduration: 20 }, { bidfloorcur: 'XXX' }), 'bid');
  const noRate = { bidfloor: 1, bidfloorcur: 'XXX' };
  t.equal(of({ durfloors: [{ bidfloor: 0 }] }, noRate), 'bid', 'that of the impression does not count');
});
