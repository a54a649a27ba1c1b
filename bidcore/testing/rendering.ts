// Renders one creative for tests, and puts its pieces together as the encoder would.

import * as pieces from '../../assembly/pieces.js';
import { isCampaignFileError, parseCampaignFile } from '../campaign_file.js';
import type { Creative } from '../creative_file.js';
import { type Piece, renderBid } from '../render.js';
import { type Part, sampleAccount, sampleAdGroup, sampleCampaign } from './sample_book.js';

export const URLS = {
  notices: 'http://bidder.example:7507',
  markup: 'https://track.example',
  sign: (landing: string) => `to=${encodeURIComponent(landing)}`,
};
/** What the address of a click to the landing page ends with. */
export const LANDING = `?to=${encodeURIComponent('https://brand.example/')}`;

/** What an exchange without a profile has: all notices, plain prices, trackers of native 1.0, no wrapping. */
export const USUAL = pieces.WHEN_NURL | pieces.WHEN_BURL | pieces.WHEN_LURL | pieces.WHEN_NO_EVENT_TRACKERS;

const COMMON = { id: 'c1', advertiser_domains: ['brand.example'], landing_url: 'https://brand.example/' };
const BY_TYPE: Readonly<Record<string, Part>> = {
  banner: { w: 300, h: 250, image_url: 'https://cdn.example/i.png' },
  video: { w: 640, h: 360, duration_s: 15, media: [{ url: 'https://cdn.example/v.mp4', mime: 'video/mp4' }] },
  audio: { duration_s: 30, media: [{ url: 'https://cdn.example/a.m4a', mime: 'audio/mp4' }] },
  native: { title: 'Walk' },
};

/** A creative of a type with only what it needs, after a change; throws if the schema refuses it. */
export function creativeOf(type: Creative['type'], part: Part = {}): Creative {
  return adOf(type, part).creative;
}

/** The pieces of a creative's bid. */
export function rendered(type: Creative['type'], part: Part = {}, group: Part = {}, urls = URLS) {
  const { campaign, adGroup, creative } = adOf(type, part, group);
  return renderBid(campaign, adGroup, creative, urls);
}

function adOf(type: Creative['type'], part: Part, group: Part = {}) {
  const creatives = [{ ...COMMON, type, ...BY_TYPE[type], ...part }];
  const adGroups = [sampleAdGroup({ creatives: ['c1'], ...group })];
  const account = sampleAccount({ creatives, campaigns: [sampleCampaign({ id: 'camp', ad_groups: adGroups })] });
  const file = parseCampaignFile(JSON.stringify({ currency: 'USD', accounts: [account] }));
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  const made = file.accounts[0];
  const campaign = made?.campaigns[0];
  const adGroup = campaign?.ad_groups[0];
  const creative = made?.creatives[0];
  if (!campaign || !adGroup || !creative) throw new Error('the file has no ad');
  return { campaign, adGroup, creative };
}

/** The members of the bid as they are sent: the pieces whose conditions hold. */
export function written(list: readonly Piece[], holds: number, token = 'TOKEN', assets = ''): string {
  const before = { [pieces.BEFORE_NOTHING]: '', [pieces.BEFORE_TOKEN]: token, [pieces.BEFORE_ASSETS]: assets };
  return list
    .filter((piece) => (piece.when & holds) === piece.when)
    .map((piece) => before[piece.before] + piece.text)
    .join('');
}

export type BidMembers = Record<string, unknown> & { readonly adm: string };

/** The bid as an exchange reads it. */
export function bidOf(list: readonly Piece[], holds = USUAL, assets = '\\"assets\\":[]'): BidMembers {
  return JSON.parse(`{${written(list, holds, 'TOKEN', assets)}}`);
}
