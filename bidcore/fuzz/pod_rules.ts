// The rules of pods: no advertiser twice, no more bids than there may be, no more seconds than there are.

import type { Creative } from '../creative_file.js';
import { at, type ImpView, integerOf, lower, textOf } from './checker_request.js';
import type { Report } from './response_checker.js';

/** Bids for one dynamic pod, whatever `maxseq` says. */
const BIDS_MAX = 8;

/** A bid and where it is. */
export interface PodBid {
  readonly imp: ImpView;
  readonly isOpen: boolean;
  readonly creative: Creative;
}

/** Length in seconds and number of bids of a dynamic pod. */
export function dynamicPod(imp: ImpView): { readonly seconds: number; readonly bids: number } | undefined {
  const format = imp.video ?? imp.audio;
  const seconds = integerOf(format?.['poddur']) ?? 0;
  if (seconds <= 0) return undefined;
  const most = integerOf(format?.['maxseq']) ?? 0;
  return { seconds, bids: most >= 1 && most <= BIDS_MAX ? most : BIDS_MAX };
}

const podIdOf = (imp: ImpView): string | undefined => textOf(at(imp.video, 'podid')) ?? textOf(at(imp.audio, 'podid'));
const advertiserOf = ({ advertiser_domains: [first = ''] }: Creative): string => lower(first).replace(/^www\./, '');
const secondsOf = (creative: Creative): number | undefined =>
  creative.type === 'video' || creative.type === 'audio' ? creative.duration_s : undefined;

/** @param bids those whose impression is known for certain */
export function checkPods(bids: readonly PodBid[], report: Report): void {
  const byImp = new Map<ImpView, PodBid[]>();
  for (const bid of bids) byImp.set(bid.imp, [...(byImp.get(bid.imp) ?? []), bid]);
  for (const [imp, own] of byImp)
    checkDynamic(
      imp,
      own.filter(({ isOpen }) => isOpen),
      report,
    );
  const pods = new Map<string, Map<string, ImpView>>();
  for (const { imp, creative } of bids) {
    const id = podIdOf(imp);
    if (id === undefined) continue;
    const taken = pods.get(id) ?? new Map<string, ImpView>();
    pods.set(id, taken);
    const advertiser = advertiserOf(creative);
    if ((taken.get(advertiser) ?? imp) !== imp) report('pod_advertiser', `${advertiser} twice in pod ${id}`);
    taken.set(advertiser, imp);
  }
}

function checkDynamic(imp: ImpView, open: readonly PodBid[], report: Report): void {
  const pod = dynamicPod(imp);
  if (pod === undefined || open.length < 2) return;
  if (open.length > pod.bids) report('pod_count', `${open.length} bids, at most ${pod.bids}`);
  const advertisers = open.map(({ creative }) => advertiserOf(creative));
  if (new Set(advertisers).size < advertisers.length) report('pod_advertiser', advertisers.join(', '));
  const seconds = open.map(({ creative }) => secondsOf(creative));
  const total = seconds.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  if (total > pod.seconds) report('pod_seconds', `${total} s in a pod of ${pod.seconds} s`);
  if (seconds.filter((one) => one === undefined).length > 1)
    report('pod_seconds', 'more than one is no video or audio');
}
