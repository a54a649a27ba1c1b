// Creatives and impressions of the formats behind banners, for the tests.

import type { Book } from '../book.js';
import { reasonOf } from '../reasons.js';
import { decide } from '../reference/decide.js';
import type { Situation } from '../reference/situation.js';
import {
  bodyOf,
  type Part,
  sampleAccount,
  sampleAdGroup,
  sampleBook,
  sampleCampaign,
  sampleRequest,
  sampleSituation,
} from '../testing/sample_book.js';

const COMMON = { id: 'cr1', advertiser_domains: ['adv.example'], landing_url: 'https://adv.example/' };

/** A linear MP4 of 15 s, 640 × 360, VAST 4.0 (protocol 7). */
export function videoCreative(part: Part): Part {
  const media = [{ url: 'https://cdn.example/a.mp4', mime: 'video/mp4', w: 640, h: 360, bitrate_kbps: 800 }];
  const source = part.wrapper_url === undefined ? { media } : {};
  return { ...COMMON, type: 'video', w: 640, h: 360, duration_s: 15, ...source, ...part };
}

/** An MP3 of 30 s, VAST 4.1 (protocol 11). */
export function audioCreative(part: Part): Part {
  const media = [{ url: 'https://cdn.example/a.mp3', mime: 'audio/mpeg' }];
  return { ...COMMON, type: 'audio', duration_s: 30, media, ...part };
}

/** A title, an icon, a main image, the sponsor and a description. */
export function nativeCreative(part: Part): Part {
  return {
    ...COMMON,
    type: 'native',
    title: 'Shoes that run',
    images: [
      { type: 1, url: 'https://cdn.example/i.png', w: 80, h: 80, mime: 'image/png' },
      { type: 3, url: 'https://cdn.example/m.jpg', w: 1200, h: 627, mime: 'image/jpeg' },
    ],
    data: [
      { type: 1, value: 'Adv' },
      { type: 2, value: 'Light and fast' },
    ],
    ...part,
  };
}

/** A book with an ad for each creative; ids are set by position unless given, `targeting` is that of all. */
export function bookOf(creatives: readonly Part[], targeting: Part = {}, file: Part = {}): Book {
  const named = creatives.map((creative, i): Part => ({ ...creative, id: `cr${i + 1}` }));
  const groups = named.map(({ id }, i) => sampleAdGroup({ id: `g${i + 1}`, targeting, creatives: [id] }));
  const campaigns = [sampleCampaign({ ad_groups: groups })];
  return sampleBook({ accounts: [sampleAccount({ creatives: named, campaigns })], ...file });
}

/** Outcome of a request as a word: `bid` or the label of its reason. */
export function outcome(book: Book, request: Part, situation: Partial<Situation> = {}): string {
  const { reason } = decide(bodyOf(sampleRequest(request)), sampleSituation(book, situation));
  return reason === 0 ? 'bid' : reasonOf(reason).label;
}

/** Outcome of one impression. */
export function impOutcome(book: Book, imp: Part, situation: Partial<Situation> = {}): string {
  return outcome(book, { imp: [{ id: 'i1', ...imp }] }, situation);
}
