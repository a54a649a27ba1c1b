// What a video or audio impression takes: a duration, a protocol, a MIME type, companions. docs/decisions.md section
// 3, "no_creative".

import type { AudioCreative, VideoCreative } from '../creative_file.js';
import type { NormalStream } from './request.js';
import type { Traits } from './traits.js';
import { some } from './wording.js';

/** Why a creative does not fit a video or an audio. */
export function streamRefusal(
  creative: VideoCreative | AudioCreative,
  { protocol, mimes }: Traits,
  stream: NormalStream,
): (() => string) | undefined {
  const { id, duration_s: duration } = creative;
  if (!durationFits(duration, stream)) {
    return () => `creative ${id} is ${duration} s long; the impression takes ${durationsTaken(stream)}`;
  }
  if (stream.protocols.size > 0 && !stream.protocols.has(protocol as number)) {
    return () => `creative ${id} is protocol ${protocol}; protocols lists ${some(stream.protocols)}`;
  }
  if (stream.mimes.length > 0 && !mimes.some((one) => stream.mimes.includes(one))) {
    return () => `creative ${id} is ${some(mimes)}; mimes lists ${some(stream.mimes)}`;
  }
  if (creative.companion_required && !hasRoomForCompanion(creative, stream)) {
    return () =>
      `creative ${id} needs a companion of ${sizes(creative.companions)}; ` +
      `companionad offers ${sizes(stream.companions)}`;
  }
  return creative.type === 'video' ? videoRefusal(creative, stream) : undefined;
}

function videoRefusal(creative: VideoCreative, { linearity, skip }: NormalStream): (() => string) | undefined {
  if (linearity !== undefined && linearity !== 0 && linearity !== creative.linearity) {
    return () => `creative ${creative.id} has linearity ${creative.linearity}; the impression takes ${linearity}`;
  }
  if (skip === 0 && creative.skip_after_s !== undefined) {
    return () => `creative ${creative.id} can be skipped; skip is 0`;
  }
  return undefined;
}

/** One of the required durations if there are any, else inside the bounds; never longer than the pod. */
export function durationFits(duration: number, stream: NormalStream): boolean {
  const { requiredDurations: required, minDuration: min, maxDuration: max, podDuration: pod } = stream;
  if (pod !== undefined && pod > 0 && duration > pod) return false;
  if (required.length > 0) return required.includes(duration);
  return !(min !== undefined && duration < min) && !(max !== undefined && max > 0 && duration > max);
}

/** `15 or 30 s`, `5 to 30 s`, `any duration`. */
export function durationsTaken(stream: NormalStream): string {
  const { requiredDurations: required, minDuration: min = 0, maxDuration: max = 0, podDuration: pod = 0 } = stream;
  const own = required.length > 0 ? `${required.join(' or ')} s` : boundsText(min, max);
  return pod > 0 ? `${own}, in a pod of ${pod} s` : own;
}

function boundsText(min: number, max: number): string {
  if (max > 0) return min > 0 ? `${min} to ${max} s` : `up to ${max} s`;
  return min > 0 ? `${min} s or more` : 'any duration';
}

function hasRoomForCompanion({ companions }: VideoCreative | AudioCreative, stream: NormalStream): boolean {
  return companions.some(({ w, h }) => stream.companions.some((room) => room.w === w && room.h === h));
}

function sizes(of: readonly { readonly w: number | undefined; readonly h: number | undefined }[]): string {
  return some(of.map(({ w = '?', h = '?' }) => `${w}×${h}`));
}
