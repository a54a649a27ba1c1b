// What was understood of a request and of its impressions, in words: facts, privacy, and what each format takes.

import * as table from '../../assembly/privacy.js';
import { AUDIENCE, type Audience } from '../audiences.js';
import { FORMATS } from '../creative_file.js';
import type { ExchangeProfile } from '../exchange_file.js';
import { sizesTaken } from './banner_rules.js';
import { type Allowed, PURPOSES } from './consent.js';
import { placementText } from './creative_rules.js';
import { demandText } from './native_rules.js';
import { podIdOf } from './pods.js';
import type { Consent, Privacy } from './privacy.js';
import type { NormalBanner, NormalImp, NormalNative, NormalRequest, NormalStream } from './request.js';
import { podStream, type Slot } from './slots.js';
import { durationsTaken } from './stream_rules.js';
import { counted, decimal, some } from './wording.js';

type Fact = string | number | false | undefined;

/** One line of a subject and what is known of it; no line without that. */
function line(subject: string, ...facts: Fact[]): string[] {
  const known = facts.filter((fact) => fact !== undefined && fact !== false && fact !== '');
  return known.length === 0 ? [] : [`${subject}: ${known.join(', ')}`];
}

function named(name: string, value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : `${name} ${value}`;
}

function listed(name: string, values: Iterable<string | number>): string | undefined {
  const shown = [...values];
  return shown.length === 0 ? undefined : `${name} ${some(shown)}`;
}

/** What was understood of the request, one line a subject; absent facts are left out. */
export function describeRequest(
  request: NormalRequest,
  { currency = 'USD' }: ExchangeProfile,
  audiences: readonly Audience[],
): string[] {
  const { inventory, schain } = request;
  const nodes = schain?.nodes.map(({ asi, sid }) => `${asi ?? '?'}/${sid ?? '?'}`) ?? [];
  return [
    ...line('id', request.id, request.test && 'test'),
    ...line(
      inventory?.kind ?? 'inventory',
      inventory === undefined ? 'none' : (inventory.domain ?? inventory.bundle ?? 'without a domain'),
      inventory?.domain === undefined ? undefined : named('bundle', inventory.bundle),
      named('publisher', inventory?.publisher),
      listed('categories', inventory?.categories ?? []),
    ),
    ...line(
      'place',
      named('country', request.country),
      named('region', request.region),
      named('city', request.city),
      named('postcode', request.postcode),
    ),
    ...line(
      'device',
      named('type', request.deviceType),
      named('os', request.os),
      named('language', request.language),
      named('connection', request.connectionType),
      named('carrier', request.carrier),
    ),
    ...line(
      'audience',
      request.identified && 'identified',
      listed('segments', request.segments),
      listed(
        'is in',
        audiences.map(({ id }) => AUDIENCE + id),
      ),
    ),
    ...describePrivacy(request.privacy),
    ...line('supply chain', schain && (schain.complete ? 'complete' : 'not complete'), listed('sellers', nodes)),
    ...line(
      'takes',
      request.currencies.length === 0 ? currency : some(request.currencies),
      listed('wseat', request.wseat),
      listed('bseat', request.bseat),
      listed('bcat', request.bcat),
      listed('acat', request.acat),
      listed('badv', request.badv),
      listed('bapp', request.bapp),
      request.tmaxMs === undefined ? undefined : `tmax ${request.tmaxMs} ms`,
    ),
  ];
}

const TAKEN_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [table.IDS, 'ids'],
  [table.PLACE, 'city and postcode'],
  [table.SEGMENTS, 'segments'],
  [table.FREQUENCY, 'frequency'],
];

/** One line a signal, with what it takes away. */
function describePrivacy({ signals, consent }: Privacy): string[] {
  return signals.map(({ name, from, takes }) => {
    const taken = TAKEN_NAMES.filter(([bit]) => takes & bit).map(([, what]) => what);
    const allows = name === 'gdpr applies' && consent !== undefined ? `; ${consentText(consent)}` : '';
    return `privacy: ${name} (${from})${allows}; takes ${some(taken)}`;
  });
}

function consentText({ allowed, problem }: Consent): string {
  if (problem === 'no tcf_vendor_id') return 'the campaign file has no tcf_vendor_id, so nothing is allowed';
  if (problem !== undefined) return `${problem}, so nothing is allowed`;
  return `the consent string allows us ${allowedText(allowed)}`;
}

function allowedText({ purposes, specialFeature1 }: Allowed): string {
  const allowed = Array.from({ length: PURPOSES }, (_, i) => i + 1).filter((p) => purposes & (1 << (p - 1)));
  const feature = specialFeature1 ? ', and special feature 1' : ', but not special feature 1';
  return `${allowed.length === 0 ? 'no purpose' : `purposes ${allowed.join(', ')}`}${feature}`;
}

/** What an impression takes, one line a format, and what kind of place it is. */
export function describeImp(imp: NormalImp, profile: ExchangeProfile): string[] {
  const formats = [
    ...(imp.banner === undefined ? [] : bannerLine(imp.banner)),
    ...(imp.video === undefined ? [] : streamLine('video', imp.video)),
    ...(imp.audio === undefined ? [] : streamLine('audio', imp.audio)),
    ...(imp.native === undefined ? [] : nativeLine(imp.native)),
    ...line('native', imp.nativeUnreadable && 'its request cannot be read'),
  ];
  const left = FORMATS.filter((name) => imp[name] !== undefined && profile.formats?.includes(name) === false);
  return [
    ...formats,
    ...line('not taken', left.length > 0 && `exchange ${profile.id} is not answered with ${some(left)}`),
    ...line(
      'place',
      imp.rewarded && 'rewarded',
      imp.interstitial && 'interstitial',
      imp.secure && 'https only',
      imp.quantity !== 1 && `counts for ${decimal(imp.quantity)} impressions`,
      named('tag', imp.tagid),
    ),
    ...podLine(imp),
  ];
}

function bannerLine(banner: NormalBanner): string[] {
  const { btype, mimes } = banner;
  return line('banner', some(sizesTaken(banner)), listed('not types', btype), ...demands(banner, mimes));
}

function streamLine(name: string, stream: NormalStream): string[] {
  const { linearity, skip, placement, companions, protocols, mimes } = stream;
  const companionSizes = companions.map(({ w = '?', h = '?' }) => `${w}×${h}`);
  return line(
    name,
    durationsTaken(stream),
    listed('protocols', protocols),
    placement !== undefined && `placement ${placementText(placement)}`,
    linearity !== undefined && linearity !== 0 && `linearity ${linearity}`,
    skip === 0 && 'not skippable',
    listed('companions', companionSizes),
    ...demands(stream, mimes),
  );
}

function nativeLine(native: NormalNative): string[] {
  const assets = native.assets.map(({ asks, required }) => `${demandText(asks)}${required ? ' (required)' : ''}`);
  return line(
    'native',
    assets.length === 0 ? 'no assets' : assets.join(', '),
    native.eventTrackers && 'event trackers',
    native.wrapped && 'wrapped',
    ...demands(native, []),
  );
}

function demands(
  { battr, api }: { readonly battr: ReadonlySet<number>; readonly api: ReadonlySet<number> },
  mimes: readonly string[],
): Fact[] {
  return [listed('MIME types', mimes), listed('not attributes', battr), listed('APIs', api)];
}

function podLine(imp: NormalImp): string[] {
  const dynamic = podStream(imp);
  return line(
    'pod',
    named('id', podIdOf(imp)),
    dynamic && `${dynamic.podDuration} s to fill`,
    dynamic?.maxSequence !== undefined && `up to ${counted(dynamic.maxSequence, 'ad')}`,
  );
}

/** The floors that video and audio have by duration, where the deal has none of its own. */
export function floorsByDuration({ imp, deal }: Slot): string[] {
  if (deal?.floor.amount !== undefined) return [];
  const { currency } = imp.floor;
  return (['video', 'audio'] as const).flatMap((name) => {
    const { durationFloors = [], minCpmPerSecond = 0 } = imp[name] ?? {};
    const listed = durationFloors.flatMap(({ min, max, amount }) => {
      if (amount === undefined) return [];
      return [
        `${name} of ${min ?? 0}${max === undefined ? ' s or more' : ` to ${max} s`}: ${decimal(amount)} ${currency}`,
      ];
    });
    const other = listed.length > 0 ? 'other ' : '';
    const perSecond = minCpmPerSecond > 0 ? [`${other}${name}: ${decimal(minCpmPerSecond)} ${currency} a second`] : [];
    return [...listed, ...perSecond];
  });
}
