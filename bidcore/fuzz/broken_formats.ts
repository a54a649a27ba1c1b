// Answers for the tests of the response checker: formats, what stands in impressions, VAST, native.

import type { Part } from '../testing/sample_book.js';
import { type Answer, type Broken, ofBanner, replace } from './broken_answers.js';

const media = [{ url: 'https://cdn.example/v.mp4', mime: 'video/mp4' }];
const video = { type: 'video', w: 640, h: 360, duration_s: 15, media };
const audio = { type: 'audio', duration_s: 30, media: [{ url: 'https://cdn.example/a.m4a', mime: 'audio/mp4' }] };
const wrapper = { ...video, media: undefined, wrapper_url: 'https://other.example/vast?a=1&b=2', mimes: ['video/mp4'] };
const skippable = { ...video, skip_after_s: 5 };
const overlay = { ...video, linearity: 2 };
const companion = { ...video, companions: [{ w: 300, h: 250, image_url: 'https://c.example/c.png' }] };
const picture = { type: 3, url: 'https://cdn.example/i.jpg', w: 1200, h: 627, mime: 'image/jpeg' };
const native = { type: 'native', title: 'Shoes that fit', images: [picture], data: [{ type: 1, value: 'Brand' }] };

const ofVideo: Answer = { creative: video, imp: { video: { mimes: ['video/mp4'] } } };
const ofAudio: Answer = { creative: audio, imp: { audio: { mimes: ['audio/mp4'] } } };
const assets = [
  { id: 1, required: 1, title: { len: 25 } },
  { id: 2, img: { type: 3, wmin: 100, hmin: 100 } },
  { id: 3, data: { type: 1, len: 25 } },
];
const asking = (part: Part): Part => ({ native: { request: JSON.stringify({ assets, ...part }) } });
const ofNative: Answer = { creative: native, imp: asking({}) };
const wrapped = { native: { request: JSON.stringify({ native: { assets } }) } };
const tracked = asking({ eventtrackers: [{ event: 1, methods: [1] }] });
const pod: Answer = {
  ...ofVideo,
  other: { ...video, advertiser_domains: ['other.example'] },
  imp: { video: { poddur: 60 } },
};

export const GOOD_FORMATS: readonly (readonly [string, Answer])[] = [
  ['video', ofVideo],
  ['a wrapper', { ...ofVideo, creative: wrapper }],
  ['an overlay', { ...ofVideo, creative: overlay }],
  ['audio', ofAudio],
  ['native', ofNative],
  ['native, wrapped', { ...ofNative, imp: wrapped }],
  ['native, with event trackers', { ...ofNative, imp: tracked }],
  ['a pod', pod],
];

export const BROKEN_FORMATS: readonly Broken[] = [
  // formats
  ['format', 'the impression has no video', { ...ofVideo, change: { imp: { video: undefined, banner: {} } } }],
  ['format', 'a native request that is not JSON', { ...ofNative, change: { imp: { native: { request: '{' } } } }],
  ['content', 'another markup type', { ...ofVideo, change: { edit: replace('"mtype":2', '"mtype":1') } }],
  ['content', 'another duration', { ...ofAudio, change: { edit: replace('"dur":30', '"dur":31') } }],
  ['battr', 'it can be skipped', { ...ofVideo, creative: skippable, change: { imp: { video: { battr: [16] } } } }],
  [
    'api',
    'not supported',
    {
      ...ofNative,
      creative: { ...native, apis: [7] },
      imp: { native: { request: { assets }, api: [7] } },
      change: { imp: { native: { request: { assets }, api: [5] } } },
    },
  ],
  ['mimes', 'of no media file', { ...ofVideo, change: { imp: { video: { mimes: ['video/webm'] } } } }],
  ['duration', 'too long', { ...ofVideo, change: { imp: { video: { maxduration: 14 } } } }],
  ['duration', 'too short', { ...ofAudio, change: { imp: { audio: { minduration: '31' } } } }],
  [
    'duration',
    'not one of those required',
    { ...ofVideo, change: { imp: { video: { rqddurs: [30], maxduration: 60 } } } },
  ],
  ['duration', 'longer than the pod', { ...ofVideo, change: { imp: { video: { poddur: 14 } } } }],
  [
    'protocol',
    'VAST 4.0 only as a wrapper',
    { ...ofVideo, change: { imp: { video: { protocols: [8], protocol: 3 } } } },
  ],
  [
    'companion',
    'no place for it',
    {
      ...ofVideo,
      creative: { ...companion, companion_required: true },
      imp: { video: { companionad: [{ w: 300, h: 250 }] } },
      change: { imp: { video: { companionad: [{ w: 300, h: 251 }] } } },
    },
  ],
  ['linearity', 'an overlay', { ...ofVideo, creative: overlay, change: { imp: { video: { linearity: 1 } } } }],
  ['skip', 'it can be skipped', { ...ofVideo, creative: skippable, change: { imp: { video: { skip: 0 } } } }],
  [
    'floor',
    'of its duration',
    { ...ofVideo, change: { imp: { video: { durfloors: [{ mindur: 15, maxdur: 15, bidfloor: 2.1 }] } } } },
  ],
  ['floor', 'by the second', { ...ofAudio, change: { imp: { audio: { mincpmpersec: 0.07 } } } }],
  [
    'rewarded',
    'it is not',
    {
      ...ofVideo,
      targeting: { rewarded: true },
      imp: { ...ofVideo.imp, ext: { prebid: { is_rewarded_inventory: 1 } } },
      change: { imp: { ext: {} } },
    },
  ],
  ['interstitial', 'it is one', { ...ofBanner, targeting: { interstitial: false }, change: { imp: { instl: 1 } } }],
  [
    'placement',
    'another one',
    {
      ...ofVideo,
      targeting: { video_placements: [1] },
      imp: { video: { placement: 1 } },
      change: { imp: { video: { placement: 1, plcmt: 2 } } },
    },
  ],
  ['pod_advertiser', 'twice', { ...pod, change: { creative: { advertiser_domains: ['www.OTHER.example'] } } }],
  [
    'pod_advertiser',
    'in two impressions of a pod',
    {
      ...ofVideo,
      imps: [{ video: { podid: 'p' } }, { video: { podid: 'q' } }],
      change: { imp: { video: { podid: 'p' } } },
    },
  ],
  ['pod_count', 'more than there may be', { ...pod, change: { imp: { video: { poddur: 60, maxseq: 1 } } } }],
  ['pod_seconds', 'more than there are', { ...pod, change: { imp: { video: { poddur: 29 } } } }],
  [
    'secure',
    'a media file over http',
    {
      ...ofVideo,
      creative: { ...video, media: [{ ...media[0], url: 'http://cdn.example/v.mp4' }] },
      change: { imp: { secure: 1 } },
    },
  ],
  [
    'secure',
    'an image over http',
    {
      ...ofNative,
      creative: { ...native, images: [{ ...picture, url: 'http://cdn.example/i' }] },
      change: { imp: { secure: 1 } },
    },
  ],
  // VAST
  ['vast', 'not XML', { ...ofVideo, change: { edit: replace('</InLine>', '') } }],
  ['vast', 'another version', { ...ofVideo, change: { creative: { vast_version: '4.2' } } }],
  [
    'vast',
    'a quartile is not counted',
    { ...ofVideo, change: { edit: replace('event=\\"midpoint\\"', 'event=\\"mute\\"') } },
  ],
  ['vast', 'no impression', { ...ofAudio, change: { edit: replace(/<Impression>.*?<\/Impression>/, '') } }],
  ['vast', 'another duration', { ...ofVideo, change: { edit: replace('00:00:15', '00:00:16') } }],
  ['vast', 'another media file', { ...ofVideo, change: { edit: replace('v.mp4', 'w.mp4') } }],
  ['vast', 'another wrapped VAST', { ...ofVideo, creative: wrapper, change: { edit: replace('a=1&b=2', 'a=1&b=3') } }],
  [
    'vast',
    'it cannot be skipped',
    { ...ofVideo, creative: skippable, change: { edit: replace(/ skipoffset=\\"[\d:]+\\"/, '') } },
  ],
  [
    'vast',
    'no companion',
    { ...ofVideo, creative: companion, change: { edit: replace(/<CompanionAds>.*<\/CompanionAds>/, '') } },
  ],
  [
    'vast',
    'an overlay without its resource',
    { ...ofVideo, creative: overlay, change: { edit: replace(/<StaticResource.*<\/StaticResource>/, '') } },
  ],
  ['token_place', 'no click', { ...ofVideo, change: { edit: replace('/n/click/', '/click/') } }],
  ['click', 'to another page', { ...ofVideo, change: { edit: replace('to=https', 'to=http') } }],
  [
    'click',
    'that only counts, where it should lead on',
    { ...ofVideo, change: { edit: replace(/\?k=\w+&s=[^\]]*/, '?t=1') } },
  ],
  ['click', 'with another signature', { ...ofNative, change: { edit: replace(/&s=\w{16}/, '&s=0123456789abcdef') } }],
  [
    'impression',
    'with a price nobody bills',
    { ...ofAudio, change: { edit: (text) => text.replace(/n.imp.[\w-]{224}/, '$&?p=1') } },
  ],
  // native
  ['native_json', 'not JSON', { ...ofNative, change: { edit: replace('\\"ver\\":', '\\"ver\\"') } }],
  ['native_wrapped', 'though it was not asked so', { ...ofNative, imp: wrapped, change: { imp: asking({}) } }],
  ['native_wrapped', 'not, though it was asked so', { ...ofNative, change: { imp: wrapped } }],
  ['native_trackers', 'none of events', { ...ofNative, change: { imp: tracked } }],
  ['native_trackers', 'of events nobody asked for', { ...ofNative, imp: tracked, change: { imp: asking({}) } }],
  ['native_trackers', 'no link', { ...ofNative, change: { edit: replace('\\"link\\"', '\\"lnk\\"') } }],
  [
    'native_assets',
    'a required one is missing',
    { ...ofNative, change: { imp: asking({ assets: [...assets, { id: 4, required: 1, data: { type: 9 } }] }) } },
  ],
  [
    'native_assets',
    'one more than asked for',
    { ...ofNative, change: { imp: asking({ assets: assets.slice(0, 2) }) } },
  ],
  [
    'native_assets',
    'one less than asked for',
    { ...ofNative, change: { imp: asking({ assets: [...assets, { id: 4, title: {} }] }) } },
  ],
  ['native_assets', 'another id', { ...ofNative, change: { edit: replace('\\"id\\":2', '\\"id\\":7') } }],
  [
    'native_title',
    'too long',
    {
      ...ofNative,
      change: { imp: asking({ assets: [{ id: 1, required: 1, title: { len: 13 } }, ...assets.slice(1)] }) },
    },
  ],
  ['native_image', 'another one', { ...ofNative, change: { edit: replace('i.jpg', 'j.jpg') } }],
  [
    'native_assets',
    'an image that is too small',
    { ...ofNative, change: { imp: asking({ assets: [assets[0], { id: 2, img: { wmin: 1201 } }, assets[2]] }) } },
  ],
  [
    'native_assets',
    'an image of another type',
    {
      ...ofNative,
      change: { imp: asking({ assets: [assets[0], { id: 2, img: { mimes: ['image/png'] } }, assets[2]] }) },
    },
  ],
  [
    'native_data',
    'too long',
    { ...ofNative, change: { imp: asking({ assets: [assets[0], assets[1], { id: 3, data: { type: 1, len: 4 } }] }) } },
  ],
];
