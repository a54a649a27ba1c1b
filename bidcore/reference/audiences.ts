// Audiences of the reference bidder: those that the user of a request is in. docs/money.md section 3.

import { SEGMENTS } from '../../assembly/privacy.js';
import { type Audience, audiencesOf } from '../audiences.js';
import { userKeyOf } from './frequency.js';
import type { NormalRequest } from './request.js';
import type { Situation } from './situation.js';

/** None of a user nobody knows, or where privacy takes segments away. */
export function audiencesOfUser(request: NormalRequest, situation: Situation): readonly Audience[] {
  const audiences = audiencesOf(situation.book.file);
  if (audiences.length === 0 || request.privacy.taken & SEGMENTS) return [];
  const user = userKeyOf(request, situation);
  return user === 0n ? [] : audiences.filter(({ cap }) => situation.seen(user, cap) > 0);
}
