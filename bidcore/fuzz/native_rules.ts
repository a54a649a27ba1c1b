// The rules of native markup: it answers what the native request asked for, out of what the creative has.

import type { NativeCreative } from '../creative_file.js';
import {
  type Fields,
  fieldsOf,
  integerOf,
  isObject,
  lower,
  type NativeView,
  objectsOf,
  setOf,
  textsOf,
} from './checker_request.js';
import type { Report } from './response_checker.js';

/** Checks the text of `adm`; `token` is what the bid's URLs hold. */
export function checkNative(
  asked: NativeView,
  adm: string,
  creative: NativeCreative,
  token: string,
  report: Report,
): void {
  let answer: unknown;
  try {
    answer = JSON.parse(adm);
  } catch (error) {
    return report('native_json', (error as Error).message);
  }
  const inner = isObject(answer) && isObject(answer['native']) ? answer['native'] : undefined;
  if ((inner !== undefined) !== asked.wrapped) report('native_wrapped', `the request is wrapped: ${asked.wrapped}`);
  const native = inner ?? fieldsOf(answer);
  if (native === undefined) return report('native_json', 'not an object');
  checkTrackers(asked.request, native, token, report);
  checkAssets(asked.request, native, creative, report);
}

function checkTrackers(asked: Fields, native: Fields, token: string, report: Report): void {
  const trackers = objectsOf(asked['eventtrackers']);
  const byImage = trackers.some((one) => integerOf(one['event']) === 1 && setOf(one['methods']).includes(1));
  const holds = (value: unknown): boolean => JSON.stringify(value ?? null).includes(`/n/imp/${token}`);
  const events = objectsOf(native['eventtrackers']);
  if (byImage !== (events.length === 1 && holds(events[0]))) report('native_trackers', 'eventtrackers');
  if (events.some((one) => one['event'] !== 1 || one['method'] !== 1)) report('native_trackers', 'not an impression');
  if (byImage === holds(native['imptrackers'])) report('native_trackers', 'imptrackers');
  const link = fieldsOf(native['link'])?.['url'];
  if (typeof link !== 'string' || !link.includes(`/n/click/${token}?`)) report('native_trackers', 'no link');
}

const KINDS = ['title', 'img', 'video', 'data'] as const;

function checkAssets(asked: Fields, native: Fields, creative: NativeCreative, report: Report): void {
  const answers = objectsOf(native['assets']);
  if (!Array.isArray(native['assets']) || answers.length !== (native['assets'] as unknown[]).length)
    report('native_assets', 'assets is not an array of objects');
  let next = 0;
  for (const asset of objectsOf(asked['assets'])) {
    const id = integerOf(asset['id']);
    const kind = KINDS.find((name) => isObject(asset[name]));
    const required = integerOf(asset['required']) === 1;
    const possible = id !== undefined && canAnswer(kind, asset, creative);
    if (!possible) {
      if (required) report('native_assets', `asset ${String(id)} is required and was not answered`);
      continue;
    }
    const answer = answers[next];
    next += 1;
    if (answer === undefined || answer['id'] !== id || kind === undefined || !isObject(answer[kind])) {
      return report('native_assets', `${JSON.stringify(answer)} where asset ${id} should be`);
    }
    if ((answer['required'] === 1) !== required) report('native_assets', `asset ${id}: required`);
    checkAnswer(kind, asset[kind] as Fields, answer[kind] as Fields, creative, report);
  }
  if (next < answers.length) report('native_assets', `${answers.length - next} more assets than asked for`);
}

function canAnswer(kind: (typeof KINDS)[number] | undefined, asset: Fields, creative: NativeCreative): boolean {
  if (kind === 'title') return true;
  if (kind === 'img') return creative.images.some((image) => imageFits(asset['img'] as Fields, image));
  const type = integerOf((asset['data'] as Fields | undefined)?.['type']);
  return kind === 'data' && creative.data.some((data) => data.type === type);
}

function imageFits(asked: Fields, image: NativeCreative['images'][number]): boolean {
  const type = integerOf(asked['type']);
  const mimes = textsOf(asked['mimes']).map(lower);
  const side = (name: 'w' | 'h'): boolean => {
    const least = integerOf(asked[`${name}min`]) ?? 0;
    const exact = integerOf(asked[name]) ?? 0;
    return (exact <= 0 && least <= 0) || (exact > 0 && image[name] === exact) || (least > 0 && image[name] >= least);
  };
  return (
    (type === undefined || type === image.type) &&
    side('w') &&
    side('h') &&
    (mimes.length === 0 || mimes.includes(lower(image.mime)))
  );
}

function checkAnswer(
  kind: 'title' | 'img' | 'video' | 'data',
  asked: Fields,
  answer: Fields,
  creative: NativeCreative,
  report: Report,
): void {
  if (kind === 'title') checkText('native_title', asked, answer['text'], creative.title, report);
  if (kind === 'img') {
    const image = creative.images.find((one) => imageFits(asked, one));
    const same = image?.url === answer['url'] && image?.w === answer['w'] && image?.h === answer['h'];
    if (!same) report('native_image', JSON.stringify(answer));
  }
  if (kind === 'data') {
    const data = creative.data.find(({ type }) => type === integerOf(asked['type']));
    checkText('native_data', asked, answer['value'], data?.value ?? '', report);
  }
}

/** The text itself, or its beginning and an ellipsis where it is longer than allowed. */
function checkText(
  rule: 'native_title' | 'native_data',
  asked: Fields,
  text: unknown,
  own: string,
  report: Report,
): void {
  const most = integerOf(asked['len']) ?? 0;
  const points = Array.from(own);
  const expected = most > 0 && points.length > most ? `${points.slice(0, most - 1).join('')}…` : own;
  if (text !== expected) report(rule, `${JSON.stringify(text)}, expected ${JSON.stringify(expected)}`);
}
