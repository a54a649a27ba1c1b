// The book as plain objects: every live ad of a campaign file, numbered densely. The compiler (`book_compiler.ts`)
// writes it into shared memory for the hot path; the reference bidder reads it as it is.

import type { Account, AdGroup, Campaign, CampaignFile, Creative, Targeting } from './campaign_file.js';
import { renderBid } from './render.js';

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
  /** The encoded bid without its dynamic parts: a token stands between two pieces. */
  readonly pieces: readonly string[];
  /** True when no URL of the markup is plain http. */
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
}

/** Where the URLs of notices and markup point, without a slash at the end. */
export interface NoticeUrls {
  /** Called by the exchange: nurl, burl, lurl. */
  readonly notices: string;
  /** Called by the browser: impressions and clicks. `https` if ads are to bid on `secure=1`. */
  readonly markup: string;
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
          const { pieces, secure } = renderBid(campaign, adGroup, creative, urls);
          const size = `${creative.w}x${creative.h}`;
          ads.push({ account, seat, campaign, adGroup, creative, pieces, secure, cluster: `${cluster} ${size}` });
        }
      }
    }
  });
  ads.sort((a, b) => (a.cluster < b.cluster ? -1 : a.cluster > b.cluster ? 1 : 0));
  return {
    version,
    file,
    ads: ads.map(({ cluster, ...ad }, index) => ({ index, ...ad })),
    rates: new Map([...Object.entries(file.rates), [file.currency, 1]]),
    exchanges: ['default', ...file.exchanges.map((exchange) => exchange.id)],
  };
}

/**
 * What ads are ordered by: those that target alike stand together, so that for most requests whole blocks of the
 * bitmaps are empty and skipped. The dimensions that split a book most come first.
 */
function clusterOf(targeting: Targeting): string {
  const list = (values: readonly (string | number)[] | undefined): string => [...(values ?? [])].sort().join();
  return [targeting.countries, targeting.device_types, targeting.operating_systems, targeting.inventory]
    .map(list)
    .join(' ');
}
