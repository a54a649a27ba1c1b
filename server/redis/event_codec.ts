// Notices as bytes in a stream: msgpack arrays, because the names of the fields would be most of it. Layout, version 2:
//
//   [2, by, charge, late, kind, at, clearing, quantity, lossReason, toWin, name, errorCode, ...facts in FACTS' order]
//
// and what the policy decided, in a stream of its own, version 1:
//
//   [1, by, campaign, slot, at, model, mean, sigma, output, multiplier, density, fellBack, ...inputs]
//
// New fields of a notice go to the end. Version 1 ended before `arm`: its bids are read as of the control, without
// features. A reader that meets a version it does not know says so.

import { Packr } from 'msgpackr';
import { NO_FEATURES } from '../../bidcore/feature_list.js';
import { type BidFacts, NOTICE_KINDS, type NoticeRecord, type PolicyRecord } from '../../bidcore/money/event.js';

const VERSION = 2;
const FACTS = [
  'bid',
  'campaign',
  'adGroup',
  'ad',
  'user',
  'node',
  'lease',
  'slot',
  'issuedS',
  'expiryS',
  'reservedMicros',
  'priceMicros',
  'currency',
  'quantity',
  'exchange',
  'auction',
  'deal',
  'test',
  'billedByImpression',
  'ctr',
  'cvr',
  'multiplier',
  'model',
  'arm',
  'features',
] as const satisfies readonly (keyof BidFacts)[];
const OPTIONAL = ['clearingMicros', 'quantity', 'lossReason', 'toWinMicros', 'name', 'errorCode'] as const;
const FIXED = 6;
/** Values that a notice has, by version. */
const LENGTH = FIXED + OPTIONAL.length + FACTS.length;
const LENGTHS: Readonly<Record<number, number>> = { 1: LENGTH - 2, [VERSION]: LENGTH };

/** Fails to compile when a fact is added that is not written. */
type Missing = Exclude<keyof BidFacts, (typeof FACTS)[number]>;
const nothingMissing: [Missing] extends [never] ? true : never = true;

const packr = new Packr({ useRecords: false, int64AsType: 'number' });

export function encodeNotice(record: NoticeRecord): Uint8Array {
  if (!nothingMissing) throw new Error('unreachable');
  return packr.pack([
    VERSION,
    record.by,
    record.chargeMicros,
    record.late,
    NOTICE_KINDS.indexOf(record.kind),
    record.atMs,
    ...OPTIONAL.map((name) => record[name] ?? null),
    ...FACTS.map((name) => record.facts[name]),
  ]);
}

/** Undefined for bytes that are no notice of a version known here. */
export function decodeNotice(bytes: Uint8Array): NoticeRecord | undefined {
  let values: unknown;
  try {
    values = packr.unpack(bytes);
  } catch {
    return undefined; // whatever it is, it is not ours: the caller puts it aside
  }
  if (!Array.isArray(values) || !(values.length >= (LENGTHS[values[0]] ?? Infinity))) return undefined;
  const kind = NOTICE_KINDS[values[4] as number];
  if (kind === undefined) return undefined;
  const optional = Object.fromEntries(OPTIONAL.map((name, i) => [name, values[FIXED + i] ?? undefined]));
  const ofBid = values.slice(FIXED + OPTIONAL.length);
  if (values[0] === 1) ofBid.splice(FACTS.length - 2, Infinity, 0, NO_FEATURES);
  else ofBid[FACTS.length - 1] = new Uint8Array(ofBid[FACTS.length - 1]);
  const facts = Object.fromEntries(FACTS.map((name, i) => [name, ofBid[i]]));
  return {
    type: 'notice',
    by: values[1],
    chargeMicros: values[2],
    late: values[3],
    kind,
    atMs: values[5],
    ...optional,
    facts,
  } as unknown as NoticeRecord;
}

const POLICY_VERSION = 1;
const POLICY_FIELDS = [
  'by',
  'campaign',
  'slot',
  'atMs',
  'model',
  'mean',
  'sigma',
  'output',
  'multiplier',
  'density',
  'fellBack',
] as const satisfies readonly (keyof PolicyRecord)[];

export function encodePolicy(record: PolicyRecord): Uint8Array {
  return packr.pack([POLICY_VERSION, ...POLICY_FIELDS.map((name) => record[name]), ...record.inputs]);
}

/** Undefined for bytes that are no decision of a version known here. */
export function decodePolicy(bytes: Uint8Array): PolicyRecord | undefined {
  let values: unknown;
  try {
    values = packr.unpack(bytes);
  } catch {
    return undefined; // as with notices
  }
  if (!Array.isArray(values) || values[0] !== POLICY_VERSION || values.length < 1 + POLICY_FIELDS.length)
    return undefined;
  const fields = Object.fromEntries(POLICY_FIELDS.map((name, i) => [name, values[1 + i]]));
  const record = { type: 'policy', ...fields, inputs: values.slice(1 + POLICY_FIELDS.length) };
  return record as unknown as PolicyRecord;
}
