// What operations are about: the chapters of the documentation, and what a key may be kept to (its scopes).

export const TAGS = [
  ...(['accounts', 'users', 'keys', 'access', 'exchanges', 'campaigns', 'ad groups', 'creatives', 'lists'] as const),
  ...(['segments', 'conversions', 'reports', 'models', 'agents', 'experiments', 'rules', 'webhooks'] as const),
  ...(['anomalies', 'alerts', 'allocation', 'audit', 'live'] as const),
] as const;
export type Tag = (typeof TAGS)[number];
