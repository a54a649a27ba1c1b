// The rules of what stands in an impression: that it has the creative's format, and that the creative is what the
// format asks for. Native requests are in `native_rules.ts`.

import type { Targeting } from '../campaign_file.js';
import type { AudioCreative, BannerCreative, Creative, VideoCreative } from '../creative_file.js';
import { at, type Fields, type ImpView, integerOf, lower, objectsOf, setOf, textsOf } from './checker_request.js';
import type { CheckContext, Report } from './response_checker.js';
import { profileOf } from './response_checker.js';

/** AdCOM attribute "user can skip". */
const CAN_BE_SKIPPED = 16;

export function creativeAttributes(creative: Creative): number[] {
  const skippable = creative.type === 'video' && creative.skip_after_s !== undefined;
  return [
    ...creative.attributes,
    ...(skippable && !creative.attributes.includes(CAN_BE_SKIPPED) ? [CAN_BE_SKIPPED] : []),
  ];
}

export function checkFormat(imp: ImpView, creative: Creative, context: CheckContext, report: Report): void {
  const allowed = profileOf(context).formats;
  if (allowed !== undefined && !allowed.includes(creative.type)) report('format', `${creative.type} is not allowed`);
  const own = imp[creative.type];
  if (own === undefined) return report('format', `the impression has no ${creative.type}`);
  const format = creative.type === 'native' ? (at(imp.fields, 'native') as Fields) : (own as Fields);
  const attributes = creativeAttributes(creative);
  const refused = attributes.filter((attribute) => setOf(format['battr']).includes(attribute));
  if (refused.length > 0) report('battr', refused.join(', '));
  const blocked = attributes.filter((attribute) => profileOf(context).attributes_blocked.includes(attribute));
  if (blocked.length > 0) report('attributes_blocked', blocked.join(', '));
  const missing = creative.apis.filter((api) => !setOf(format['api']).includes(api));
  if (missing.length > 0) report('api', missing.join(', '));
  if (creative.type === 'banner') checkBanner(format, creative, report);
  if (creative.type === 'video' || creative.type === 'audio') checkStream(format, creative, report);
  if (creative.type === 'video') checkPicture(format, creative, report);
}

/** What the ad group wants of the impression. */
export function checkPlacement(imp: ImpView, creative: Creative, targeting: Targeting, report: Report): void {
  const { rewarded, interstitial, video_placements: placements } = targeting;
  const isRewarded =
    integerOf(imp.fields['rwdd']) === 1 || integerOf(at(imp.fields, 'ext', 'prebid', 'is_rewarded_inventory')) === 1;
  if (rewarded !== undefined && rewarded !== isRewarded) report('rewarded', `is rewarded: ${isRewarded}`);
  const isInterstitial = integerOf(imp.fields['instl']) === 1;
  if (interstitial !== undefined && interstitial !== isInterstitial)
    report('interstitial', `is interstitial: ${isInterstitial}`);
  if (creative.type !== 'video' || placements === undefined || placements.length === 0) return;
  const old = [undefined, 1, 4, 4, 4, 3][integerOf(imp.video?.['placement']) ?? 0];
  const placement = integerOf(imp.video?.['plcmt']) ?? old;
  if (placement === undefined || !placements.includes(placement)) report('placement', String(placement));
}

function checkMimes(format: Fields, own: readonly string[], report: Report): void {
  const mimes = textsOf(format['mimes']).map(lower);
  if (mimes.length > 0 && !own.some((mime) => mimes.includes(lower(mime)))) report('mimes', own.join(', '));
}

function checkBanner(banner: Fields, creative: BannerCreative, report: Report): void {
  const side = (value: unknown): number => {
    const number = integerOf(value) ?? 0;
    return number >= 1 && number <= 65_535 ? number : 0;
  };
  const formats = objectsOf(banner['format'])
    .map((f) => ({
      w: side(f['w']),
      h: side(f['h']),
      wr: side(f['wratio']),
      hr: side(f['hratio']),
      wmin: integerOf(f['wmin']) ?? 0,
    }))
    .filter((f) => (f.w > 0 && f.h > 0) || (f.wr > 0 && f.hr > 0));
  const fits =
    formats.length > 0
      ? formats.some((f) =>
          f.w > 0 && f.h > 0
            ? f.w === creative.w && f.h === creative.h
            : creative.w * f.hr === creative.h * f.wr && creative.w >= f.wmin,
        )
      : side(banner['w']) === creative.w && side(banner['h']) === creative.h;
  if (!fits) report('size', `${creative.w}x${creative.h}`);
  if (setOf(banner['btype']).includes(creative.banner_type)) report('btype', String(creative.banner_type));
  checkMimes(banner, [creative.mime], report);
}

/** AdCOM's numbers of VAST versions as media files and as wrappers. */
const PROTOCOLS: Readonly<Record<string, readonly [number, number]>> = {
  '2.0': [2, 5],
  '3.0': [3, 6],
  '4.0': [7, 8],
  '4.1': [11, 12],
  '4.2': [13, 14],
  '4.3': [15, 16],
};

export function streamProtocol({ vast_version, media }: VideoCreative | AudioCreative): number {
  return (PROTOCOLS[vast_version] as readonly [number, number])[media === undefined ? 1 : 0];
}

function checkStream(format: Fields, creative: VideoCreative | AudioCreative, report: Report): void {
  const duration = creative.duration_s;
  const required = (Array.isArray(format['rqddurs']) ? (format['rqddurs'] as unknown[]) : [])
    .map(integerOf)
    .filter((seconds) => seconds !== undefined);
  const most = integerOf(format['maxduration']) ?? 0;
  const pod = integerOf(format['poddur']) ?? 0;
  const fits =
    required.length > 0
      ? required.includes(duration)
      : duration >= (integerOf(format['minduration']) ?? 0) && (most <= 0 || duration <= most);
  if (!fits) report('duration', `${duration} s`);
  if (pod > 0 && duration > pod) report('duration', `${duration} s in a pod of ${pod} s`);
  const protocols = setOf([...(Array.isArray(format['protocols']) ? format['protocols'] : []), format['protocol']]);
  const own = streamProtocol(creative);
  if (protocols.length > 0 && !protocols.includes(own)) report('protocol', String(own));
  checkMimes(format, creative.mimes ?? (creative.media ?? []).map(({ mime }) => mime), report);
  if (!creative.companion_required) return;
  const places = objectsOf(format['companionad']);
  const placed = creative.companions.some(({ w, h }) =>
    places.some((one) => integerOf(one['w']) === w && integerOf(one['h']) === h),
  );
  if (!placed) report('companion', 'none of its companions has a place');
}

function checkPicture(video: Fields, creative: VideoCreative, report: Report): void {
  const linearity = integerOf(video['linearity']) ?? 0;
  if (linearity !== 0 && linearity !== creative.linearity) report('linearity', String(creative.linearity));
  if (integerOf(video['skip']) === 0 && creative.skip_after_s !== undefined) report('skip', 'it can be skipped');
}
