// The part of an encoded bid that does not depend on the request: notices, markup, domains, ids. Rendered once when
// the book is made; while bidding, the pieces are copied, with the token and the native assets between them.
//
// OpenRTB's own macros (`${AUCTION_PRICE}` and the like) stay literal: the exchange replaces them (2.6 section 4.4).

import { WHEN_BASE64, WHEN_BURL, WHEN_LURL, WHEN_NURL } from '../assembly/pieces.js';
import type { NoticeUrls } from './book.js';
import type { AdGroup, Campaign } from './campaign_file.js';
import { attributesOf, type BannerCreative, type Creative, FORMATS, protocolOf } from './creative_file.js';
import { clickUrl, impressionUrl } from './markup_urls.js';
import { addNativeMarkup, nativeIsSecure } from './native_markup.js';
import { insideString, type Piece, PieceList, TOKEN } from './piece_list.js';
import { vastIsSecure, vastMarkup } from './vast.js';

export type { Piece } from './piece_list.js';

export interface RenderedBid {
  readonly pieces: readonly Piece[];
  /** True when nothing of its markup is loaded from an `http://` address. */
  readonly secure: boolean;
}

/** Macros of a campaign file's markup, replaced when the book is made. */
const MARKUP_MACROS = {
  '{{click_url}}': (urls: NoticeUrls, { landing_url: landing }: BannerCreative) => clickUrl(urls, landing),
  '{{impression_url}}': impressionUrl,
};

/**
 * Renders the members of a `bid` object from `nurl` on, without the braces around it. The members before (id, impid,
 * price) and behind (dealid) depend on the request. Each member ends with its comma, but for the last, which is always
 * there: so any of the others may be left out.
 */
export function renderBid(campaign: Campaign, adGroup: AdGroup, creative: Creative, urls: NoticeUrls): RenderedBid {
  const list = new PieceList();
  addNotices(list, urls);
  const secure = addMarkup(list, creative, urls);
  list.member('adomain', creative.advertiser_domains);
  list.member('bundle', creative.bundle);
  list.member('cid', campaign.id);
  list.member('crid', creative.id);
  list.member('cat', unlessEmpty(creative.categories));
  list.member('cattax', creative.categories.length > 0 && creative.cattax !== 1 ? creative.cattax : undefined);
  list.member('attr', unlessEmpty(attributesOf(creative)));
  list.member('apis', unlessEmpty(creative.apis));
  if (creative.type === 'video' || creative.type === 'audio') {
    list.member('protocol', protocolOf(creative));
    list.member('dur', creative.duration_s);
  }
  if (creative.type === 'banner' || creative.type === 'video') {
    list.member('w', creative.w);
    list.member('h', creative.h);
  }
  list.member('exp', adGroup.bid_expiry_s);
  list.add(`"mtype":${FORMATS.indexOf(creative.type) + 1}`);
  return { pieces: list.pieces, secure };
}

function unlessEmpty<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length > 0 ? values : undefined;
}

/** The notices, each only where the exchange calls it. */
function addNotices(list: PieceList, urls: NoticeUrls): void {
  const start = (name: string, path: string): string => `"${name}":"${insideString(urls.notices)}/n/${path}/${TOKEN}`;
  addWithPrice(list, `${start('nurl', 'win')}?p=`, '",', WHEN_NURL);
  addWithPrice(list, `${start('burl', 'bill')}?p=`, '&q=${AUCTION_MULTIPLIER}",', WHEN_BURL);
  list.add(`${start('lurl', 'loss')}?r=\${AUCTION_LOSS}&m=\${AUCTION_MIN_TO_WIN}",`, WHEN_LURL);
}

/** Text around the price macro, which asks for base64 where the exchange has that (2.6 section 4.4). */
function addWithPrice(list: PieceList, before: string, behind: string, when: number): void {
  list.add(`${before}\${AUCTION_PRICE`, when);
  list.add(':B64', when | WHEN_BASE64);
  list.add(`}${behind}`, when);
}

/** Adds `adm`; says whether all it loads is encrypted. */
function addMarkup(list: PieceList, creative: Creative, urls: NoticeUrls): boolean {
  if (creative.type === 'native') {
    list.add('"adm":"');
    addNativeMarkup(list, creative, urls);
    list.add('",');
    return nativeIsSecure(creative, urls);
  }
  if (creative.type === 'banner') {
    const markup = bannerMarkup(creative, urls);
    list.member('adm', markup);
    return !/http:\/\//i.test(markup);
  }
  list.member('adm', vastMarkup(creative, urls));
  return vastIsSecure(creative, urls);
}

/** The creative's own markup, or an image that links to the landing page; always with an impression pixel. */
function bannerMarkup(creative: BannerCreative, urls: NoticeUrls): string {
  const size = `width="${creative.w}" height="${creative.h}"`;
  const image = escapeAttribute(creative.image_url ?? '');
  const source =
    creative.markup ?? `<a href="{{click_url}}" target="_blank" rel="noopener"><img src="${image}" ${size} alt=""></a>`;
  const pixel = '<img src="{{impression_url}}" width="1" height="1" alt="" style="position:absolute">';
  const whole = source.includes('{{impression_url}}') ? source : source + pixel;
  return Object.entries(MARKUP_MACROS).reduce(
    (markup, [macro, url]) => markup.replaceAll(macro, () => url(urls, creative)),
    whole,
  );
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
