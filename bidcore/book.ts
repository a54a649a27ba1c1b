// The book as plain objects: every live ad of a campaign file, numbered densely. The compiler (`book_compiler.ts`)
// writes it into shared memory for the hot path; the reference bidder reads it as it is.

import { MULTIPLIER_MAX } from '../assembly/limits.js';
import { CHUNK_ADS } from '../assembly/memory_map.js';
import type { Account, AdGroup, Campaign, CampaignFile, Targeting } from './campaign_file.js';
import { type Creative, sizeOf } from './creative_file.js';
import { DEFAULT_PROFILE, type ExchangeProfile } from './exchange_file.js';
import type { SignAddress } from './money/click_address.js';
import { type Piece, type RenderedBid, renderBid } from './render.js';

/** One ad group with one creative: the unit that is matched and priced. */
export interface Ad {
  /** Position in the book, which is ordered by targeting. Changes from book to book. */
  readonly index: number;
  readonly account: Account;
  /** Position of the account in the file, and of its seat in the book. */
  readonly seat: number;
  readonly campaign: Campaign;
  readonly adGroup: AdGroup;
  readonly creative: Creative;
  /** The encoded bid without its dynamic parts. */
  readonly pieces: readonly Piece[];
  /** True when no URL of it but the landing page is plain http. */
  readonly secure: boolean;
}

export interface Book {
  readonly version: number;
  readonly file: CampaignFile;
  readonly ads: readonly Ad[];
  /** Units of a currency for one unit of the file's currency, itself included. */
  readonly rates: ReadonlyMap<string, number>;
  /** Exchange ids; index 0 is `default`. */
  readonly exchanges: readonly string[];
  /** By index of the exchange. */
  readonly profiles: readonly ExchangeProfile[];
}

/** Where the URLs of notices and markup point, without a slash at the end. */
export interface NoticeUrls {
  /** Called by the exchange: nurl, burl, lurl. */
  readonly notices: string;
  /** Called by the browser: impressions and clicks. `https` if ads are to bid on `secure=1`. */
  readonly markup: string;
  /** Query of the address of a click that leads to a landing page: the page, signed. */
  readonly sign: SignAddress;
}

/**
 * Expands a campaign file into the ads that may bid: paused campaigns and ad groups are left out, schedules are not
 * looked at (they are a gate while bidding, so that an ad starts and ends on time without a new book).
 */
export function makeBook(file: CampaignFile, version: number, urls: NoticeUrls): Book {
  const ads: (Omit<Ad, 'index'> & { readonly cluster: string })[] = [];
  file.accounts.forEach((account, seat) => {
    const creatives = new Map(account.creatives.map((creative) => [creative.id, creative]));
    for (const campaign of account.campaigns) {
      if (campaign.status !== 'active') continue;
      for (const adGroup of campaign.ad_groups) {
        if (adGroup.status !== 'active') continue;
        const cluster = clusterOf(adGroup.targeting);
        for (const id of adGroup.creatives) {
          const creative = creatives.get(id) as Creative; // parseCampaignFile has checked that it exists
          const bid = renderedBid(campaign, adGroup, creative, urls);
          const size = `${creative.type} ${sizeOf(creative) ?? ''}`;
          ads.push({ account, seat, campaign, adGroup, creative, ...bid, cluster: `${cluster} ${size}` });
        }
      }
    }
  });
  const profiles = profilesOf(file);
  return {
    version,
    file,
    ads: inChunks(ads).map(({ cluster, ...ad }, index) => ({ index, ...ad })),
    rates: new Map([...Object.entries(file.rates), [file.currency, 1]]),
    exchanges: profiles.map(({ id }) => id),
    profiles,
  };
}

/** The profiles of a file's exchanges by their index in the book: `default` comes first, whether it is named or not. */
export function profilesOf({ exchanges }: Pick<CampaignFile, 'exchanges'>): ExchangeProfile[] {
  const named = exchanges.filter(({ id }) => id !== 'default');
  return [exchanges.find(({ id }) => id === 'default') ?? DEFAULT_PROFILE, ...named];
}

/**
 * The most an ad group can be willing to pay for one thousand impressions, micros: a multiplier is at most
 * MULTIPLIER_MAX, and what a click or a conversion is worth has no other limit than the cap.
 */
export function willingMost({ goal, max_bid_cpm_micros: cap }: AdGroup): number {
  return goal.type === 'cpm' ? Math.min(cap, goal.bid_micros * MULTIPLIER_MAX) : cap;
}

/**
 * The order of the book. Ads that may pay most come first, chunk by chunk, because a chunk none of whose ads can beat
 * the best so far ends the search. Inside a chunk, those that target alike stand together: more words are empty.
 */
function inChunks<A extends { readonly adGroup: AdGroup; readonly cluster: string }>(ads: readonly A[]): A[] {
  const byMost = ads.map((ad) => ({ ad, most: willingMost(ad.adGroup) })).sort((a, b) => b.most - a.most);
  const chunks = Array.from({ length: Math.ceil(ads.length / CHUNK_ADS) }, (_, n) =>
    byMost.slice(n * CHUNK_ADS, (n + 1) * CHUNK_ADS).map(({ ad }) => ad),
  );
  return chunks.flatMap((chunk) => chunk.sort((a, b) => (a.cluster < b.cluster ? -1 : a.cluster > b.cluster ? 1 : 0)));
}

/** By the objects themselves: those of an earlier book that did not change need not be rendered again. */
const rendered = new WeakMap<NoticeUrls, WeakMap<Creative, Map<string, RenderedBid>>>();
const clusters = new WeakMap<Targeting, string>();

/** A creative reads the same in all ad groups of a campaign whose bids live as long. */
function renderedBid(campaign: Campaign, adGroup: AdGroup, creative: Creative, urls: NoticeUrls): RenderedBid {
  const ofUrls = rendered.get(urls) ?? new WeakMap<Creative, Map<string, RenderedBid>>();
  rendered.set(urls, ofUrls);
  const readings = ofUrls.get(creative) ?? new Map<string, RenderedBid>();
  ofUrls.set(creative, readings);
  const reading = `${adGroup.bid_expiry_s} ${campaign.id}`;
  const bid = readings.get(reading) ?? renderBid(campaign, adGroup, creative, urls);
  readings.set(reading, bid);
  return bid;
}

/** What ads inside a chunk are ordered by: the dimensions that split a book most come first. */
function clusterOf(targeting: Targeting): string {
  const known = clusters.get(targeting) ?? clusterText(targeting);
  clusters.set(targeting, known);
  return known;
}

function clusterText(targeting: Targeting): string {
  const list = (values: readonly (string | number)[] | undefined): string => [...(values ?? [])].sort().join();
  return [targeting.countries, targeting.device_types, targeting.operating_systems, targeting.inventory]
    .map(list)
    .join(' ');
}
