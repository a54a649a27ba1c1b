// Kinds of cases that are cheap and deep: everything of the request is the least there can be, but for the one thing a
// book is about (`books.ts`): privacy signals, native requests, video and audio.

import type { Ad } from '../book.js';
import { PRIVACY_WORDS, type Theme } from './books.js';
import type { Kind, Make, Source } from './cases.js';
import { makeConsent } from './consent_strings.js';
import { makeFloor } from './floors.js';
import { creativeOf } from './impressions.js';
import { writeSomehow } from './json_forms.js';
import { json, object, type Plain, write } from './json_tree.js';
import { broken, makeNative, makeNativeRequest } from './native_requests.js';
import type { Random } from './random.js';
import { type Draft, makeDraft, makeRequest, USUAL_KNOBS } from './requests.js';
import { gdprSignals, gppSignals, makeSignals, type Signals } from './signals.js';
import { makeStream } from './streams.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

// ---- privacy: impressions of sizes whose bids tell what is left
const banner = (w: number, h: number): string => `{"id":"${w}","banner":{"w":${w},"h":${h}}}`;
const PRIVACY_IMPS = [banner(300, 250), banner(320, 50), banner(728, 90), banner(468, 60), banner(160, 600)];
const { segments, city } = PRIVACY_WORDS;
const DEVICE = `"device":{"geo":{"city":"${city}","zip":"${city}"}}`;
/** Up to the consent string, which closes it. */
const USER = `"user":{"id":"u","data":[{"segment":[{"id":"${segments}"}]}],"consent":`;

/** Now and then all that can be told, mostly one or two things: an answer takes as long as its bids are many. */
function privacyImps(random: Random): string {
  const count = random.weighted([
    [5, 1],
    [4, 2],
    [1, 4],
  ]);
  return count === 1 ? random.pick(PRIVACY_IMPS) : random.shuffled(PRIVACY_IMPS).slice(0, count).join();
}

/** The string and nothing else: GDPR applies. */
const consents: Make = ({ random, book }) => {
  const vendor = book.file.privacy.tcf_vendor_id;
  const text = makeConsent(random, vendor, random.pick([0.7, 0.9, 0.9, 0.97]), 0.35);
  return bytes(`{"id":"c","imp":[${privacyImps(random)}],${DEVICE},${USER}${JSON.stringify(text)}},"regs":{"gdpr":1}}`);
};

/** Signals in all their places, and the others beside them. */
function privacyBody(source: Source, { regs, consent, extConsent }: Signals): Buffer {
  const { random, book } = source;
  const countries = book.file.privacy.gdpr_countries;
  const country = random.chance(0.3)
    ? random.pick<Plain>([...countries.slice(0, 3), 'DE', 'de', 'fra', 'USA', 'US', 'XX', '', 5])
    : undefined;
  const user = object([
    ['id', random.chance(0.8) ? 'u' : random.pick<Plain | undefined>([undefined, '', 7])],
    ['data', [{ segment: [{ id: segments }] }]],
    ['consent', consent],
    ['ext', extConsent === undefined ? undefined : { consent: extConsent }],
  ]);
  const device = object([
    [
      'geo',
      object([
        ['country', country],
        ['city', city],
        ['zip', city],
      ]),
    ],
    ['lmt', random.chance(0.04) ? 1 : undefined],
    ['dnt', random.chance(0.04) ? 1 : undefined],
    ['ifa', random.chance(0.2) ? random.pick<Plain>(['a', '0-0', '']) : undefined],
  ]);
  const members = random.shuffled([
    `"device":${write(device)}`,
    `"user":${write(user)}`,
    ...(regs === undefined ? [] : [`"regs":${write(json(regs))}`]),
  ]);
  return bytes(`{"id":"s","imp":[${privacyImps(random)}],${members.join()}}`);
}

const useful = ({ random }: Source): number => random.pick([0.7, 0.9, 0.97]);
const gdpr: Make = (source) =>
  privacyBody(source, gdprSignals(source.random, source.book.file.privacy.tcf_vendor_id, useful(source)));
const gpp: Make = (source) =>
  privacyBody(source, gppSignals(source.random, source.book.file.privacy.tcf_vendor_id, useful(source)));
const signals: Make = (source) => privacyBody(source, makeSignals(focus(source), useful(source)));

// ---- native, video and audio: one impression that an ad of the book wants, mostly
const KNOBS = { ...USUAL_KNOBS, obstacles: 0.025, ballast: 0.1, pods: 0.3 };

function focus({ random, book, exchange }: Source): Draft {
  return makeDraft(random, book, exchange, KNOBS);
}

function aimAt({ random, book }: Source): Ad | undefined {
  return book.ads.length === 0 ? undefined : random.pick(book.ads);
}

/** A request of impressions of one format. */
function oneFormat(
  source: Source,
  draft: Draft,
  count: number,
  make: (aim: Ad | undefined) => [string, Plain],
): Buffer {
  const { random, book } = source;
  const imps = Array.from({ length: count }, (_, n) => {
    const aim = aimAt(source);
    const [floor, currency] = random.chance(0.25) ? makeFloor(draft, aim) : [undefined, undefined];
    const [format, value] = make(aim);
    return object([
      ['id', String(n + 1)],
      [format, value],
      ['bidfloor', floor],
      ['bidfloorcur', currency],
      ['secure', random.chance(0.1) ? 1 : undefined],
    ]);
  });
  const at = random.pick<Plain | undefined>([undefined, 1, 2]);
  return bytes(
    write(
      object([
        ['id', 'f'],
        ['imp', imps],
        ['cur', [book.file.currency]],
        ['at', at],
      ]),
    ),
  );
}

const natives: Make = (source) => {
  const draft = focus(source);
  return oneFormat(source, draft, 1, (aim) => ['native', makeNative(draft, aim)]);
};

/** The text inside the string, broken: what is JSON and what is not must be one to both. */
const nativeTexts: Make = (source) => {
  const { random } = source;
  const draft = focus(source);
  return oneFormat(source, draft, 1, (aim) => {
    const tree = makeNativeRequest(draft, creativeOf(aim, 'native'));
    let text = writeSomehow(random.chance(0.4) ? object([['native', tree]]) : tree, random);
    if (random.chance(0.04)) text = text.replace(/^\s*\{/, (open) => `${open}"deep":${nest(random)},`);
    for (let n = random.int(0, 2); n > 0; n -= 1) text = broken(random, text);
    return ['native', { request: text }];
  });
};

/** Arrays and objects in each other, as deep as a scanner may count. */
function nest(random: Random): string {
  const depth = random.pick([3, 63, 64, 65, 128, 1000, 8000]);
  return random.chance(0.5) ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

const streams: Make = (source) => {
  const draft = focus(source);
  return oneFormat(source, draft, 1, (aim) => {
    const format = aim?.creative.type === 'audio' ? 'audio' : 'video';
    return [format, makeStream(draft, aim, format)];
  });
};

/** Several impressions of few pods, and dynamic pods. */
const pods: Make = (source) => {
  const draft = { ...focus(source), knobs: { ...KNOBS, pods: 0.97 } };
  return oneFormat(source, draft, source.random.int(1, 4), (aim) => {
    const format = aim?.creative.type === 'audio' ? 'audio' : 'video';
    return [format, makeStream(draft, aim, format)];
  });
};

/** A whole request: what a focused book is not about is seen with it as well. */
const whole: Make = (source) => bytes(write(makeRequest(focus(source))));

export const FOCUSED: Readonly<Record<Exclude<Theme, 'all'>, readonly Kind[]>> = {
  privacy: [
    [10, ['consent string', consents]],
    [4, ['gdpr', gdpr]],
    [7, ['gpp', gpp]],
    [2, ['signals', signals]],
  ],
  native: [
    [14, ['native', natives]],
    [5, ['native text', nativeTexts]],
    [1, ['valid', whole]],
  ],
  streams: [
    [12, ['stream', streams]],
    [5, ['pods', pods]],
    [1, ['valid', whole]],
  ],
};
