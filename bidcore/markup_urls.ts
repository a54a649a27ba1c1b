// The addresses of this bidder that stand in an ad's markup, called by the browser or the player. What answers them is
// the server's.

import type { NoticeUrls } from './book.js';
import { TRACKING_ONLY } from './money/notice_reader.js';
import { TOKEN, TOKEN_AND_PRICE } from './piece_list.js';

/** Counts an impression; tells the price where that is what bills. */
export function impressionUrl(urls: NoticeUrls): string {
  return `${urls.markup}/n/imp/${TOKEN_AND_PRICE}`;
}

/** Counts a click and leads to a landing page. */
export function clickUrl(urls: NoticeUrls, landing: string): string {
  return `${urls.markup}/n/click/${TOKEN}?${urls.sign(landing)}`;
}

/** Counts a click that another server leads on. */
export function clickTrackingUrl(urls: NoticeUrls): string {
  return `${urls.markup}/n/click/${TOKEN}?${TRACKING_ONLY}=1`;
}

/** Counts what a player reports, by the name VAST has for it. */
export function eventUrl(urls: NoticeUrls, event: string): string {
  return `${urls.markup}/n/event/${TOKEN}?e=${event}`;
}

/** Whether an address is fetched without encryption. */
export function isPlainHttp(url: string): boolean {
  return /^http:/i.test(url);
}
