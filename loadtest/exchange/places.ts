// Where ads are shown: sites and apps with their publishers, categories and slots. What the campaigns of a file target
// is among them, so that something can be won.

import * as map from '../../assembly/memory_map.js';
import type { CampaignFile, Targeting } from '../../bidcore/campaign_file.js';
import type { Creative } from '../../bidcore/creative_file.js';
import type { Chance } from './chance.js';
import type { Part, Truth } from './truth.js';

export interface Slot {
  /** Members of the impression but its id, floor and deals, as JSON without braces. */
  readonly json: string;
  readonly part: Part;
}

export interface Place {
  /** `"site":{…}` or `"app":{…}`. */
  readonly json: string;
  readonly part: Part;
  readonly slots: readonly Slot[];
}

const CATEGORIES = ['IAB1', 'IAB2', 'IAB5', 'IAB8', 'IAB9', 'IAB12', 'IAB13', 'IAB17', 'IAB18', 'IAB20'] as const;
const PUBLISHERS = 24;
const SITES = 60;
const APPS = 30;
const TAGS = ['top', 'side', 'middle', 'end', 'feed', 'player'] as const;
/** AdCOM list "Placement Positions" that occur: unknown, above the fold, below, header, full screen. */
const POSITIONS = [0, 1, 3, 4, 7] as const;
/** Chance that a place has a slot of a format besides its banners, where some creative could fill it. */
const OTHER_FORMATS = 0.3;

type Kind = 'site' | 'app';

interface Plan {
  readonly kind: Kind;
  readonly name: string;
  readonly publisher: string;
  readonly category: string;
  readonly slots: readonly SlotPlan[];
}

interface SlotPlan {
  readonly tag: string;
  readonly position: number;
  readonly interstitial: boolean;
  readonly format: Creative['type'];
  readonly w: number;
  readonly h: number;
  readonly rewarded: boolean;
}

/** Everything that an ad group of the file names under one of these keys. */
function named(file: CampaignFile, key: keyof Targeting): string[] {
  const groups = file.accounts.flatMap(({ campaigns }) => campaigns.flatMap((campaign) => campaign.ad_groups));
  return [...new Set(groups.flatMap(({ targeting }) => (targeting[key] ?? []) as string[]))];
}

export interface PlacePlans {
  readonly count: number;
  /** Makes them, the most popular first. Only when all features of the world have their weights. */
  make(): Place[];
}

/** Plans the places of a world and gives their features their weights. */
export function planPlaces(file: CampaignFile, truth: Truth, chance: Chance): PlacePlans {
  const creatives = file.accounts.flatMap((account) => account.creatives);
  const categories = [...CATEGORIES, ...named(file, 'categories').filter((name) => !name.includes(':'))];
  const publishers = [...named(file, 'publishers'), ...Array.from({ length: PUBLISHERS }, (_, n) => `pub-${n + 100}`)];
  const domains = [...named(file, 'domains'), ...Array.from({ length: SITES }, (_, n) => `site-${n}.example`)];
  const bundles = [...named(file, 'bundles'), ...Array.from({ length: APPS }, (_, n) => `example.app${n}`)];
  const plan = (kind: Kind, name: string): Plan => ({
    kind,
    name,
    publisher: chance.pick(publishers),
    category: chance.pick(categories),
    slots: slotPlans(creatives, chance, kind),
  });
  const plans = chance.shuffled([
    ...domains.map((name) => plan('site', name)),
    ...bundles.map((name) => plan('app', name)),
  ]);
  const featured = plans.map((one) => ({
    plan: one,
    features: placeFeatures(one, truth),
    slots: one.slots.map((slot) => ({ slot, features: slotFeatures(slot, truth) })),
  }));
  const make = (): Place[] =>
    featured.map(({ plan: one, features, slots }, n) => ({
      json: placeJson(one, n),
      part: truth.part(features),
      slots: slots.map(({ slot, features: its }) => ({ json: slotJson(slot), part: truth.part(its) })),
    }));
  return { count: plans.length, make };
}

function slotPlans(creatives: readonly Creative[], chance: Chance, kind: Kind): SlotPlan[] {
  const sizes = new Set(creatives.filter((c) => c.type === 'banner').map(({ w, h }) => `${w}x${h}`));
  const isPhone = (size: string): boolean => Number(size.split('x')[0]) <= 336;
  const fitting = [...sizes].filter((size) => kind === 'site' || isPhone(size));
  const plans = Array.from({ length: chance.int(1, 3) }, (): SlotPlan => {
    const [w = 300, h = 250] = (fitting.length > 0 ? chance.pick(fitting) : '300x250').split('x').map(Number);
    const interstitial = w === 320 && h === 480;
    return { ...situation(chance), interstitial, format: 'banner', w, h, rewarded: false };
  });
  for (const format of ['video', 'audio', 'native'] as const) {
    const exists = creatives.some(({ type }) => type === format);
    if (!exists || !chance.chance(OTHER_FORMATS)) continue;
    const rewarded = format === 'video' && kind === 'app' && chance.chance(0.5);
    const [w, h] = format === 'video' ? [640, 360] : [0, 0];
    plans.push({ ...situation(chance), interstitial: rewarded, format, w, h, rewarded });
  }
  return plans;
}

function situation(chance: Chance): { tag: string; position: number } {
  return { tag: chance.pick(TAGS), position: chance.pick(POSITIONS) };
}

function placeFeatures({ kind, name, publisher, category }: Plan, truth: Truth): number[] {
  return [
    truth.number(map.FIELD_INVENTORY, kind === 'site' ? 1 : 2),
    truth.lowerText(map.FIELD_DOMAIN, kind === 'site' ? name : undefined),
    truth.lowerText(map.FIELD_BUNDLE, kind === 'app' ? name : undefined),
    truth.text(map.FIELD_PUBLISHER, publisher),
    truth.lowerText(map.FIELD_CATEGORY, category),
  ];
}

function slotFeatures({ tag, position, interstitial, format, w, h }: SlotPlan, truth: Truth): number[] {
  const hasPosition = format === 'banner' || format === 'video';
  return [
    truth.number(map.FIELD_SLOT_SIZE, w > 0 ? w * 65_536 + h : undefined),
    truth.text(map.FIELD_TAG, tag),
    truth.number(map.FIELD_POSITION, hasPosition ? position : undefined),
    truth.number(map.FIELD_INTERSTITIAL, interstitial ? 1 : 0),
  ];
}

function placeJson({ kind, name, publisher, category }: Plan, n: number): string {
  const common = { id: `p${n}`, cat: [category], publisher: { id: publisher } };
  const own =
    kind === 'site' ? { domain: `www.${name}`, page: `https://www.${name}/read/${n}` } : { bundle: name, ver: '1.4' };
  return `"${kind}":${JSON.stringify({ ...common, ...own })}`;
}

const NATIVE_REQUEST = JSON.stringify({
  ver: '1.2',
  context: 1,
  plcmttype: 1,
  assets: [
    { id: 1, required: 1, title: { len: 90 } },
    { id: 2, required: 1, img: { type: 3, wmin: 600, hmin: 300 } },
    { id: 3, required: 1, data: { type: 1, len: 25 } },
  ],
  eventtrackers: [{ event: 1, methods: [1, 2] }],
});

const STREAM = { minduration: 5, maxduration: 30, protocols: [2, 3, 5, 6, 7, 8, 11, 12, 13, 14] };

function slotJson({ tag, position, interstitial, format, w, h, rewarded }: SlotPlan): string {
  const formats = {
    banner: { banner: { w, h, pos: position, format: [{ w, h }], mimes: ['text/html', 'image/jpeg', 'image/png'] } },
    video: { video: { ...STREAM, mimes: ['video/mp4'], w, h, pos: position, plcmt: 1, linearity: 1, skip: 1 } },
    audio: { audio: { ...STREAM, mimes: ['audio/mp4', 'audio/mpeg'] } },
    native: { native: { ver: '1.2', request: NATIVE_REQUEST } },
  };
  const rest = { tagid: tag, secure: 1, instl: interstitial ? 1 : 0, ...(rewarded ? { rwdd: 1 } : {}) };
  return JSON.stringify({ ...rest, ...formats[format] }).slice(1, -1);
}
