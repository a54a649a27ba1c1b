// Creatives as a trader writes them, one schema a format. `docs/campaigns.md` describes them key by key.

import { z } from 'zod';

export const id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\w.:-]+$/, 'letters, digits and . _ : - only');
export const httpUrl = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/\S+$/, 'a URL that starts with http:// or https://');
const side = z.int().min(1).max(65_535);
const mime = z.string().min(1).max(64);

/** What a creative of any format has. */
const common = {
  id,
  name: z.string().max(256).optional(),
  advertiser_domains: z.array(z.string().min(1).max(253)).min(1).max(8),
  categories: z.array(z.string().min(1).max(32)).max(8).default([]),
  cattax: z.int().min(1).max(1000).default(1),
  attributes: z.array(z.int().min(1).max(63)).max(16).default([]),
  apis: z.array(z.int().min(1).max(31)).max(8).default([]),
  bundle: z.string().min(1).max(256).optional(),
  landing_url: httpUrl,
};

export const bannerCreative = z
  .strictObject({
    ...common,
    type: z.literal('banner'),
    w: side,
    h: side,
    banner_type: z.int().min(1).max(4).default(2),
    mime: mime.default('text/html'),
    image_url: httpUrl.optional(),
    markup: z.string().min(1).max(12_000).optional(),
  })
  .refine((c) => (c.image_url === undefined) !== (c.markup === undefined), {
    error: 'give either image_url or markup',
  });

const mediaFile = z.strictObject({
  url: httpUrl,
  mime,
  w: side.optional(),
  h: side.optional(),
  bitrate_kbps: z.int().min(1).max(1e6).optional(),
});

const companion = z.strictObject({ w: side, h: side, image_url: httpUrl });

/** What video and audio share: VAST around media files, or around another server's VAST. */
const stream = {
  ...common,
  duration_s: z.int().min(1).max(3600),
  media: z.array(mediaFile).min(1).max(8).optional(),
  wrapper_url: httpUrl.optional(),
  mimes: z.array(mime).min(1).max(8).optional(),
  companions: z.array(companion).max(4).default([]),
  companion_required: z.boolean().default(false),
};

interface StreamSource {
  readonly media?: unknown;
  readonly wrapper_url?: unknown;
  readonly mimes?: unknown;
  readonly companion_required: boolean;
  readonly companions: readonly unknown[];
}

const oneSource = (c: StreamSource): boolean => (c.media === undefined) !== (c.wrapper_url === undefined);
const mimesOfWrapper = (c: StreamSource): boolean => (c.mimes === undefined) === (c.wrapper_url === undefined);
const companionsThere = (c: StreamSource): boolean => !c.companion_required || c.companions.length > 0;

const ONE_SOURCE = { error: 'give either media or wrapper_url' };
const MIMES_OF_WRAPPER = { error: 'give mimes with wrapper_url, where no media file says them, and only there' };
const COMPANIONS_THERE = { error: 'companion_required needs companions' };

export const VAST_VERSIONS = ['2.0', '3.0', '4.0', '4.1', '4.2', '4.3'] as const;
export type VastVersion = (typeof VAST_VERSIONS)[number];

export const videoCreative = z
  .strictObject({
    ...stream,
    type: z.literal('video'),
    w: side,
    h: side,
    vast_version: z.enum(VAST_VERSIONS).default('4.0'),
    linearity: z.union([z.literal(1), z.literal(2)], { error: '1 (linear) or 2 (over the content)' }).default(1),
    skip_after_s: z.int().min(0).max(3600).optional(),
  })
  .refine(oneSource, ONE_SOURCE)
  .refine(mimesOfWrapper, MIMES_OF_WRAPPER)
  .refine(companionsThere, COMPANIONS_THERE)
  .refine((c) => c.skip_after_s === undefined || (c.linearity === 1 && c.vast_version !== '2.0'), {
    error: 'skip_after_s needs linear video and VAST 3.0 or later',
  });

export const audioCreative = z
  .strictObject({
    ...stream,
    type: z.literal('audio'),
    vast_version: z.enum(VAST_VERSIONS).default('4.1'),
  })
  .refine(oneSource, ONE_SOURCE)
  .refine(mimesOfWrapper, MIMES_OF_WRAPPER)
  .refine(companionsThere, COMPANIONS_THERE);

export const nativeCreative = z.strictObject({
  ...common,
  type: z.literal('native'),
  title: z.string().min(1).max(200),
  images: z
    .array(z.strictObject({ type: z.int().min(1).max(1000), url: httpUrl, w: side, h: side, mime }))
    .max(16)
    .default([]),
  data: z
    .array(z.strictObject({ type: z.int().min(1).max(1000), value: z.string().min(1).max(500) }))
    .max(16)
    .refine((data) => new Set(data.map(({ type }) => type)).size === data.length, {
      error: 'one value for each type',
    })
    .default([]),
});

export const creative = z.discriminatedUnion('type', [bannerCreative, videoCreative, audioCreative, nativeCreative]);

export type BannerCreative = z.infer<typeof bannerCreative>;
export type VideoCreative = z.infer<typeof videoCreative>;
export type AudioCreative = z.infer<typeof audioCreative>;
export type NativeCreative = z.infer<typeof nativeCreative>;
export type Creative = z.infer<typeof creative>;

/** Formats in the order of OpenRTB's markup types: `mtype` is the position and one. */
export const FORMATS = ['banner', 'video', 'audio', 'native'] as const;
export type Format = (typeof FORMATS)[number];

/** AdCOM creative attribute "user can skip". */
const SKIPPABLE = 16;

/** Its attributes, with what follows from the rest of it. */
export function attributesOf(creative: Creative): readonly number[] {
  const skippable = creative.type === 'video' && creative.skip_after_s !== undefined;
  return skippable && !creative.attributes.includes(SKIPPABLE)
    ? [...creative.attributes, SKIPPABLE]
    : creative.attributes;
}

/** MIME types of a video or audio creative's media. */
export function mediaMimes(creative: VideoCreative | AudioCreative): readonly string[] {
  return creative.mimes ?? [...new Set((creative.media ?? []).map((file) => file.mime))];
}

/** AdCOM list "Creative Subtypes - Audio/Video", by VAST version: inline, wrapper. */
const PROTOCOLS: Readonly<Record<VastVersion, readonly [inline: number, wrapper: number]>> = {
  '2.0': [2, 5],
  '3.0': [3, 6],
  '4.0': [7, 8],
  '4.1': [11, 12],
  '4.2': [13, 14],
  '4.3': [15, 16],
};

/** Protocol of a video or audio creative's markup. */
export function protocolOf({ vast_version, wrapper_url }: VideoCreative | AudioCreative): number {
  return PROTOCOLS[vast_version][wrapper_url === undefined ? 0 : 1];
}

/** Width and height in one number, of a banner or a video; others have none. */
export function sizeOf(creative: Creative): number | undefined {
  return creative.type === 'banner' || creative.type === 'video' ? creative.w * 65_536 + creative.h : undefined;
}
