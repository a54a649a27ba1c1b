// Arms: which of two live models a request is answered with. docs/decisions.md section 4.

import { ARM_USE, TRIAL_SHARES } from '../../assembly/memory_map.js';
import { hashBytes, mix } from '../hash.js';
import { userKeyOf } from './frequency.js';
import type { ModelImage } from './model.js';
import type { NormalRequest } from './request.js';
import type { Situation } from './situation.js';

/** A candidate that takes a share of traffic. */
export interface Trial {
  readonly model: ModelImage;
  readonly modelVersion: number;
  /** 0 to 1, rounded to 65,536ths. */
  readonly share: number;
  /** Unsigned 32 bits. */
  readonly salt: number;
}

/** A situation in which it is settled which model predicts: `model` is that of the arm. */
export interface ArmedSituation extends Situation {
  readonly arm: 0 | 1;
}

/** The situation of a request's arm: that of its user, or where nobody is known its own. */
export function inArm(request: NormalRequest, situation: Situation): ArmedSituation {
  const { trial } = situation;
  if (trial === undefined || !isCandidates(request, situation, trial)) return { ...situation, arm: 0 };
  const { model, modelVersion } = trial;
  return { ...situation, model, modelVersion, arm: 1 };
}

function isCandidates(request: NormalRequest, situation: Situation, { share, salt }: Trial): boolean {
  const key = userKeyOf(request, situation) || hashBytes(Buffer.from(request.id));
  return Number(mix(key ^ BigInt(salt), ARM_USE) >> 48n) < Math.round(share * TRIAL_SHARES);
}
