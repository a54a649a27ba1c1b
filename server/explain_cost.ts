// What an explanation costs, before it is made: the ads it has to judge. The reference bidder judges every ad for every
// slot, some ten microseconds and a kilobyte each, and the control thread has other things to do in the meantime.

import { MAX_DEALS, MAX_IMPS, MAX_POD_BIDS } from '../assembly/limits.js';

/** Ads times slots in one explanation. The largest book is judged for two slots. */
export const JUDGED_ADS_MAX = 300_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The most slots a request can have (docs/decisions.md section 3); 0 for one that is let go before any slot is looked
 * at, because it is malformed or over a limit.
 */
export function slotsAtMost(body: Uint8Array): number {
  let request: unknown;
  try {
    request = JSON.parse(Buffer.from(body).toString());
  } catch {
    return 0; // the explanation will say that it is not JSON
  }
  const imps = listOf(fieldsOf(request)['imp']).map(fieldsOf);
  const deals = imps.reduce((sum, imp) => sum + listOf(fieldsOf(imp['pmp'])['deals']).length, 0);
  if (imps.length > MAX_IMPS || deals > MAX_DEALS) return 0;
  return imps.reduce((sum, imp) => sum + (mayBeDynamicPod(imp) ? MAX_POD_BIDS : 1), deals);
}

function mayBeDynamicPod(imp: Fields): boolean {
  return [imp['video'], imp['audio']].some((format) => fieldsOf(format)['poddur'] !== undefined);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
