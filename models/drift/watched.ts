// The features whose traffic is watched for drift: those of request and impression, without the time. Those of the ad
// are what we choose ourselves; they change whenever a campaign begins or ends.

/** Places in the list of features (docs/learning.md section 1). */
export const WATCHED: readonly { readonly name: string; readonly at: number }[] = [
  'exchange',
  'inventory',
  'domain',
  'bundle',
  'publisher',
  'category',
  'country',
  'region',
  'city',
  'device_type',
  'os',
  'language',
  'connection',
  'carrier',
  'hour',
  'weekday',
  'slot_size',
  'tag',
  'position',
  'interstitial',
]
  .map((name, at) => ({ name, at }))
  .filter(({ name }) => name !== 'hour' && name !== 'weekday');
