// The rules of VAST markup: well-formed, of the creative's version and form, and all that is to be counted named with
// the bid's token. A creative's markup differs from bid to bid in its token only, so each is read once.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { AudioCreative, VideoCreative } from '../creative_file.js';
import { at, type Fields, isObject } from './checker_request.js';
import type { Report } from './response_checker.js';

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  alwaysCreateTextNode: true,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

const LISTENED = ['start', 'firstQuartile', 'midpoint', 'thirdQuartile', 'complete'];

/** Problems of a markup, by creative and markup without its token. */
const known = new WeakMap<object, Map<string, readonly string[]>>();
const MARKUPS_MAX = 16;

/** Checks `adm` of video and audio. */
export function checkVast(adm: string, creative: VideoCreative | AudioCreative, token: string, report: Report): void {
  const text = token === '' ? adm : adm.replaceAll(token, 'TOKEN');
  const byText = known.get(creative) ?? new Map<string, readonly string[]>();
  known.set(creative, byText);
  let problems = byText.get(text);
  if (problems === undefined) {
    problems = problemsOf(text, creative);
    if (byText.size < MARKUPS_MAX) byText.set(text, problems);
  }
  for (const problem of problems) report('vast', problem);
}

function problemsOf(text: string, creative: VideoCreative | AudioCreative): string[] {
  const valid = XMLValidator.validate(text);
  if (valid !== true) return [`not XML: ${valid.err.msg}`];
  const problems: string[] = [];
  const root = parser.parse(text) as Fields;
  const expect = (holds: boolean, what: string): void => {
    if (!holds) problems.push(what);
  };
  const [vast] = all(root, 'VAST');
  expect(vast?.['@version'] === creative.vast_version, 'version');
  const body = creative.wrapper_url === undefined ? 'InLine' : 'Wrapper';
  expect(all(root, 'Ad').length === 1 && all(root, body).length === 1, `not one ${body}`);
  expect(
    textsIn(root, 'Impression').some((url) => url.includes('/n/imp/TOKEN')),
    'no impression with the token',
  );
  if (body === 'Wrapper')
    expect(textsIn(root, 'VASTAdTagURI')[0] === plainUrl(creative.wrapper_url ?? ''), 'VASTAdTagURI');
  if (creative.type === 'video' && creative.linearity === 2) checkNonLinear(root, creative, expect);
  else checkLinear(root, creative, expect);
  const companions = all(root, 'Companion').map((one) => `${String(one['@width'])}x${String(one['@height'])}`);
  expect(companions.join() === creative.companions.map(({ w, h }) => `${w}x${h}`).join(), 'companions');
  const images = all(root, 'Companion').flatMap((one) => textsIn(one, 'StaticResource'));
  expect(images.join() === creative.companions.map(({ image_url }) => plainUrl(image_url)).join(), 'companion images');
  return problems;
}

type Expect = (holds: boolean, what: string) => void;

const isClick = (url: string): boolean => url.includes('/n/click/TOKEN?');

function checkLinear(root: Fields, creative: VideoCreative | AudioCreative, expect: Expect): void {
  const [linear] = all(root, 'Linear');
  if (linear === undefined) return expect(false, 'not linear');
  const events = all(linear, 'Tracking').map((one) => [String(one['@event']), String(one['#text'])] as const);
  for (const event of LISTENED) {
    expect(
      events.some(([name, url]) => name === event && url.includes('/n/event/TOKEN') && url.endsWith(`=${event}`)),
      `no tracking of ${event}`,
    );
  }
  const inLine = creative.media !== undefined;
  expect(textsIn(linear, inLine ? 'ClickThrough' : 'ClickTracking').some(isClick), 'no click with the token');
  if (!inLine) return;
  expect(textsIn(linear, 'Duration')[0] === clock(creative.duration_s), 'duration');
  const skip = creative.type === 'video' ? creative.skip_after_s : undefined;
  expect(linear['@skipoffset'] === (skip === undefined ? undefined : clock(skip)), 'skipoffset');
  const files = all(linear, 'MediaFile').map((one) => `${String(one['@type'])} ${String(one['#text'])}`);
  expect(
    files.join() === (creative.media ?? []).map(({ mime, url }) => `${mime} ${plainUrl(url)}`).join(),
    'media files',
  );
}

function checkNonLinear(root: Fields, creative: VideoCreative, expect: Expect): void {
  expect(all(root, 'Linear').length === 0, 'linear');
  const [nonLinear] = all(root, 'NonLinear');
  if (creative.media === undefined) {
    // VAST 2.0 has no place for the click on a wrapped one.
    const clicks = textsIn(root, 'NonLinearClickTracking');
    return expect(creative.vast_version === '2.0' || clicks.some(isClick), 'no click with the token');
  }
  if (nonLinear === undefined) return expect(false, 'no NonLinear');
  expect(textsIn(nonLinear, 'StaticResource')[0] === plainUrl(creative.media[0]?.url ?? ''), 'resource');
  expect(nonLinear['@minSuggestedDuration'] === clock(creative.duration_s), 'duration');
  expect(textsIn(nonLinear, 'NonLinearClickThrough').some(isClick), 'no click with the token');
}

/** A URL as it can stand in CDATA. */
const plainUrl = (url: string): string => url.replaceAll(']]>', ']]%3E');

/** Seconds as HH:MM:SS. */
function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

/** Every element of a name, wherever it is. */
function all(node: Fields, name: string): Fields[] {
  return Object.entries(node).flatMap(([key, children]) =>
    !Array.isArray(children)
      ? []
      : (children as unknown[])
          .filter(isObject)
          .flatMap((child) => [...(key === name ? [child] : []), ...all(child, name)]),
  );
}

function textsIn(node: Fields, name: string): string[] {
  return all(node, name).map((one) => String(at(one, '#text') ?? ''));
}
