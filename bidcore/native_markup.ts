// Native markup, OpenRTB Native Ads 1.2: a JSON text, and that inside the JSON string `adm`, so everything of it is
// escaped twice. The assets depend on what the request asks for and are written by the encoder, from the parts made
// here (docs/decisions.md section 6).

import { WHEN_EVENT_TRACKERS, WHEN_NO_EVENT_TRACKERS, WHEN_WRAPPED } from '../assembly/pieces.js';
import type { NoticeUrls } from './book.js';
import type { NativeCreative } from './creative_file.js';
import { clickUrl, impressionUrl, isPlainHttp } from './markup_urls.js';
import { insideString, type PieceList } from './piece_list.js';

/** Event and method of a native event tracker: an impression, told by an image. */
const IMPRESSION = 1;
const BY_IMAGE = 1;

/**
 * A text inside a JSON string inside a JSON string, without either's quotes, one entry for each code point: so it can
 * be cut at any of them.
 */
export type EscapedText = readonly string[];

export interface NativeImage {
  readonly type: number;
  readonly w: number;
  readonly h: number;
  readonly mime: string;
  /** `{"url":U,"w":W,"h":H}`, escaped once: as it stands in `adm`. */
  readonly text: string;
}

export interface NativeData {
  readonly type: number;
  readonly value: EscapedText;
}

export interface NativeParts {
  readonly title: EscapedText;
  /** In the order of the creative. */
  readonly images: readonly NativeImage[];
  /** In the order of the creative; each type once. */
  readonly data: readonly NativeData[];
}

/** What assets are answered with, escaped as it stands in `adm`. */
export function nativeParts(creative: NativeCreative): NativeParts {
  return {
    title: escapedText(creative.title),
    images: creative.images.map(({ type, url, w, h, mime }) => {
      return { type, w, h, mime, text: insideString(JSON.stringify({ url, w, h })) };
    }),
    data: creative.data.map(({ type, value }) => ({ type, value: escapedText(value) })),
  };
}

function escapedText(text: string): EscapedText {
  return Array.from(text, (codePoint) => insideString(insideString(codePoint)));
}

/** Adds the text of `adm`, without its quotes. */
export function addNativeMarkup(list: PieceList, creative: NativeCreative, urls: NoticeUrls): void {
  const trackers = [{ event: IMPRESSION, method: BY_IMAGE, url: impressionUrl(urls) }];
  list.add(insideString('{"native":'), WHEN_WRAPPED);
  list.add(insideString('{"ver":"1.2",'));
  list.assets();
  list.add(insideString(`,"link":${JSON.stringify({ url: clickUrl(urls, creative.landing_url) })}`));
  list.add(insideString(`,"eventtrackers":${JSON.stringify(trackers)}`), WHEN_EVENT_TRACKERS);
  list.add(insideString(`,"imptrackers":${JSON.stringify([impressionUrl(urls)])}`), WHEN_NO_EVENT_TRACKERS);
  list.add('}');
  list.add('}', WHEN_WRAPPED);
}

/** Whether everything the markup loads is encrypted. */
export function nativeIsSecure(creative: NativeCreative, urls: NoticeUrls): boolean {
  return ![urls.markup, ...creative.images.map((image) => image.url)].some(isPlainHttp);
}
