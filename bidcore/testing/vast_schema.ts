// What the IAB's VAST schemas say of the elements Gavel writes, in the notation of a DTD: children in order, with ? for
// at most one, + for one or more, * for any number; attributes with ! where required. From the schemas of 2.0.1, 3.0,
// 4.0, 4.1 and 4.2; 4.3 has the elements of 4.2. Written for tests, apart from what writes VAST.

import type { VastVersion } from '../creative_file.js';

export interface ElementRule {
  /** Content model, or undefined for text. */
  readonly children?: string;
  readonly attributes?: string;
}

/** Rules by element, or by `InLine/element` and `Wrapper/element` where they differ. */
type Schema = Readonly<Record<string, ElementRule>>;

const MEDIA_FILE = 'delivery! type! width! height! id codec bitrate minBitrate maxBitrate scalable apiFramework';

const SINCE_2: Schema = {
  VAST: { children: 'Ad*', attributes: 'version!' },
  Ad: { children: 'InLine? Wrapper?', attributes: 'id! sequence' },
  InLine: { children: 'AdSystem AdTitle Description? Survey? Error? Impression+ Creatives Extensions?' },
  Wrapper: { children: 'AdSystem VASTAdTagURI Error? Impression+ Creatives Extensions?' },
  AdSystem: { attributes: 'version' },
  AdTitle: {},
  VASTAdTagURI: {},
  Error: {},
  Impression: { attributes: 'id' },
  'InLine/Creatives': { children: 'Creative+' },
  'Wrapper/Creatives': { children: 'Creative*' },
  Creative: { children: 'Linear? CompanionAds? NonLinearAds?', attributes: 'id sequence AdID' },
  'InLine/Linear': { children: 'Duration TrackingEvents? AdParameters? VideoClicks? MediaFiles?' },
  'Wrapper/Linear': { children: 'TrackingEvents? VideoClicks?' },
  Duration: {},
  TrackingEvents: { children: 'Tracking*' },
  Tracking: { attributes: 'event!' },
  'InLine/VideoClicks': { children: 'ClickThrough? ClickTracking* CustomClick*' },
  'Wrapper/VideoClicks': { children: 'ClickTracking*' },
  ClickThrough: { attributes: 'id' },
  ClickTracking: { attributes: 'id' },
  MediaFiles: { children: 'MediaFile+' },
  MediaFile: { attributes: MEDIA_FILE },
  CompanionAds: { children: 'Companion*' },
  Companion: {
    children: 'StaticResource? TrackingEvents? CompanionClickThrough? AltText? AdParameters?',
    attributes: 'id width! height! expandedWidth expandedHeight apiFramework',
  },
  StaticResource: { attributes: 'creativeType!' },
  CompanionClickThrough: {},
  NonLinearAds: { children: 'TrackingEvents? NonLinear+' },
  NonLinear: {
    children: 'StaticResource? NonLinearClickThrough? AdParameters?',
    attributes: 'id width! height! scalable maintainAspectRatio minSuggestedDuration apiFramework',
  },
  NonLinearClickThrough: {},
};

const SINCE_3: Schema = {
  ...SINCE_2,
  Ad: { children: 'InLine? Wrapper?', attributes: 'id sequence' },
  InLine: {
    children: 'AdSystem AdTitle Description? Advertiser? Pricing? Survey? Error? Impression+ Creatives Extensions?',
  },
  'InLine/Linear': {
    children: 'Icons? CreativeExtensions? Duration TrackingEvents? AdParameters? VideoClicks? MediaFiles?',
    attributes: 'skipoffset',
  },
  'InLine/CompanionAds': { children: 'Companion*', attributes: 'required' },
  'Wrapper/NonLinear': {
    children: 'CreativeExtensions? NonLinearClickTracking*',
    attributes: 'id width height minSuggestedDuration',
  },
  NonLinearClickTracking: {},
};

const BASE_4 = 'AdSystem Error* Extensions? Impression+ Pricing? ViewableImpression?';
const DETAILS_4 = 'AdTitle AdVerifications? Advertiser? Category* Creatives Description? Survey?';

const SINCE_4: Schema = {
  ...SINCE_3,
  VAST: { children: 'Ad* Error*', attributes: 'version! xmlns' },
  Ad: { children: 'InLine? Wrapper?', attributes: 'id sequence conditionalAd' },
  InLine: { children: `${BASE_4} ${DETAILS_4}` },
  Wrapper: { children: `${BASE_4} AdVerifications? Creatives? VASTAdTagURI` },
  'Wrapper/Creatives': { children: 'Creative+' },
  'InLine/Creative': {
    children: 'CompanionAds? CreativeExtensions? Linear? NonLinearAds? UniversalAdId',
    attributes: 'sequence apiFramework id adId',
  },
  'Wrapper/Creative': {
    children: 'CompanionAds? Linear? NonLinearAds?',
    attributes: 'sequence apiFramework id adId',
  },
  UniversalAdId: { attributes: 'idRegistry! idValue!' },
  'InLine/Linear': {
    children: 'Icons? TrackingEvents? AdParameters? Duration MediaFiles VideoClicks?',
    attributes: 'skipoffset',
  },
  'InLine/VideoClicks': { children: 'ClickTracking* CustomClick* ClickThrough?' },
  'Wrapper/VideoClicks': { children: 'ClickTracking* CustomClick*' },
  MediaFiles: { children: 'MediaFile+ Mezzanine? InteractiveCreativeFile*' },
  CompanionAds: { children: 'Companion*', attributes: 'required' },
  Companion: {
    children:
      'StaticResource* AdParameters? AltText? CompanionClickThrough? CompanionClickTracking* CreativeExtensions? ' +
      'TrackingEvents?',
    attributes: 'id width! height! assetWidth assetHeight expandedWidth expandedHeight apiFramework pxratio',
  },
  'InLine/NonLinear': {
    children: 'StaticResource* AdParameters? NonLinearClickThrough? NonLinearClickTracking*',
    attributes: 'id width height minSuggestedDuration',
  },
  'Wrapper/NonLinear': { children: 'NonLinearClickTracking?' },
};

const SINCE_4_1: Schema = {
  ...SINCE_4,
  Ad: { children: 'InLine? Wrapper?', attributes: 'id sequence conditionalAd adType' },
  InLine: { children: `${BASE_4} AdServingId ${DETAILS_4.replace('Survey?', 'Expires? Survey?')}` },
  AdServingId: {},
  Wrapper: { children: `${BASE_4} AdVerifications? BlockedAdCategories* Creatives? VASTAdTagURI` },
  UniversalAdId: { attributes: 'idRegistry!' },
};

/** By version. */
export const VAST_SCHEMAS: Readonly<Record<VastVersion, Schema>> = {
  '2.0': SINCE_2,
  '3.0': SINCE_3,
  '4.0': SINCE_4,
  '4.1': SINCE_4_1,
  '4.2': SINCE_4_1,
  '4.3': SINCE_4_1,
};
