// Pods: impressions, and repetitions of one open slot, that are shown one after another, with no advertiser twice and
// no more time than there is. docs/decisions.md section 3, "pod_taken".

import type { Ad, Book } from '../book.js';
import type { NormalImp } from './request.js';
import { podStream } from './slots.js';
import { traitsOf } from './traits.js';

/** What the bids made before leave of a pod. */
export interface PodPlace {
  /** First advertiser domains that have bid already. */
  readonly advertisers: ReadonlySet<string>;
  /** Of a second or later repetition: the time left. */
  readonly secondsLeft: number | undefined;
}

/** The advertisers of a request's pods. */
export class Pods {
  readonly #advertisers = new Map<string, Set<string>>();

  constructor(private readonly book: Book) {}

  /**
   * The place of the next bid in a slot.
   * @param earlier winners of earlier repetitions of the slot
   * @returns undefined where nothing is taken
   */
  place(imp: NormalImp, earlier: readonly Ad[]): PodPlace | undefined {
    const inPod = this.#advertisers.get(podIdOf(imp) ?? '');
    if (earlier.length === 0) return inPod && { advertisers: inPod, secondsLeft: undefined };
    const seconds = podStream(imp)?.podDuration ?? 0;
    return {
      advertisers: new Set([...(inPod ?? []), ...earlier.map((ad) => advertiserOf(ad, this.book))]),
      secondsLeft: earlier.reduce((left, { creative }) => left - (durationOf(creative) ?? 0), seconds),
    };
  }

  /** An impression is done: what it won is taken in the next ones of its pod. */
  close(imp: NormalImp, winners: readonly Ad[]): void {
    const podId = podIdOf(imp);
    if (podId === undefined) return;
    const advertisers = this.#advertisers.get(podId) ?? new Set();
    for (const ad of winners) advertisers.add(advertiserOf(ad, this.book));
    this.#advertisers.set(podId, advertisers);
  }
}

/** Why the ad may not follow the bids made before it. */
export function podRefusal(ad: Ad, place: PodPlace | undefined, book: Book): (() => string) | undefined {
  if (place === undefined) return undefined;
  const advertiser = advertiserOf(ad, book);
  if (place.advertisers.has(advertiser)) return () => `advertiser ${advertiser} has a bid in this pod already`;
  const { secondsLeft: left } = place;
  if (left === undefined) return undefined;
  const { creative } = ad;
  const duration = durationOf(creative);
  if (duration === undefined) return () => `creative ${creative.id} is a ${creative.type}; the pod is filled already`;
  if (duration > left) return () => `creative ${creative.id} is ${duration} s long; the pod has ${left} s left`;
  return undefined;
}

/** The pod the impression is in, as the request names it. */
export function podIdOf({ video, audio }: NormalImp): string | undefined {
  return video?.podId ?? audio?.podId;
}

function advertiserOf({ creative }: Ad, book: Book): string {
  return traitsOf(creative, book.file.category_parents).advertiser;
}

/** Seconds of a video or an audio. */
function durationOf(creative: Ad['creative']): number | undefined {
  return creative.type === 'video' || creative.type === 'audio' ? creative.duration_s : undefined;
}
