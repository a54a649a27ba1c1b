// The environment of a Gavel: one schema, every key with its unit and what it changes. `--help` prints this table, a
// key that is not in it refuses the start: a misspelt budget or port must not be found out by its absence.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { MAX_WORKERS } from '../assembly/limits.js';
import type { NoticeUrls } from '../bidcore/book.js';
import {
  type DescribedKey,
  describedKeys,
  describeIssue,
  describeKeyList,
  key,
  onOrOff,
  whole,
} from '../bidcore/environment.js';
import type { PriceKeys } from '../bidcore/money/clearing_price.js';
import { addressSigner } from '../bidcore/money/click_address.js';
import { KeyRing, type NoticeKey } from '../bidcore/money/key_ring.js';
import { SIPHASH_KEY_BYTES } from '../bidcore/siphash.js';
import { trainerKeys } from '../bidcore/trainer_keys.js';
import { LOG_LEVELS, type LogLevel } from './log.js';
import { parseRedisUrl, type RedisAddress } from './redis/redis_url.js';
import { PRICE_KEYS_HELP, PRICE_KEYS_PREFIX, readOldKeys, readPriceKeys } from './secret_keys.js';

/** Redis forgets notices after KEEP_MS (redis/lua.ts); one that came again behind that would be charged again. */
const LIFE_HOURS_MAX_SHARED = 24;
const ONE_CORE_FOR_CONTROL = 1;
/** Keys that others read as well, under names that everybody gives them. */
const SHARED: ReadonlySet<string> = new Set(['REDIS_URL', 'DATABASE_URL']);
/** The last arena is the control thread's own (bidcore/control.ts). */
const WORKERS_MAX = MAX_WORKERS - 1;

const yesOrNo = z.enum(['true', 'false'], { error: 'true or false' }).transform((text) => text === 'true');
const path = z.string();
const baseUrl = z
  .string()
  .regex(/^https?:\/\/[^\s?#]+$/, 'a URL that starts with http:// or https://, without query')
  .transform((url) => url.replace(/\/+$/, ''));

/** As browsers write it: scheme, host, port, nothing behind. */
const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

const environmentSchema = z
  .strictObject({
    GAVEL_BID_PORT: key(
      whole(0, 65_535),
      '7507',
      'TCP port of bids, health and metrics. 0 takes any free port and prints it.',
    ),
    GAVEL_HOST: key(z.string(), '0.0.0.0', 'Address to listen on. 127.0.0.1 keeps the bidder to this machine.'),
    GAVEL_ADMIN_PORT: key(
      whole(0, 65_535),
      '7508',
      'TCP port of explanations, with health and metrics too. 0 takes any free port and prints it.',
    ),
    GAVEL_ADMIN_HOST: key(
      z.string(),
      '127.0.0.1',
      'Address of the admin port. Anything but this machine needs a network that keeps strangers out.',
    ),
    GAVEL_ADMIN_KEY: key(
      z.string().regex(/^[\x21-\x7e]{16,256}$/, '16 to 256 printable characters without spaces'),
      'GAVEL_DATA_DIR/admin.key',
      'Secret that opens the admin port, 16 to 256 printable characters without spaces. Made on first start.',
    ),
    GAVEL_ADMIN_ORIGINS: key(
      z
        .string()
        .transform((text) => text.split(',').map((origin) => origin.trim()))
        .refine((origins) => origins.every(isOrigin), 'https://host[:port],… without a path'),
      'none',
      'Origins whose pages may call the admin port from a browser (CORS), as https://desk.example,…',
    ),
    GAVEL_API_CALLS: key(
      whole(1, 1_000_000),
      '1000',
      'Calls a minute that one key or user of the admin API may make. More are answered 429.',
    ),
    GAVEL_WORKERS: key(
      whole(1, WORKERS_MAX),
      'cores less one',
      'Bidding threads. More than the machine has cores makes answers later, not more.',
    ),
    GAVEL_DATA_DIR: key(path, '.gavel', 'Folder for everything Gavel keeps: campaigns, model, keys. Made if missing.'),
    GAVEL_CAMPAIGNS: key(
      path,
      'GAVEL_DATA_DIR/campaigns.json',
      'Campaign file. A change is live within a second; the default one is made from the sample on first start.',
    ),
    GAVEL_MODEL: key(
      path,
      'GAVEL_DATA_DIR/model.bin',
      'Model file, live within a second of a change. Set, it is the model; else until one is published (training.md).',
    ),
    GAVEL_NOTICE_URL: key(
      baseUrl,
      'http://127.0.0.1:GAVEL_BID_PORT',
      'Where exchanges send win, billing and loss notices: must reach this node, or no spend is ever booked.',
    ),
    GAVEL_MARKUP_URL: key(
      baseUrl,
      'GAVEL_NOTICE_URL with https',
      'Where browsers send impressions and clicks. With http, no ad bids on a secure impression.',
    ),
    GAVEL_NOTICE_KEY: key(
      z.string().regex(/^[0-9a-fA-F]{32}$/, '32 hexadecimal digits (16 bytes)'),
      'GAVEL_DATA_DIR/notice.key',
      'Secret that signs notice tokens, 32 hexadecimal digits. Nodes that share notices share it.',
    ),
    GAVEL_NOTICE_KEY_ID: key(
      whole(0, 255),
      '1',
      'Number of the notice key, written in every token so that keys can rotate.',
    ),
    GAVEL_NOTICE_KEYS_OLD: key(
      z.string(),
      'none',
      'Notice keys of before that are still believed, as ID:KEY,ID:KEY: keep one for as long as notices count.',
    ),
    GAVEL_NOTICE_LIFE_HOURS: key(
      whole(1, 8760),
      '24',
      'Hours after its bid for which a notice counts, and at least as long as the bid holds. Later ones are answered ' +
        '410.',
    ),
    GAVEL_NOTICES_WAITING_MAX: key(
      whole(1, 1_000_000),
      '20000',
      'Notices of one worker that may wait to be on disk. More are answered 503.',
    ),
    GAVEL_TMAX_MARGIN_MS: key(
      whole(0, 10_000),
      '10',
      'Milliseconds taken from tmax for the network. More: fewer late answers, more requests given up.',
    ),
    GAVEL_QUEUE_MS: key(
      whole(0, 1000),
      '4',
      'Milliseconds a request may wait for its turn. Later ones get a 204 at once (overloaded). 0: however long.',
    ),
    GAVEL_NODE: key(whole(0, 255), '0', 'Number of this node, written in every token. Two nodes must not share one.'),
    GAVEL_GZIP_RESPONSES: key(
      yesOrNo,
      'true',
      'Compress bids for clients that accept gzip: less network, tens of microseconds of work a bid.',
    ),
    GAVEL_DRAIN_SECONDS: key(
      whole(1, 600),
      '5',
      'Longest time, in seconds, from SIGTERM to the end. Connections still busy then are cut.',
    ),
    GAVEL_EXCHANGE_HEADER: key(
      z.string().regex(/^[a-z0-9-]{1,64}$/, 'the name of a header in lower case, such as x-gavel-exchange'),
      'none',
      'Header that names the exchange of a request whose path does not. Each request then costs a little more.',
    ),
    REDIS_URL: key(
      z.string(),
      'none',
      'Redis that nodes share budgets through: redis://host:port or redis+cluster://host:port,host:port (redis.md).',
    ),
    DATABASE_URL: key(
      z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'postgres://[user:password@]host[:port]/database'),
      'none',
      'PostgreSQL of accounts, campaigns, rules and reports: postgres://… Without, one in ' +
        'GAVEL_DATA_DIR/sql (storage.md).',
    ),
    GAVEL_JOBS: key(
      onOrOff,
      'on',
      'Whether this node keeps the database: sums, rules, rebalancing, alerts. off: the first API call opens it.',
    ),
    GAVEL_WEBHOOKS_PRIVATE: key(
      yesOrNo,
      'false',
      'Whether webhooks may go to this machine and private networks, which customers then reach from inside.',
    ),
    GAVEL_TRAINER: key(
      onOrOff,
      'on, or off with GAVEL_MODEL',
      'Whether a trainer runs beside the bidder, which learns from its notices and publishes models (training.md).',
    ),
    ...trainerKeys,
    GAVEL_COMMIT: key(
      z.string().regex(/^[\w.-]{1,64}$/, '1 to 64 letters, digits, dots, dashes'),
      'unknown',
      'Commit that was built, for the log and the metrics. The image sets it.',
    ),
    GAVEL_LOG_LEVEL: key(
      z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` }),
      'info',
      'Least severity of the JSON log lines on standard error.',
    ),
  })
  .partial();

export interface Config {
  readonly bidPort: number;
  readonly host: string;
  readonly adminPort: number;
  readonly adminHost: string;
  /** Undefined: kept in the data folder. Never logged. */
  readonly adminKey: string | undefined;
  /** Whose pages may call the admin port. */
  readonly adminOrigins: readonly string[];
  /** Of one key or user of the admin API. */
  readonly apiCallsPerMinute: number;
  readonly workers: number;
  readonly dataDir: string;
  readonly campaignsPath: string;
  /** The path was not set: on first start the sample is put there. */
  readonly campaignsAreDefault: boolean;
  readonly modelPath: string;
  readonly modelIsDefault: boolean;
  /** Undefined: made from the port that was taken. */
  readonly noticeUrl: string | undefined;
  readonly markupUrl: string | undefined;
  /** 16 bytes; undefined: kept in the data folder. Never logged. */
  readonly noticeKey: Uint8Array | undefined;
  readonly noticeKeyId: number;
  /** Those before it that are still believed. Never logged. */
  readonly noticeKeysOld: readonly NoticeKey[];
  readonly noticeLifeS: number;
  readonly noticesWaitingMax: number;
  /** Of exchanges that encrypt prices, by the end of their name in the environment. Never logged. */
  readonly priceKeys: Readonly<Record<string, PriceKeys>>;
  readonly tmaxMarginUs: number;
  /** How long a request may wait for its turn, milliseconds; 0: however long. */
  readonly queueMs: number;
  readonly node: number;
  readonly gzipResponses: boolean;
  /** Lower case; undefined: only paths name exchanges. */
  readonly exchangeHeader: string | undefined;
  readonly drainMs: number;
  /** Redis that nodes share budgets through; undefined for a node that is alone. Its password is never logged. */
  readonly redis: RedisAddress | undefined;
  /** PostgreSQL; undefined: embedded in the data folder. Its password is never logged. */
  readonly databaseUrl: string | undefined;
  /** Whether the jobs of the control plane run on this node. */
  readonly jobs: boolean;
  /** Whether webhooks may go to this machine and private networks. */
  readonly webhooksPrivate: boolean;
  /** Whether a trainer is started beside the bidder. */
  readonly trainer: boolean;
  /** Commit that was built, or `unknown`. */
  readonly commit: string;
  readonly logLevel: LogLevel;
}

export interface ConfigError {
  readonly code: 'invalid_environment';
  readonly problems: readonly string[];
}

/**
 * Reads `REDIS_URL`, `DATABASE_URL` and the keys that start with `GAVEL_`; an empty value counts as not set.
 * @returns the configuration, or every problem at once
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config | ConfigError {
  const isOurs = (name: string): boolean => name.startsWith('GAVEL_') || SHARED.has(name);
  const given = Object.entries(environment).filter(([name, value]) => isOurs(name) && value !== '');
  const isPriceKey = ([name]: readonly [string, unknown]): boolean => name.startsWith(PRICE_KEYS_PREFIX);
  const parsed = environmentSchema.safeParse(Object.fromEntries(given.filter((entry) => !isPriceKey(entry))));
  if (!parsed.success) return { code: 'invalid_environment', problems: parsed.error.issues.flatMap(describeIssue) };
  const env = parsed.data;
  const bidPort = env.GAVEL_BID_PORT ?? 7507;
  const adminPort = env.GAVEL_ADMIN_PORT ?? 7508;
  if (bidPort === adminPort && bidPort !== 0) {
    return { code: 'invalid_environment', problems: [`GAVEL_ADMIN_PORT: ${adminPort} is the port of bids`] };
  }
  const noticeKeyId = env.GAVEL_NOTICE_KEY_ID ?? 1;
  const old = env.GAVEL_NOTICE_KEYS_OLD === undefined ? [] : readOldKeys(env.GAVEL_NOTICE_KEYS_OLD, noticeKeyId);
  if (typeof old === 'string') return { code: 'invalid_environment', problems: [`GAVEL_NOTICE_KEYS_OLD: ${old}`] };
  const priceKeys: Record<string, PriceKeys> = {};
  for (const [name, text = ''] of given.filter(isPriceKey)) {
    const keys = readPriceKeys(text);
    if (keys === undefined) {
      const problem = `${name}: ENCRYPTION:INTEGRITY, both base64 of 32 bytes`;
      return { code: 'invalid_environment', problems: [problem] };
    }
    priceKeys[name.slice(PRICE_KEYS_PREFIX.length)] = keys;
  }
  const redis = env.REDIS_URL === undefined ? undefined : parseRedisUrl(env.REDIS_URL);
  if (redis !== undefined && 'problem' in redis) {
    return { code: 'invalid_environment', problems: [`REDIS_URL: ${redis.problem}`] };
  }
  if (redis !== undefined && (env.GAVEL_NOTICE_LIFE_HOURS ?? 0) > LIFE_HOURS_MAX_SHARED) {
    const most = `at most ${LIFE_HOURS_MAX_SHARED} with REDIS_URL, which remembers notices for 26`;
    return { code: 'invalid_environment', problems: [`GAVEL_NOTICE_LIFE_HOURS: ${most}`] };
  }
  const dataDir = env.GAVEL_DATA_DIR ?? '.gavel';
  return {
    bidPort,
    host: env.GAVEL_HOST ?? '0.0.0.0',
    adminPort,
    adminHost: env.GAVEL_ADMIN_HOST ?? '127.0.0.1',
    adminKey: env.GAVEL_ADMIN_KEY,
    adminOrigins: env.GAVEL_ADMIN_ORIGINS ?? [],
    apiCallsPerMinute: env.GAVEL_API_CALLS ?? 1000,
    workers: env.GAVEL_WORKERS ?? defaultWorkers(availableParallelism()),
    dataDir,
    campaignsPath: env.GAVEL_CAMPAIGNS ?? join(dataDir, 'campaigns.json'),
    campaignsAreDefault: env.GAVEL_CAMPAIGNS === undefined,
    modelPath: env.GAVEL_MODEL ?? join(dataDir, 'model.bin'),
    modelIsDefault: env.GAVEL_MODEL === undefined,
    noticeUrl: env.GAVEL_NOTICE_URL,
    markupUrl: env.GAVEL_MARKUP_URL,
    noticeKey: env.GAVEL_NOTICE_KEY === undefined ? undefined : Buffer.from(env.GAVEL_NOTICE_KEY, 'hex'),
    noticeKeyId,
    noticeKeysOld: old,
    noticeLifeS: (env.GAVEL_NOTICE_LIFE_HOURS ?? 24) * 3600,
    noticesWaitingMax: env.GAVEL_NOTICES_WAITING_MAX ?? 20_000,
    priceKeys,
    queueMs: env.GAVEL_QUEUE_MS ?? 4,
    tmaxMarginUs: (env.GAVEL_TMAX_MARGIN_MS ?? 10) * 1000,
    node: env.GAVEL_NODE ?? 0,
    gzipResponses: env.GAVEL_GZIP_RESPONSES ?? true,
    exchangeHeader: env.GAVEL_EXCHANGE_HEADER,
    drainMs: (env.GAVEL_DRAIN_SECONDS ?? 5) * 1000,
    redis,
    databaseUrl: env.DATABASE_URL,
    jobs: env.GAVEL_JOBS ?? true,
    webhooksPrivate: env.GAVEL_WEBHOOKS_PRIVATE ?? false,
    trainer: env.GAVEL_TRAINER ?? env.GAVEL_MODEL === undefined,
    commit: env.GAVEL_COMMIT ?? 'unknown',
    logLevel: env.GAVEL_LOG_LEVEL ?? 'info',
  };
}

/** Tells a configuration from the error `readConfig` returns. */
export function isConfigError(value: Config | ConfigError): value is ConfigError {
  return 'problems' in value;
}

/** Notice and markup URLs once the port is known. */
export function urlsOf(
  config: Pick<Config, 'noticeUrl' | 'markupUrl'>,
  port: number,
): { notices: string; markup: string } {
  const notices = config.noticeUrl ?? `http://127.0.0.1:${port}`;
  return { notices, markup: config.markupUrl ?? notices.replace(/^http:/, 'https:') };
}

/** The same for a look at a file: with landing pages as long as they will be, and signatures that no node believes. */
export function unsignedUrls(config: Config): NoticeUrls {
  const key = { id: config.noticeKeyId, bytes: new Uint8Array(SIPHASH_KEY_BYTES) };
  return { ...urlsOf(config, config.bidPort), sign: addressSigner(new KeyRing(key)) };
}

/** Bidding threads of a machine: all its cores but the one of the control thread. */
export function defaultWorkers(cores: number): number {
  return Math.min(Math.max(cores - ONE_CORE_FOR_CONTROL, 1), WORKERS_MAX);
}

/** Every key with its default and meaning. */
export function configurationKeys(): readonly DescribedKey[] {
  return [...describedKeys(environmentSchema.shape), PRICE_KEYS_HELP];
}

/** The same for `--help`. */
export function describeKeys(): string {
  return describeKeyList(configurationKeys());
}
