// The rules of the addresses in markup. An impression's tells the price where the exchange calls no `burl`. A click's
// names the landing page of the creative, signed; around the VAST of another server, which leads on, it only counts.
// Signature and encoding are made here once more, apart from what made them.

import type { Creative } from '../creative_file.js';
import { sipHash } from './notice_token.js';
import { type CheckContext, profileOf, type Report } from './response_checker.js';

/** @param token text in the bid's URLs */
export function checkAddresses(
  adm: string,
  creative: Creative,
  token: string,
  context: CheckContext,
  report: Report,
): void {
  const behind = (kind: string): string[] => adm.split(`/n/${kind}/${token}`).slice(1);
  const queryOf = (text: string): string | undefined => /^[\w%?=&.~${}-]*/.exec(text)?.[0];
  const price = profileOf(context).notices.includes('burl') ? '' : '?p=${AUCTION_PRICE}';
  for (const query of behind('imp').map(queryOf)) {
    if (query !== price) report('impression', `${query}, expected ${price}`);
  }
  const signed = `?${signedQuery(creative.landing_url, context)}`;
  const isWrapper = 'wrapper_url' in creative && creative.wrapper_url !== undefined;
  for (const query of behind('click').map(queryOf)) {
    if (query !== signed && !(isWrapper && query === '?t=1')) report('click', `${query}, expected ${signed}`);
  }
}

function signedQuery(landing: string, { noticeKey, noticeKeyId }: CheckContext): string {
  const address = Buffer.from(percentEncoded(landing, /[!-~]/));
  const mac = sipHash(address, noticeKey).toString(16).padStart(16, '0');
  return `k=${noticeKeyId}&s=${mac}&to=${percentEncoded(address.toString(), /[\w.~-]/)}`;
}

/** Every byte in UTF-8 but those that stay. */
function percentEncoded(text: string, stays: RegExp): string {
  const one = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return stays.test(character) ? character : one(byte);
    })
    .join('');
}
