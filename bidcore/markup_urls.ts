// The addresses of this bidder that stand in an ad's markup, called by the browser or the player. What answers them is
// the server's.

import type { NoticeUrls } from './book.js';
import { TOKEN } from './piece_list.js';

/** Counts an impression. */
export function impressionUrl(urls: NoticeUrls): string {
  return `${urls.markup}/n/imp/${TOKEN}`;
}

/** Counts a click and leads to the landing page. */
export function clickUrl(urls: NoticeUrls): string {
  return `${urls.markup}/n/click/${TOKEN}`;
}

/** Counts what a player reports, by the name VAST has for it. */
export function eventUrl(urls: NoticeUrls, event: string): string {
  return `${urls.markup}/n/event/${TOKEN}?e=${event}`;
}

/** Whether an address is fetched without encryption. */
export function isPlainHttp(url: string): boolean {
  return /^http:/i.test(url);
}
