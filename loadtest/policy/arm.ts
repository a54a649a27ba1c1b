// One of those that are compared: a virtual node, the exchanges' view of it, and what came of each campaign's budget.

import type { CampaignFile } from '../../bidcore/campaign_file.js';
import { RecordedBooks } from '../exchange/bidder_books.js';
import { compareBooks, type Difference, type Tampering } from '../exchange/books.js';
import { Buyer } from '../exchange/buyer.js';
import { deskProblems, LOST, REPEATED } from '../exchange/exchange_run.js';
import type { Billed } from '../exchange/figures.js';
import type { World } from '../exchange/world.js';
import { DAY_S, QUARTER_S } from './arrivals.js';
import { startVirtualNode, type VirtualClock, type VirtualNode } from './virtual_node.js';

/** What a campaign got for its budget; money in micros. */
export interface CampaignResult {
  readonly campaign: string;
  spentMicros: number;
  /** Sum of true values of what was billed, and of what the bidder predicted of it. */
  valueMicros: number;
  predictedMicros: number;
  impressions: number;
  /** By quarter hour of the auctions. */
  readonly slotMicros: Float64Array;
}

export interface ArmOptions {
  readonly name: string;
  readonly number: number;
  readonly world: World;
  readonly file: CampaignFile;
  readonly model: Uint8Array;
  readonly clock: VirtualClock;
  readonly days: number;
  readonly usualRates: readonly number[];
  readonly tampering?: Tampering | undefined;
}

export class Arm {
  readonly name: string;
  readonly buyer: Buyer;
  readonly node: VirtualNode;
  readonly campaigns: ReadonlyMap<string, CampaignResult>;
  readonly #file: CampaignFile;
  readonly #recorded: RecordedBooks;
  readonly #spentInTime: ReadonlyMap<string, number>;

  /** @param secondOf when an auction comes, seconds since the start */
  static async start(options: ArmOptions, secondOf: (n: number) => number): Promise<Arm> {
    const { file, model, number, clock, usualRates } = options;
    const recorded = new RecordedBooks(file);
    const spentInTime = new Map<string, number>();
    const node = await startVirtualNode({
      ...{ file, model, node: number, clock, usualRates },
      recorded: (record) => {
        recorded.add(record);
        if (record.type !== 'notice' || record.late) return;
        const day = `${record.facts.campaign} ${Math.floor(record.facts.issuedS / DAY_S)}`;
        spentInTime.set(day, (spentInTime.get(day) ?? 0) + record.chargeMicros);
      },
    });
    return new Arm(options, node, recorded, spentInTime, secondOf);
  }

  private constructor(
    { name, world, file, clock, days, tampering }: ArmOptions,
    node: VirtualNode,
    recorded: RecordedBooks,
    spentInTime: ReadonlyMap<string, number>,
    secondOf: (n: number) => number,
  ) {
    this.name = name;
    this.node = node;
    this.#file = file;
    this.#recorded = recorded;
    this.#spentInTime = spentInTime;
    this.campaigns = new Map(
      campaignsOf(file).map(({ id }) => {
        const slotMicros = new Float64Array((days * DAY_S) / QUARTER_S);
        const nothing = { spentMicros: 0, valueMicros: 0, predictedMicros: 0, impressions: 0 };
        return [id, { campaign: id, ...nothing, slotMicros }];
      }),
    );
    this.buyer = new Buyer({
      ...{ name, world, tampering },
      nodes: [{ bids: node, notices: node }],
      habits: { lost: LOST, repeated: REPEATED, timeScale: 1 },
      virtualMs: () => clock.nowMs,
      window: Number.MAX_SAFE_INTEGER,
      tells: 'all',
      byBid: true,
      billed: (one) => this.#billed(one, secondOf(one.n)),
    });
  }

  /** Delivers the notices that are due, and waits until they are booked. */
  async deliver(nowMs: number): Promise<void> {
    while (this.buyer.desk.nextMs <= nowMs) {
      this.buyer.desk.sendDue();
      await this.node.settled();
    }
  }

  /** What the two sides' books do not agree in. */
  differences(): Difference[] {
    return compareBooks(this.buyer.books, this.#recorded);
  }

  /** What is wrong besides: notices without an answer, days over their budget by what was billed in time. */
  problems(): string[] {
    const budgets = new Map(
      campaignsOf(this.#file).map(({ id, daily_budget_micros: daily = Infinity }) => [id, daily]),
    );
    const over = [...this.#spentInTime].flatMap(([key, micros]) => {
      const [hash = '', day] = key.split(' ');
      const campaign = this.#recorded.nameOf(hash);
      const budget = budgets.get(campaign) ?? 0;
      return micros > budget ? [`campaign ${campaign} spent ${micros} micros on day ${day}, of ${budget}`] : [];
    });
    return [...deskProblems(this.buyer), ...this.#recorded.problems, ...over].map((told) => `${this.name}: ${told}`);
  }

  #billed({ campaign, spendMicros, valueMicros, predictedValueMicros }: Billed, second: number): void {
    const its = this.campaigns.get(campaign) as CampaignResult;
    its.spentMicros += spendMicros;
    its.valueMicros += valueMicros;
    its.predictedMicros += predictedValueMicros;
    its.impressions++;
    const slot = Math.floor(second / QUARTER_S);
    its.slotMicros[slot] = (its.slotMicros[slot] as number) + spendMicros;
  }
}

export function campaignsOf(file: CampaignFile): CampaignFile['accounts'][number]['campaigns'] {
  return file.accounts.flatMap(({ campaigns }) => campaigns);
}
