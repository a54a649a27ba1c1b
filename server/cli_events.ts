// `gavel events tail|count|verify`: looks at a node's event log. It only reads, so a bidder may have the log open.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type EventRecord, NOTICE_KINDS } from '../bidcore/money/event.js';
import { type CommandResult, done, type Environment, failed, isResult, misused, type Print } from './cli_command.js';
import { countText, emptyCount, eventJson, eventLine, verifiedText } from './cli_events_text.js';
import { isConfigError, readConfig } from './config.js';
import { EventLogCorrupt } from './event_log/errors.js';
import { type Entry, followEntries, readEntries } from './event_log/reader.js';
import { realDisk } from './event_log/real_disk.js';
import { folderSpans, type SpanSource } from './event_log/span.js';
import { verifyFolder } from './event_log/verify.js';

const OPTIONS = {
  folder: { type: 'string' },
  n: { type: 'string', short: 'n' },
  follow: { type: 'boolean' },
  kind: { type: 'string' },
  campaign: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const TAIL_DEFAULT = 10;
const LOOK_MS = 100;
const VERBS = { tail, count, verify } as const;
/** What only some of them take. */
const TAKEN: Readonly<Record<keyof typeof VERBS, readonly string[]>> = {
  tail: ['n', 'follow', 'kind', 'campaign'],
  count: ['kind', 'campaign'],
  verify: [],
};

interface Request {
  readonly folder: string;
  readonly records: number;
  readonly follow: boolean;
  readonly json: boolean;
  readonly wanted: (record: EventRecord) => boolean;
}

export async function lookAtEvents(
  args: readonly string[],
  environment: Environment,
  print: Print,
): Promise<CommandResult> {
  const [verb = '', ...rest] = args;
  if (!Object.hasOwn(VERBS, verb))
    return misused(verb === '' ? 'events tail|count|verify' : `no command events ${verb}`);
  const request = readRequest(verb as keyof typeof VERBS, rest, environment);
  if (isResult(request)) return request;
  try {
    return await VERBS[verb as keyof typeof VERBS](request, print);
  } catch (error) {
    if (error instanceof EventLogCorrupt) return failed([error.message]);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return failed([`cannot read ${request.folder}: ${message}`]);
  }
}

function readRequest(
  verb: keyof typeof VERBS,
  args: readonly string[],
  environment: Environment,
): Request | CommandResult {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return misused((error as Error).message);
  }
  const { values } = parsed;
  const stranger = Object.keys(values).find((name) => !['folder', 'json', ...TAKEN[verb]].includes(name));
  if (stranger !== undefined) return misused(`events ${verb} takes no --${stranger}`);
  const { kind, campaign, follow = false, json = false } = values;
  const records = Number(values.n ?? TAIL_DEFAULT);
  if (!Number.isInteger(records) || records < 0) return misused(`-n ${values.n} is not a number of records`);
  if (kind !== undefined && !NOTICE_KINDS.some((known) => known === kind)) {
    return misused(`--kind ${kind} is none of ${NOTICE_KINDS.join(', ')}`);
  }
  if (campaign !== undefined && !/^[0-9a-f]{16}$/.test(campaign)) {
    return misused(`--campaign ${campaign} is not 16 hexadecimal digits in lower case`);
  }
  const config = readConfig(environment);
  if (isConfigError(config)) return failed(config.problems);
  const wanted = (record: EventRecord): boolean =>
    (kind === undefined || (record.type === 'notice' && record.kind === kind)) &&
    (campaign === undefined || campaignOf(record) === campaign);
  return { folder: values.folder ?? join(config.dataDir, 'events'), records, follow, json, wanted };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS });
}

function campaignOf(record: EventRecord): string | undefined {
  if (record.type === 'notice') return record.facts.campaign;
  return record.type === 'renewal' ? undefined : record.campaign;
}

async function tail({ folder, records, follow, json, wanted }: Request, print: Print): Promise<CommandResult> {
  const source = folderSpans(realDisk, folder);
  const line = (entry: Entry): string => `${json ? eventJson(entry) : eventLine(entry)}\n`;
  const { entries, next } = await newest(source, records, wanted);
  for (const entry of entries) print(line(entry));
  if (!follow) return done('');
  const look = async (): Promise<boolean> => {
    await sleep(LOOK_MS);
    return true;
  };
  for await (const entry of followEntries(source, next, look)) if (wanted(entry.record)) print(line(entry));
  return done('');
}

/** The last records that are wanted, and the position behind all: from the last segment back, as far as it takes. */
async function newest(
  source: SpanSource,
  count: number,
  wanted: (record: EventRecord) => boolean,
): Promise<{ entries: Entry[]; next: number }> {
  const spans = await source.spans();
  let entries: Entry[] = [];
  let next = spans.at(-1)?.first ?? 1;
  let stop = Number.MAX_SAFE_INTEGER;
  for (const { first } of [...spans].reverse()) {
    const found: Entry[] = [];
    for await (const entry of readEntries(source, first)) {
      if (entry.position >= stop) break;
      next = Math.max(next, entry.position + 1);
      if (wanted(entry.record)) found.push(entry);
      // Cut now and then: a segment may hold a million.
      if (found.length > 2 * count + 1000) found.splice(0, found.length - count);
    }
    entries = [...found, ...entries].slice(count === 0 ? entries.length + found.length : -count);
    stop = first;
    if (entries.length >= count) break;
  }
  return { entries, next };
}

async function count({ folder, json, wanted }: Request): Promise<CommandResult> {
  const counted = emptyCount();
  for await (const { position, record } of readEntries(folderSpans(realDisk, folder), 1)) {
    if (wanted(record)) counted.add(position, record);
  }
  return done(json ? `${JSON.stringify(counted.figures())}\n` : countText(folder, counted.figures()));
}

async function verify({ folder, json }: Request): Promise<CommandResult> {
  const verified = await verifyFolder(realDisk, folder);
  const output = json ? `${JSON.stringify({ folder, ...verified })}\n` : verifiedText(folder, verified);
  const problems = verified.broken.map(({ problem }) => problem);
  return { status: problems.length > 0 ? 1 : 0, output, problems };
}
