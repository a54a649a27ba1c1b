// Small books and situations for tests. They go through `parseCampaignFile` and `makeBook`, as a trader's file does; a
// test gives only what it is about and gets plain defaults for the rest.

import { type Book, makeBook, type NoticeUrls } from '../book.js';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../campaign_file.js';
import { addressSigner } from '../money/click_address.js';
import { KeyRing } from '../money/key_ring.js';
import type { ModelImage } from '../reference/model.js';
import type { CampaignState, Situation } from '../reference/situation.js';
import { TEST_KEY } from './notice_tokens.js';
import { sampleModel } from './sample_model.js';

export const SAMPLE_URLS: NoticeUrls = {
  notices: 'http://bid.test',
  markup: 'https://t.test',
  sign: addressSigner(new KeyRing(TEST_KEY)),
};

/** 2026-01-07, a Wednesday, 13:30 UTC. */
export const SAMPLE_NOW_US = Date.UTC(2026, 0, 7, 13, 30) * 1000;

/** Any members of a part of the campaign file. */
export type Part = Readonly<Record<string, unknown>>;

export function sampleCreative(part: Part = {}): Part {
  return {
    id: 'cr1',
    type: 'banner',
    w: 300,
    h: 250,
    advertiser_domains: ['adv.example'],
    landing_url: 'https://adv.example/',
    image_url: 'https://cdn.example/a.png',
    ...part,
  };
}

/** Pays 10 units CPM. */
export function sampleAdGroup(part: Part = {}): Part {
  const goal = { type: 'cpm', bid_micros: 10_000_000 };
  return { id: 'g1', goal, max_bid_cpm_micros: 50_000_000, creatives: ['cr1'], ...part };
}

export function sampleCampaign(part: Part = {}): Part {
  return { id: 'c1', budget_micros: 1_000_000_000, ad_groups: [sampleAdGroup()], ...part };
}

export function sampleAccount(part: Part = {}): Part {
  return { id: 'a1', seat: 's1', creatives: [sampleCreative()], campaigns: [sampleCampaign()], ...part };
}

/** A campaign file with one account, campaign, ad group and creative, unless told otherwise; throws if invalid. */
export function sampleFile(part: Part = {}): CampaignFile {
  const file = parseCampaignFile(JSON.stringify({ currency: 'USD', accounts: [sampleAccount()], ...part }));
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  return file;
}

export function sampleBook(part: Part = {}, version = 1): Book {
  return makeBook(sampleFile(part), version, SAMPLE_URLS);
}

/** A book of one ad whose ad group has this targeting; of the other parts only what is given differs. */
export function bookTargeting(targeting: Part, creative: Part = {}, file: Part = {}): Book {
  const campaigns = [sampleCampaign({ ad_groups: [sampleAdGroup({ targeting })] })];
  return sampleBook({ accounts: [sampleAccount({ creatives: [sampleCreative(creative)], campaigns })], ...file });
}

/** A book of one ad for each ad group, in order; ids are set by position unless given. */
export function bookOfAdGroups(adGroups: readonly Part[], account: Part = {}, file: Part = {}): Book {
  const groups = adGroups.map((group, i) => sampleAdGroup({ id: `g${i + 1}`, ...group }));
  return sampleBook({
    accounts: [sampleAccount({ campaigns: [sampleCampaign({ ad_groups: groups })], ...account })],
    ...file,
  });
}

/** A campaign that may bid, and the parts of its state that a test is about. */
export function sampleState(part: Partial<CampaignState> = {}): CampaignState {
  const lease = { slot: 0, lease: 0, availableMicros: 1_000_000_000n };
  return { policyMultiplier: 1, pace: 1, open: true, ...lease, ...part };
}

const OPEN = sampleState();

let model: ModelImage | undefined;

/** A situation in which the book may bid; the model is made once. */
export function sampleSituation(book: Book, part: Partial<Situation> = {}): Situation {
  model ??= sampleModel(1);
  return {
    book,
    model,
    modelVersion: 7,
    campaign: () => OPEN,
    seen: () => 0,
    ledger: undefined,
    exchange: 0,
    nowUs: SAMPLE_NOW_US,
    bidId: 0x0123456789abcdefn,
    tmaxMarginUs: 20_000,
    noticeKey: Uint8Array.from({ length: 16 }, (_, i) => i),
    noticeKeyId: 3,
    node: 5,
    ...part,
  };
}

/** A request of one 300 × 250 banner that the sample book bids on. */
export function sampleRequest(part: Part = {}): Part {
  return { id: 'r1', imp: [sampleImp()], site: { domain: 'news.example' }, ...part };
}

export function sampleImp(part: Part = {}): Part {
  return { id: 'i1', banner: { w: 300, h: 250 }, ...part };
}

/** A body of bytes: JSON text as it is, anything else serialised. */
export function bodyOf(request: unknown): Uint8Array {
  return Buffer.from(typeof request === 'string' ? request : JSON.stringify(request));
}
