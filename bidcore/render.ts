// The part of an encoded bid that does not depend on the request: notices, markup, domains, ids. Rendered once when
// the book is made; while bidding, the pieces are copied and the token is written between them.
//
// OpenRTB's own macros (`${AUCTION_PRICE}` and the like) stay literal: the exchange replaces them (2.6 section 4.4).

import type { NoticeUrls } from './book.js';
import { type AdGroup, type Campaign, type Creative, NOT_A_CHARACTER } from './campaign_file.js';

/**
 * Stands where the token goes while a bid is rendered: a code point that is no character and that JSON leaves as it
 * is.
 */
const TOKEN = NOT_A_CHARACTER;

/** Macros of a campaign file's markup, replaced when the book is made. */
const MARKUP_MACROS = {
  '{{click_url}}': (urls: NoticeUrls) => `${urls.markup}/n/click/${TOKEN}`,
  '{{impression_url}}': (urls: NoticeUrls) => `${urls.markup}/n/imp/${TOKEN}`,
};

/** A part of an encoded bid: what stands before its text, and under which conditions it is written (assembly/pieces.ts). */
export interface Piece {
  readonly text: string;
  /** BEFORE_NOTHING, BEFORE_TOKEN or BEFORE_ASSETS. */
  readonly before: number;
  /** WHEN_* bits; all must hold. */
  readonly when: number;
}

export interface RenderedBid {
  readonly pieces: readonly Piece[];
  readonly secure: boolean;
}

/**
 * Renders the members of a `bid` object from `nurl` on, without the braces around it. The members before (id, impid,
 * price) and behind (dealid) depend on the request.
 */
export function renderBid(campaign: Campaign, adGroup: AdGroup, creative: Creative, urls: NoticeUrls): RenderedBid {
  const markup = bannerMarkup(creative, urls);
  const bid = {
    nurl: `${urls.notices}/n/win/${TOKEN}?p=\${AUCTION_PRICE}`,
    burl: `${urls.notices}/n/bill/${TOKEN}?p=\${AUCTION_PRICE}`,
    lurl: `${urls.notices}/n/loss/${TOKEN}?r=\${AUCTION_LOSS}&m=\${AUCTION_MIN_TO_WIN}`,
    adm: markup,
    adomain: creative.advertiser_domains,
    ...(creative.bundle === undefined ? {} : { bundle: creative.bundle }),
    cid: campaign.id,
    crid: creative.id,
    ...(creative.categories.length === 0 ? {} : { cat: creative.categories }),
    ...(creative.categories.length === 0 || creative.cattax === 1 ? {} : { cattax: creative.cattax }),
    ...(creative.attributes.length === 0 ? {} : { attr: creative.attributes }),
    ...(creative.apis.length === 0 ? {} : { apis: creative.apis }),
    w: creative.w,
    h: creative.h,
    exp: adGroup.bid_expiry_s,
    mtype: 1,
  };
  const json = JSON.stringify(bid).slice(1, -1);
  return { pieces: json.split(TOKEN), secure: !/http:\/\//i.test(markup) };
}

/** The creative's own markup, or an image that links to the landing page; always with an impression pixel. */
function bannerMarkup(creative: Creative, urls: NoticeUrls): string {
  const size = `width="${creative.w}" height="${creative.h}"`;
  const image = escapeAttribute(creative.image_url ?? '');
  const source =
    creative.markup ?? `<a href="{{click_url}}" target="_blank" rel="noopener"><img src="${image}" ${size} alt=""></a>`;
  const pixel = '<img src="{{impression_url}}" width="1" height="1" alt="" style="position:absolute">';
  const whole = source.includes('{{impression_url}}') ? source : source + pixel;
  return Object.entries(MARKUP_MACROS).reduce(
    (markup, [macro, url]) => markup.replaceAll(macro, () => url(urls)),
    whole,
  );
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
