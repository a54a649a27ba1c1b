// Rules of frequency caps, as far as a request and its response tell: the user in the token, and that no cap is passed
// by the bids of one response alone. docs/money.md section 3, read again.

import type { Offer } from './bid_rules.js';
import { takenFrom } from './checker_privacy.js';
import { at, type Fields, lower, textOf } from './checker_request.js';
import { hashText, mixHash } from './notice_token.js';
import { type CheckContext, profileOf, type Report } from './response_checker.js';

/** Key of the user that a token must have. */
export function userOf(fields: Fields, context: CheckContext): bigint {
  const taken = takenFrom(fields, context.file.privacy);
  if (taken.ids || taken.frequency) return 0n;
  const ifa = textOf(at(fields, 'device', 'ifa')) ?? '';
  if (/[^0-]/.test(ifa)) return mixHash(hashText(lower(ifa)), 1n);
  const id = textOf(at(fields, 'user', 'buyeruid')) ?? textOf(at(fields, 'user', 'id'));
  return id === undefined ? 0n : mixHash(hashText(id), hashText(profileOf(context).id));
}

interface Shown {
  readonly most: number;
  bids: number;
}

/** @param offers those of all bids of the response */
export function checkCaps(offers: readonly Offer[], user: bigint, report: Report): void {
  const shown = new Map<string, Shown>();
  for (const { campaign, group } of offers) {
    const caps = [
      ...campaign.frequency_caps.map((cap) => ({ ...cap, name: `${campaign.id} ${cap.minutes}` })),
      ...group.frequency_caps.map((cap) => ({ ...cap, name: `${campaign.id}/${group.id} ${cap.minutes}` })),
    ];
    if (caps.length > 0 && user === 0n && group.cap_unknown_users === 'skip') {
      report('frequency', `ad group ${group.id} skips unknown users`);
    }
    for (const { name, impressions } of caps) {
      const own = shown.get(name) ?? { most: impressions, bids: 0 };
      own.bids += 1;
      shown.set(name, own);
    }
  }
  for (const [name, { most, bids }] of user === 0n ? [] : shown) {
    if (bids > most) report('frequency', `${bids} bids under the cap ${name}, at most ${most}`);
  }
}
