// The hashed features in a token, as the checker knows them: those of the ad are computed here once more, by
// docs/decisions.md section 4. Those of the context are what the two bidders are compared for.

import { sizeOf } from '../creative_file.js';
import type { Offer } from './bid_rules.js';
import { lower } from './checker_request.js';
import { hashText, mixHash } from './notice_token.js';

const INDEX_BITS = 18n;
const CONTEXT_FEATURES = 20;
const FEATURES = 27;
const AD_FIELDS_FROM = 32;
const MARKUP_TYPES = ['banner', 'video', 'audio', 'native'];

/** The indices in packed features, lowest bits first; and what is left above them, which must be 0. */
function unpack(packed: Uint8Array): { indices: bigint[]; rest: bigint } {
  let bits = packed.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const indices = Array.from({ length: FEATURES }, () => {
    const index = bits & ((1n << INDEX_BITS) - 1n);
    bits >>= INDEX_BITS;
    return index;
  });
  return { indices, rest: bits };
}

const byOffer = new WeakMap<Offer['creative'], Map<string, bigint[]>>();

function adFeatures({ campaign, group, creative }: Offer): bigint[] {
  const known = byOffer.get(creative) ?? new Map<string, bigint[]>();
  byOffer.set(creative, known);
  const name = JSON.stringify([campaign.id, group.id]);
  const before = known.get(name);
  if (before !== undefined) return before;
  const text = (value: string | undefined): bigint => (value === undefined ? 0n : hashText(value));
  const number = (value: number | undefined): bigint =>
    value === undefined ? 0n : mixHash(BigInt(value), 0xffn) || 1n;
  const lowered = (value: string | undefined): string | undefined => (value === undefined ? undefined : lower(value));
  const hashes = [
    text(campaign.id),
    text(group.id),
    text(creative.id),
    text(lowered(creative.advertiser_domains[0])),
    number(sizeOf(creative)),
    text(lowered(creative.categories[0])),
    number(MARKUP_TYPES.indexOf(creative.type) + 1),
  ];
  const indices = hashes.map((hash, i) => mixHash(hash, BigInt(AD_FIELDS_FROM + i)) >> (64n - INDEX_BITS));
  known.set(name, indices);
  return indices;
}

/** What is wrong with the packed features of a bid for an offer; undefined if nothing is. */
export function featureProblem(packed: Uint8Array, offer: Offer): string | undefined {
  const { indices, rest } = unpack(packed);
  if (rest !== 0n) return `features end in ${rest}`;
  const [found, expected] = [indices.slice(CONTEXT_FEATURES).join(' '), adFeatures(offer).join(' ')];
  return found === expected ? undefined : `features of the ad ${found}, expected ${expected}`;
}
