// VAST, the markup of video and audio: around media files (InLine), or around another server's VAST (Wrapper), in the
// version the creative names. Structure and order of elements are those of the IAB's schemas of 2.0.1, 3.0, 4.0, 4.1
// and 4.2 (4.3 has the elements of 4.2). Each schema is a sequence, so the order counts.

import type { NoticeUrls } from './book.js';
import type { AudioCreative, VastVersion, VideoCreative } from './creative_file.js';
import { clickTrackingUrl, clickUrl, eventUrl, impressionUrl, isPlainHttp } from './markup_urls.js';
import { TOKEN } from './piece_list.js';
import { wellFormed } from './vocabulary.js';

type StreamCreative = VideoCreative | AudioCreative;

const NAMESPACE = 'http://www.iab.com/VAST';
const AD_SYSTEM = 'Gavel';
/** What a player reports of a linear ad; `skip` is added where it can be. */
const EVENTS = ['start', 'firstQuartile', 'midpoint', 'thirdQuartile', 'complete'];
/** A creative is in no registry of creatives that this bidder knows of. */
const NO_REGISTRY = 'unknown';

/** The markup of a video or audio creative, with TOKEN where the token goes. */
export function vastMarkup(creative: StreamCreative, urls: NoticeUrls): string {
  const version = creative.vast_version;
  const namespace = isFour(version) ? ` xmlns="${NAMESPACE}"` : '';
  const adType = creative.type === 'audio' && from(version, '4.1') ? ' adType="audio"' : '';
  const ad =
    creative.wrapper_url === undefined ? inLine(creative, urls) : wrapper(creative, creative.wrapper_url, urls);
  return `<VAST version="${version}"${namespace}><Ad id="${attribute(creative.id)}"${adType}>${ad}</Ad></VAST>`;
}

/** Whether everything the markup loads is encrypted; the landing page is not part of it. */
export function vastIsSecure(creative: StreamCreative, urls: NoticeUrls): boolean {
  const loaded = [
    urls.markup,
    ...(creative.wrapper_url === undefined ? [] : [creative.wrapper_url]),
    ...(creative.media ?? []).map((file) => file.url),
    ...creative.companions.map((companion) => companion.image_url),
  ];
  return !loaded.some(isPlainHttp);
}

function inLine(creative: StreamCreative, urls: NoticeUrls): string {
  const title = element('AdTitle', text(creative.name ?? creative.id));
  const main = isNonLinear(creative) ? nonLinearAds(creative, urls) : linear(creative, urls);
  const creatives = element(
    'Creatives',
    [main, ...companionAds(creative, urls)].map(inLineCreative(creative)).join(''),
  );
  const parts = isFour(creative.vast_version)
    ? [system, error(urls), impression(urls), adServingId(creative.vast_version), title, creatives]
    : [system, title, error(urls), impression(urls), creatives];
  return element('InLine', parts.join(''));
}

function wrapper(creative: StreamCreative, url: string, urls: NoticeUrls): string {
  const tag = element('VASTAdTagURI', address(url));
  const main = isNonLinear(creative) ? wrappedNonLinearAds(creative, urls) : wrappedLinear(creative, urls);
  const parts = [...main, ...companionAds(creative, urls)].map((part) => element('Creative', part, idOf(creative)));
  const creatives = element('Creatives', parts.join(''));
  const order = isFour(creative.vast_version)
    ? [system, error(urls), impression(urls), ...(parts.length > 0 ? [creatives] : []), tag]
    : [system, tag, error(urls), impression(urls), creatives];
  return element('Wrapper', order.join(''));
}

// ---- of the ad

const system = element('AdSystem', AD_SYSTEM);

function error(urls: NoticeUrls): string {
  return element('Error', address(`${eventUrl(urls, 'error')}&c=[ERRORCODE]`));
}

function impression(urls: NoticeUrls): string {
  return element('Impression', address(impressionUrl(urls)));
}

/** One for each time the ad is served, from 4.1 on: the token is. */
function adServingId(version: VastVersion): string {
  return from(version, '4.1') ? element('AdServingId', TOKEN) : '';
}

function inLineCreative(creative: StreamCreative): (part: string) => string {
  return (part) => element('Creative', part + universalAdId(creative), idOf(creative));
}

/** From 4.0 on; 4.0 has the id in an attribute as well. */
function universalAdId({ id, vast_version }: StreamCreative): string {
  if (!isFour(vast_version)) return '';
  const attributes: Attributes =
    vast_version === '4.0' ? { idRegistry: NO_REGISTRY, idValue: id } : { idRegistry: NO_REGISTRY };
  return element('UniversalAdId', text(id), attributes);
}

// ---- linear: plays before, in or after the content

function linear(creative: StreamCreative, urls: NoticeUrls): string {
  const duration = element('Duration', clock(creative.duration_s));
  const clicks = element('VideoClicks', element('ClickThrough', address(clickUrl(urls, creative.landing_url))));
  const files = element('MediaFiles', mediaFiles(creative));
  const parts = isFour(creative.vast_version)
    ? [trackingEvents(creative, urls), duration, files, clicks]
    : [duration, trackingEvents(creative, urls), clicks, files];
  const skipAfter = skipAfterS(creative);
  return element('Linear', parts.join(''), skipAfter === undefined ? {} : { skipoffset: clock(skipAfter) });
}

/** When to skip is said by the VAST that is wrapped. */
function wrappedLinear(creative: StreamCreative, urls: NoticeUrls): string[] {
  const clicks = element('VideoClicks', element('ClickTracking', address(clickTrackingUrl(urls))));
  return [element('Linear', trackingEvents(creative, urls) + clicks)];
}

function trackingEvents(creative: StreamCreative, urls: NoticeUrls): string {
  const events = skipAfterS(creative) === undefined ? EVENTS : [...EVENTS, 'skip'];
  const trackings = events.map((event) => element('Tracking', address(eventUrl(urls, event)), { event }));
  return element('TrackingEvents', trackings.join(''));
}

function mediaFiles(creative: StreamCreative): string {
  // Sound has no size, but the schemas ask for one: 0, as VAST 4.1 says.
  const size = creative.type === 'video' ? creative : { w: 0, h: 0 };
  return (creative.media ?? [])
    .map((file) =>
      element('MediaFile', address(file.url), {
        delivery: 'progressive',
        type: file.mime,
        width: file.w ?? size.w,
        height: file.h ?? size.h,
        ...(file.bitrate_kbps === undefined ? {} : { bitrate: file.bitrate_kbps }),
      }),
    )
    .join('');
}

// ---- non-linear: over the content, a picture

function nonLinearAds(creative: VideoCreative, urls: NoticeUrls): string {
  const [file] = creative.media ?? [];
  if (file === undefined) throw new Error(`creative ${creative.id} has no media`); // the schema asks for one
  const resource = element('StaticResource', address(file.url), { creativeType: file.mime });
  const click = element('NonLinearClickThrough', address(clickUrl(urls, creative.landing_url)));
  const nonLinear = element('NonLinear', resource + click, {
    width: file.w ?? creative.w,
    height: file.h ?? creative.h,
    minSuggestedDuration: clock(creative.duration_s),
  });
  return element('NonLinearAds', nonLinear);
}

/** VAST 2.0 has no place for the click on a wrapped non-linear ad. */
function wrappedNonLinearAds(creative: VideoCreative, urls: NoticeUrls): string[] {
  if (creative.vast_version === '2.0') return [];
  const click = element('NonLinearClickTracking', address(clickTrackingUrl(urls)));
  return [element('NonLinearAds', element('NonLinear', click))];
}

// ---- companions: banners beside it

function companionAds(creative: StreamCreative, urls: NoticeUrls): string[] {
  if (creative.companions.length === 0) return [];
  const companions = creative.companions.map(({ w, h, image_url }) => {
    const resource = element('StaticResource', address(image_url), { creativeType: imageMime(image_url) });
    const click = element('CompanionClickThrough', address(clickUrl(urls, creative.landing_url)));
    return element('Companion', resource + click, { width: w, height: h });
  });
  const { vast_version: version, wrapper_url } = creative;
  const mayRequire = isFour(version) || (version === '3.0' && wrapper_url === undefined);
  const required: Attributes = creative.companion_required && mayRequire ? { required: 'any' } : {};
  return [element('CompanionAds', companions.join(''), required)];
}

/** The type of an image by the ending of its name: the campaign file does not say it. */
function imageMime(url: string): string {
  const ending = /\.(png|gif|webp|avif|svg)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? 'jpeg';
  return ending === 'svg' ? 'image/svg+xml' : `image/${ending}`;
}

// ---- versions and XML

function isFour(version: VastVersion): boolean {
  return from(version, '4.0');
}

/** Versions have one digit on each side of the point, so they compare as texts. */
function from(version: VastVersion, first: VastVersion): boolean {
  return version >= first;
}

function isNonLinear(creative: StreamCreative): creative is VideoCreative {
  return creative.type === 'video' && creative.linearity === 2;
}

function skipAfterS(creative: StreamCreative): number | undefined {
  return creative.type === 'video' ? creative.skip_after_s : undefined;
}

function idOf(creative: StreamCreative): Attributes {
  return { id: creative.id };
}

/** Seconds as HH:MM:SS. */
function clock(seconds: number): string {
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
}

type Attributes = Readonly<Record<string, string | number>>;

/** An element around content that is XML already. */
function element(name: string, content: string, attributes: Attributes = {}): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(String(value))}"`);
  return `<${name}${list.join('')}>${content}</${name}>`;
}

/** A URL in a CDATA section, whose end cannot stand inside it. */
function address(url: string): string {
  return `<![CDATA[${allowed(url).replaceAll(']]>', ']]%3E')}]]>`;
}

function text(value: string): string {
  return allowed(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function attribute(value: string): string {
  return text(value)
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, ' ');
}

/** XML has no way to write these characters (XML 1.0 section 2.2); U+FFFF is left: TOKEN is one. */
function allowed(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return wellFormed(value).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe]/g, '\ufffd');
}
