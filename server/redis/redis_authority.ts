// The authority that nodes share: leases and charges in Redis, moved by the scripts of lua.ts. Rules: docs/money.md;
// for operators: docs/redis.md.
//
// Time. Redis decides by its own clock, a node bids by its own, and a cluster has several. Every reply carries Redis'
// clock, which bounds the difference from both sides: Redis read it after we sent and before we received. A time is
// moved over with the bound that errs to the safe side: leases last longer, watermarks are earlier.
//
//   node  sent ───────────────── received        clock − received ≤ difference ≤ clock − sent
//   Redis         clock
//
// After `Away` nobody knows what was done. Booking may be repeated as it is. Whether more was granted or something was
// given back, the next renewal says; a give-back that arrives behind that renewal is not done any more.

import type { Authority, Away, Booked, LeaseAsk, Renewal, Renewed, Standing } from '../../bidcore/money/authority.js';
import { isAway } from '../../bidcore/money/authority.js';
import type { NoticeKind, NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';
import { encodeNotice, encodePolicy } from './event_codec.js';
import { awayOf } from './event_reader.js';
import { Keys, noticeBucket, PARTITIONS, partitionOf } from './keys.js';
import type { Argument, RedisLink } from './link.js';
import { ACQUIRE, BOOK, CLOCK, GIVE_BACK, LEAVE, RENEW, type Script } from './lua.js';

export interface RedisAuthorityOptions {
  readonly namespace: string;
  /** A node that has not renewed is taken for dead this long after its bids have ended, milliseconds. */
  readonly nodeGraceMs: number;
  /** Notices kept in each partition's stream, about. */
  readonly streamEntriesMax: number;
  /** The same while there are some that are not summed yet: those beyond are lost to the sums. */
  readonly unsummedEntriesMax: number;
}

export const AUTHORITY_DEFAULTS: RedisAuthorityOptions = {
  namespace: 'gavel',
  nodeGraceMs: 30_000,
  streamEntriesMax: 65_536,
  unsummedEntriesMax: 4 * 65_536,
};

/** Of one run of a script: bounds how long Redis does nothing else. */
const RECORDS_A_RUN = 64;
const LEASES_A_RUN = 128;
const STANDING_NUMBERS = 6;
const MICROS_MAX = 1e15;
const CODES: Readonly<Record<NoticeKind, string>> = {
  win: 'w',
  bill: 'b',
  loss: 'l',
  imp: 'i',
  click: 'c',
  conv: 'v',
  event: 'e',
};
const EVENT_NAME_LENGTH_MAX = 32;

/** Bounds of a partition's clock less the node's, milliseconds. */
interface Difference {
  readonly low: number;
  readonly high: number;
}

type Reply = readonly (number | string)[];

export class RedisAuthority implements Authority {
  readonly #link: RedisLink;
  readonly #options: RedisAuthorityOptions;
  readonly #keys: Keys;
  /** Orders renewals and give-backs of this run; it goes on where an earlier run stopped. */
  #sequence: number;

  constructor(link: RedisLink, options: Partial<RedisAuthorityOptions> = {}, startMs: number = Date.now()) {
    this.#link = link;
    this.#options = { ...AUTHORITY_DEFAULTS, ...options };
    this.#keys = new Keys(this.#options.namespace);
    this.#sequence = startMs * 1000;
  }

  async acquire(asks: readonly LeaseAsk[], nowMs: number): Promise<readonly Standing[] | Away> {
    const time = new NodeTime(nowMs);
    return this.#spread(asks, LEASES_A_RUN, async (partition, run) => {
      const difference = await this.#difference(partition, time);
      if (isAway(difference)) return difference;
      const args = run.flatMap((ask) => [
        ask.campaign,
        ask.campaignId,
        ask.node,
        ask.lease,
        ask.day,
        micros(ask.budgetMicros),
        ask.dailyBudgetMicros === Number.POSITIVE_INFINITY ? -1 : micros(ask.dailyBudgetMicros),
        micros(ask.wantMicros),
        Math.ceil(ask.longestExpiryS * 1000),
        Math.ceil(ask.untilMs + difference.high),
      ]);
      const reply = await this.#run(ACQUIRE, partition, args);
      return isAway(reply) ? reply : standings(run, reply, 1);
    });
  }

  async renew(renewal: Renewal, nowMs: number): Promise<Renewed | Away> {
    const time = new NodeTime(nowMs);
    const sequence = ++this.#sequence;
    const byPartition = group(renewal.leases);
    const standing: Standing[] = [];
    // Every partition, also without leases: each must know the node's watermark.
    const parts = await Promise.all(
      Array.from({ length: PARTITIONS }, async (_, partition) => {
        let watermarkMs = renewal.watermarkMs;
        let nodes = 1;
        for (const run of chunks(byPartition.get(partition) ?? [], LEASES_A_RUN)) {
          const difference = await this.#difference(partition, time);
          if (isAway(difference)) return difference;
          const reply = await this.#run(RENEW, partition, [
            renewal.node,
            Math.ceil(renewal.untilMs + difference.high),
            Math.floor(renewal.watermarkMs + difference.low),
            this.#options.nodeGraceMs,
            sequence,
            ...run.flatMap(({ value }) => [value.campaign, value.lease]),
          ]);
          if (isAway(reply)) return reply;
          const asked = run.map(({ value }) => value);
          for (const [i, one] of standings(asked, reply, 3).entries()) standing[run[i]?.item as number] = one;
          watermarkMs = Math.min(watermarkMs, Math.floor(Number(reply[1]) - difference.high));
          nodes = Math.max(nodes, Number(reply[2]));
        }
        return { watermarkMs, nodes };
      }),
    );
    const away = parts.find(isAway);
    if (away !== undefined) return away;
    const told = parts.flatMap((part) => ('code' in part ? [] : [part]));
    return {
      standings: standing,
      // What came before it is booked in every partition, and never becomes unbooked: an old answer is only too early.
      watermarkMs: Math.min(...told.map(({ watermarkMs }) => watermarkMs)),
      nodes: Math.max(...told.map(({ nodes }) => nodes)),
    };
  }

  async giveBack(
    back: readonly { readonly campaign: string; readonly lease: number; readonly micros: number }[],
  ): Promise<undefined | Away> {
    const numbered = back.map((one) => ({ ...one, sequence: ++this.#sequence }));
    const done = await this.#spread(numbered, LEASES_A_RUN, async (partition, run) => {
      const args = run.flatMap((one) => [one.campaign, one.lease, micros(one.micros), one.sequence]);
      const reply = await this.#run(GIVE_BACK, partition, args);
      return isAway(reply) ? reply : run.map(() => true);
    });
    return isAway(done) ? done : undefined;
  }

  async book(records: readonly NoticeRecord[]): Promise<readonly Booked[] | Away> {
    const items = records.map((record) => ({ campaign: record.facts.campaign, record }));
    const { streamEntriesMax, unsummedEntriesMax } = this.#options;
    return this.#spread(items, RECORDS_A_RUN, async (partition, run) => {
      const args = run.flatMap(({ record }): Argument[] => bookArguments(record));
      const reply = await this.#run(BOOK, partition, [streamEntriesMax, unsummedEntriesMax, ...args]);
      if (isAway(reply)) return reply;
      return run.map((_, i) => ({ first: reply[1 + i * 2] === 1, chargedMicros: Number(reply[2 + i * 2]) }));
    });
  }

  /** Keeps what the policy decided, for who learns from it. Asked again, it keeps it twice. */
  async keep(records: readonly PolicyRecord[]): Promise<undefined | Away> {
    const most = this.#options.streamEntriesMax;
    const kept = await this.#spread(records, RECORDS_A_RUN, async (partition, run) => {
      const add = ['MAXLEN', '~', most, '*', 'r'] as const;
      const key = this.#keys.policies(partition);
      const replies = await Promise.all(
        run.map((record) => this.#link.call('xadd', key, ...add, encodePolicy(record))),
      );
      return replies.map(awayOf).find((away) => away !== undefined) ?? replies;
    });
    return isAway(kept) ? kept : undefined;
  }

  /** The node stops and has shipped everything: the others need not wait until it is dead. */
  async leave(node: number): Promise<undefined | Away> {
    const replies = await Promise.all(
      Array.from({ length: PARTITIONS }, (_, partition) => this.#run(LEAVE, partition, [node])),
    );
    return replies.find(isAway);
  }

  /** Runs over partitions at once, within one in order, a bounded number at a time; answers in the order asked. */
  async #spread<T extends { readonly campaign: string }, R>(
    values: readonly T[],
    size: number,
    run: (partition: number, values: readonly T[]) => Promise<readonly R[] | Away>,
  ): Promise<readonly R[] | Away> {
    const results: R[] = [];
    const aways = await Promise.all(
      [...group(values)].map(async ([partition, members]) => {
        for (const part of chunks(members, size)) {
          const answers = await run(
            partition,
            part.map(({ value }) => value),
          );
          if ('code' in answers) return answers;
          for (const [i, { item }] of part.entries()) results[item] = answers[i] as R;
        }
        return undefined;
      }),
    );
    return aways.find(isAway) ?? results;
  }

  async #run(script: Script, partition: number, args: readonly Argument[]): Promise<Reply | Away> {
    return this.#link.script(script, this.#keys.tag(partition), args);
  }

  /** Asked anew each time it is needed: clocks are set, and another host may have taken over. */
  async #difference(partition: number, time: NodeTime): Promise<Difference | Away> {
    const sentMs = time.read();
    const reply = await this.#run(CLOCK, partition, []);
    if (isAway(reply)) return reply;
    const clock = Number(reply[0]);
    return { low: clock - time.read(), high: clock + 1 - sentMs }; // whole milliseconds, cut: up to one more
  }
}

/** The node's time while a call runs, from what the caller said it was. */
class NodeTime {
  readonly #startMs: number;
  readonly #started = performance.now();

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  read(): number {
    return this.#startMs + (performance.now() - this.#started);
  }
}

function bookArguments(record: NoticeRecord): Argument[] {
  const { facts, kind } = record;
  return [
    facts.campaign,
    facts.lease,
    record.by,
    noticeBucket(facts.bid, facts.issuedS),
    Buffer.from(facts.bid, 'hex'),
    kind === 'event' ? CODES.event + (record.name ?? '').slice(0, EVENT_NAME_LENGTH_MAX) : CODES[kind],
    stamp(record),
    micros(record.chargeMicros),
    record.late ? 1 : 0,
    encodeNotice(record),
  ];
}

/** What tells a record that is shipped again from the same notice at another time or node: 1 byte by, 6 bytes at. */
function stamp(record: NoticeRecord): Uint8Array {
  const bytes = Buffer.alloc(7);
  bytes.writeUInt8(record.by, 0);
  bytes.writeUIntLE(Math.floor(record.atMs), 1, 6);
  return bytes;
}

function standings(
  asked: readonly { readonly campaign: string; readonly lease: number }[],
  reply: Reply,
  from: number,
): readonly Standing[] {
  if (reply.length !== from + asked.length * STANDING_NUMBERS) throw new Error(`a reply of ${reply.length} values`);
  return asked.map(({ campaign, lease }, i) => {
    const at = (n: number): number => Number(reply[from + i * STANDING_NUMBERS + n]);
    return {
      campaign,
      lease,
      grantedMicros: at(0),
      foreignMicros: at(1),
      spentMicros: at(2),
      lateMicros: at(3),
      spentTodayMicros: at(4),
      freeMicros: at(5),
    };
  });
}

function micros(value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= MICROS_MAX) return value;
  throw new Error(`no amount of money: ${value}`);
}

/** By partition, in order, each with its place in the whole. */
function group<T extends { readonly campaign: string }>(
  values: readonly T[],
): Map<number, { item: number; value: T }[]> {
  const groups = new Map<number, { item: number; value: T }[]>();
  for (const [item, value] of values.entries()) {
    const partition = partitionOf(value.campaign);
    const members = groups.get(partition);
    if (members === undefined) groups.set(partition, [{ item, value }]);
    else members.push({ item, value });
  }
  return groups;
}

/** At least one, perhaps empty. */
function chunks<T>(values: readonly T[], size: number): T[][] {
  const count = Math.max(1, Math.ceil(values.length / size));
  return Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size));
}
