// How `gavel events` words what it finds: a record as a line, counts and figures as a few.

import { unpackFeatures } from '../bidcore/feature_list.js';
import {
  type EventRecord,
  NOTICE_KINDS,
  type NoticeKind,
  type NoticeRecord,
  type PolicyRecord,
} from '../bidcore/money/event.js';
import { POLICY_INPUT_NAMES } from '../bidcore/policy/slot_inputs.js';
import { counted } from '../bidcore/reference/wording.js';
import type { Entry } from './event_log/reader.js';
import type { Verified } from './event_log/verify.js';

/** A record as one line of JSON; hashed features as the indices they are, none where the record has none. */
export function eventJson(entry: Entry): string {
  return JSON.stringify(entry, (_, value: unknown) =>
    value instanceof Uint8Array ? (value.length === 0 ? [] : [...unpackFeatures(value)]) : value,
  );
}

/** Position, time, what it is, then names and values; amounts are micros. */
export function eventLine({ position, record }: Entry): string {
  const words = [String(position), new Date(record.atMs).toISOString()];
  if (record.type === 'notice') words.push(...noticeWords(record));
  else if (record.type === 'renewal') words.push('renewal', `node=${record.run}`, `until=${isoOf(record.untilMs)}`);
  else if (record.type === 'policy') words.push(...policyWords(record));
  else {
    words.push('lease', `campaign=${record.campaign}`, `id=${record.campaignId}`, `lease=${record.lease}`);
    if (record.day !== '') words.push(`day=${record.day}`);
    words.push(`granted=${record.grantedMicros}`);
    if (record.ended) words.push('ended');
  }
  return words.join(' ');
}

/** Inputs by name, rounded: `--json` has them whole. */
function policyWords({
  campaign,
  slot,
  model,
  multiplier,
  mean,
  sigma,
  density,
  fellBack,
  inputs,
}: PolicyRecord): string[] {
  const rounded = (x: number): string => String(Number(x.toFixed(4)));
  return [
    'policy',
    `campaign=${campaign}`,
    `slot=${slot}`,
    `model=${model}`,
    `multiplier=${rounded(multiplier)}`,
    ...(sigma === 0 ? [] : [`mean=${rounded(mean)}`, `sigma=${rounded(sigma)}`, `density=${rounded(density)}`]),
    ...(fellBack ? ['fell_back'] : []),
    ...POLICY_INPUT_NAMES.map((name, i) => `${name}=${rounded(inputs[i] ?? 0)}`),
  ];
}

function noticeWords(record: NoticeRecord): string[] {
  const { facts } = record;
  const optional: [string, string | number | undefined][] = [
    ['clearing', record.clearingMicros],
    ['quantity', record.quantity],
    ['reason', record.lossReason],
    ['to_win', record.toWinMicros],
    ['name', record.name],
    ['error', record.errorCode],
  ];
  return [
    record.kind,
    `bid=${facts.bid}`,
    `campaign=${facts.campaign}`,
    `ad=${facts.ad}`,
    `charge=${record.chargeMicros}`,
    `reserved=${facts.reservedMicros}`,
    `price=${facts.priceMicros}`,
    `model=${facts.model}`,
    ...(facts.arm === 1 ? ['candidate'] : []),
    ...optional.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
    ...(record.late ? ['late'] : []),
    ...(facts.test ? ['test'] : []),
  ];
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export interface CampaignFigures {
  readonly campaign: string;
  /** Its id, if a lease of it is in the log. */
  readonly id: string | null;
  readonly notices: number;
  readonly charged: number;
  readonly charge_micros: number;
  readonly late: number;
}

export interface CountFigures {
  readonly records: number;
  /** Of the first and the last that count; null if none does. */
  readonly first: number | null;
  readonly last: number | null;
  readonly types: Readonly<Record<EventRecord['type'], number>>;
  readonly kinds: Readonly<Record<NoticeKind, { readonly notices: number; readonly charge_micros: number }>>;
  readonly charge_micros: number;
  readonly late: number;
  /** The dearest first. */
  readonly campaigns: readonly CampaignFigures[];
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A count to add records to. */
export function emptyCount(): { add(position: number, record: EventRecord): void; figures(): CountFigures } {
  const types = { notice: 0, lease: 0, renewal: 0, policy: 0 };
  const kinds = Object.fromEntries(NOTICE_KINDS.map((kind) => [kind, { notices: 0, charge_micros: 0 }])) as Record<
    NoticeKind,
    { notices: number; charge_micros: number }
  >;
  const campaigns = new Map<string, Writable<CampaignFigures>>();
  const sums = { records: 0, first: null as number | null, last: null as number | null, charge_micros: 0, late: 0 };
  const figuresOf = (campaign: string): Writable<CampaignFigures> => {
    const known = campaigns.get(campaign);
    if (known !== undefined) return known;
    const figures = { campaign, id: null, notices: 0, charged: 0, charge_micros: 0, late: 0 };
    campaigns.set(campaign, figures);
    return figures;
  };
  const add = (position: number, record: EventRecord): void => {
    sums.records++;
    sums.first ??= position;
    sums.last = position;
    types[record.type]++;
    if (record.type === 'lease') figuresOf(record.campaign).id = record.campaignId;
    if (record.type !== 'notice') return;
    const { chargeMicros, late } = record;
    const campaign = figuresOf(record.facts.campaign);
    for (const sum of [kinds[record.kind], campaign]) {
      sum.notices++;
      sum.charge_micros += chargeMicros;
    }
    if (chargeMicros > 0) campaign.charged++;
    sums.charge_micros += chargeMicros;
    if (!late) return;
    campaign.late++;
    sums.late++;
  };
  const figures = (): CountFigures => {
    const dearest = [...campaigns.values()].sort((a, b) => b.charge_micros - a.charge_micros);
    return { ...sums, types, kinds, campaigns: dearest };
  };
  return { add, figures };
}

export function countText(folder: string, figures: CountFigures): string {
  const { records, first, last, types, kinds, charge_micros: charged, late, campaigns } = figures;
  const range = records > 0 ? `, positions ${first} to ${last}` : '';
  const lines = [
    `${folder}: ${counted(records, 'record')}${range}.`,
    `${counted(types.notice, 'notice')}, ${counted(types.lease, 'lease')}, ${counted(types.renewal, 'renewal')}, ` +
      `${counted(types.policy, 'decision')} of the policy; ` +
      `${charged} micros charged, ${late} late.`,
  ];
  const used = NOTICE_KINDS.filter((kind) => kinds[kind].notices > 0);
  const rows = [
    ...used.map((kind) => [kind, kinds[kind].notices, kinds[kind].charge_micros] as const),
    ...campaigns.map(
      (of) => [of.id === null ? of.campaign : `${of.campaign} ${of.id}`, of.notices, of.charge_micros] as const,
    ),
  ];
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  if (rows.length > 0) lines.push(`${''.padEnd(width)} ${'notices'.padStart(12)} ${'charge, micros'.padStart(18)}`);
  for (const [name, notices, micros] of rows) {
    lines.push(`${name.padEnd(width)} ${String(notices).padStart(12)} ${String(micros).padStart(18)}`);
  }
  return `${lines.join('\n')}\n`;
}

export function verifiedText(folder: string, verified: Verified): string {
  const { segments, records, bytes, oldest, next, tailBytes, snapshots, cursors, broken } = verified;
  const lines = [
    `${folder}: ${counted(records, 'good record')} in ${counted(segments, 'segment')}, ${bytes} bytes; ` +
      `oldest position ${oldest}, next ${next}.`,
  ];
  if (tailBytes > 0)
    lines.push(`${tailBytes} bytes at the end are not complete: being written, or cut off at the next start.`);
  if (snapshots.length > 0) lines.push(`Snapshots at ${snapshots.join(', ')}.`);
  for (const [name, { next: at, lost }] of Object.entries(cursors)) {
    lines.push(`Cursor ${name} at ${at}, ${next - at} behind, ${lost} lost.`);
  }
  lines.push(broken.length === 0 ? 'Nothing is broken.' : `${counted(broken.length, 'fault')}.`);
  return `${lines.join('\n')}\n`;
}
