// Native assets: which a creative can answer, and the JSON text of its answers. docs/decisions.md sections 3 and 6.

import type { NativeCreative } from '../creative_file.js';
import { lower, wellFormed } from '../vocabulary.js';
import type { AssetDemand, ImageDemand, NormalAsset, NormalNative } from './request.js';
import { some } from './wording.js';

type Image = NativeCreative['images'][number];

/** Why a creative cannot answer what a native impression requires. */
export function nativeRefusal(creative: NativeCreative, { assets }: NormalNative): (() => string) | undefined {
  const missing = assets.find((asset) => asset.required && answerTo(asset, creative) === undefined);
  if (missing === undefined) return undefined;
  if (missing.id === undefined) return () => 'a required asset has no id, so that nothing can answer it';
  return () => `creative ${creative.id} has no ${demandText(missing.asks)}, which asset ${missing.id} requires`;
}

/** The member `assets` of an answer, as JSON text inside a JSON string. */
export function assetsText(creative: NativeCreative, { assets }: NormalNative): string {
  const answers = assets.flatMap((asset) => {
    const answer = answerTo(asset, creative);
    return answer === undefined ? [] : `{"id":${asset.id}${asset.required ? ',"required":1' : ''},${answer}}`;
  });
  return JSON.stringify(`"assets":[${answers.join(',')}]`).slice(1, -1);
}

/** The member that answers an asset; undefined if the creative has none. */
function answerTo({ id, asks }: NormalAsset, creative: NativeCreative): string | undefined {
  if (id === undefined || asks === undefined) return undefined;
  switch (asks.kind) {
    case 'title':
      return `"title":{"text":${JSON.stringify(cut(creative.title, asks.len))}}`;
    case 'image': {
      const image = creative.images.find((one) => imageFits(one, asks));
      return image && `"img":{"url":${JSON.stringify(image.url)},"w":${image.w},"h":${image.h}}`;
    }
    case 'data': {
      const data = creative.data.find(({ type }) => type === asks.type);
      return data && `"data":{"value":${JSON.stringify(cut(data.value, asks.len))}}`;
    }
    case 'video':
      return undefined;
  }
}

function imageFits(image: Image, { type, w, h, wmin, hmin, mimes }: ImageDemand): boolean {
  return (
    (type === undefined || type === image.type) &&
    sideFits(image.w, w, wmin) &&
    sideFits(image.h, h, hmin) &&
    (mimes.length === 0 || mimes.includes(lower(wellFormed(image.mime))))
  );
}

/** The side asked for, or one that is not below the least; without both, any. */
function sideFits(side: number, wanted: number | undefined, least: number | undefined): boolean {
  if (wanted === undefined && least === undefined) return true;
  return side === wanted || (least !== undefined && side >= least);
}

/** A text of no more code points than asked for; what is cut ends in an ellipsis. */
function cut(text: string, length: number | undefined): string {
  const points = [...text];
  return length !== undefined && length > 0 && points.length > length
    ? `${points.slice(0, length - 1).join('')}…`
    : text;
}

/** AdCOM lists "Native Image Asset Types" and "Native Data Asset Types", those most asked for. */
const IMAGE_TYPES: Readonly<Record<number, string>> = { 1: 'icon', 3: 'main image' };
const DATA_TYPES: Readonly<Record<number, string>> = {
  1: 'sponsor',
  2: 'description',
  3: 'rating',
  4: 'likes',
  5: 'downloads',
  6: 'price',
  7: 'sale price',
  8: 'phone',
  9: 'address',
  10: 'second description',
  11: 'display URL',
  12: 'call to action',
};

/** What an asset asks for, in words: `main image of 1200×627`. */
export function demandText(asks: AssetDemand | undefined): string {
  switch (asks?.kind) {
    case undefined:
      return 'asset of a known kind';
    case 'title':
      return asks.len === undefined ? 'title' : `title of up to ${asks.len} characters`;
    case 'image': {
      const name = asks.type === undefined ? 'image' : (IMAGE_TYPES[asks.type] ?? `image of type ${asks.type}`);
      const side = (noun: string, exact: number | undefined, least: number | undefined): string[] => [
        ...(exact === undefined ? [] : [`${noun} ${exact}`]),
        ...(least === undefined ? [] : [`${noun} from ${least}`]),
      ];
      const sides = [...side('width', asks.w, asks.wmin), ...side('height', asks.h, asks.hmin)];
      const details = asks.mimes.length === 0 ? sides : [...sides, some(asks.mimes)];
      return details.length === 0 ? name : `${name} with ${details.join(', ')}`;
    }
    case 'video':
      return 'video';
    case 'data':
      return asks.type === undefined ? 'data of no type' : (DATA_TYPES[asks.type] ?? `data of type ${asks.type}`);
  }
}
