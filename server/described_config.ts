// The configuration as the log has it at start: everything that explains what a node does, and no secret. A key that is
// added to Config does not compile until it is decided here how it is told.

import type { Config } from './config.js';
import { describeAddress } from './redis/redis_url.js';

const IN_ENVIRONMENT = 'set';
const IN_DATA_FOLDER = 'in the data folder';

/** @returns one JSON value for each key of a configuration; of secrets only where they come from */
export function describedConfig(config: Config): Readonly<Record<keyof Config, unknown>> {
  return {
    ...config,
    noticeUrl: withoutUser(config.noticeUrl),
    markupUrl: withoutUser(config.markupUrl),
    redis: config.redis === undefined ? undefined : describeAddress(config.redis),
    databaseUrl: withoutUser(config.databaseUrl),
    ...secrets(config),
  };
}

/** Those whose comment in Config says "never logged". */
function secrets({ adminKey, noticeKey, noticeKeysOld, priceKeys }: Config) {
  return {
    adminKey: adminKey === undefined ? IN_DATA_FOLDER : IN_ENVIRONMENT,
    noticeKey: noticeKey === undefined ? IN_DATA_FOLDER : IN_ENVIRONMENT,
    noticeKeysOld: noticeKeysOld.map(({ id }) => id),
    priceKeys: Object.keys(priceKeys),
  };
}

/** A URL without user, password, query and fragment: each of them may be a secret. */
function withoutUser(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (!URL.canParse(url)) return IN_ENVIRONMENT;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
