// What goes wrong in a history, and what people change in it.

import type { SimNode, Surroundings } from './node.js';
import type { CampaignSpec, Fault } from './scenario.js';

/** Nodes take a new campaign file within so long of each other. */
const PLANNED_WITHIN_MS = 300;

export class Faults {
  /** All campaigns, as they were planned last. */
  plans: readonly CampaignSpec[];
  /** All is well from here on: what was to end later has ended. */
  #healed = false;
  readonly #removed = new Set<string>();
  readonly #nodes: readonly SimNode[];
  readonly #around: Surroundings;

  constructor(nodes: readonly SimNode[], around: Surroundings) {
    this.#nodes = nodes;
    this.#around = around;
    this.plans = around.scenario.campaigns;
  }

  start(): void {
    for (const fault of this.#around.scenario.faults) this.#around.schedule.at(fault.atMs, () => this.#strike(fault));
  }

  /** Ends all that is wrong. */
  heal(): void {
    const { network } = this.#around;
    this.#healed = true;
    network.cut.clear();
    Object.assign(network, { dropped: 0, twice: 0, delayMs: 2 });
    for (const node of this.#nodes) {
      node.disk.full = false;
      node.disk.syncMs = 1;
      node.slow = true;
      if (node.run?.closing) node.kill();
      node.start();
    }
    this.#removed.clear();
    this.#plan();
    this.#around.trace('all is well again');
  }

  #strike(fault: Fault): void {
    const { schedule, network, trace } = this.#around;
    const { what } = fault;
    const later = (end: () => void): void => {
      schedule.after('forMs' in fault ? fault.forMs : 0, () => {
        if (!this.#healed) end();
      });
    };
    const node = 'node' in fault && fault.node >= 0 ? (this.#nodes[fault.node] as SimNode) : undefined;
    if (what !== 'kill' && what !== 'stop' && what !== 'snapshot') trace(JSON.stringify(fault));
    if (what === 'kill') {
      node?.kill();
      later(() => node?.start());
    } else if (what === 'stop') {
      void node?.stop();
      later(() => {
        if (node?.run?.closing) node.kill();
        node?.start();
      });
    } else if (what === 'disk full' && node !== undefined) {
      node.disk.full = true;
      later(() => {
        node.disk.full = false;
      });
    } else if (what === 'disk slow' && node !== undefined) {
      node.disk.syncMs = fault.syncMs;
      later(() => {
        node.disk.syncMs = 1;
      });
    } else if (what === 'cut') {
      network.cut.add(fault.node);
      later(() => network.cut.delete(fault.node));
    } else if (what === 'bad network') {
      const { dropped, twice, delayMs } = fault;
      Object.assign(network, { dropped, twice, delayMs });
      later(() => Object.assign(network, { dropped: 0, twice: 0, delayMs: 2 }));
    } else if (what === 'clock' && node !== undefined) node.offsetMs = fault.offsetMs;
    else if (what === 'snapshot') node?.snapshot();
    else if (what === 'plan') {
      const { campaign, budgetMicros, dailyBudgetMicros } = fault;
      this.plans = this.plans.map((plan) =>
        plan.campaign === campaign ? { ...plan, budgetMicros, dailyBudgetMicros } : plan,
      );
      this.#plan();
    } else if (what === 'remove') {
      this.#removed.add(fault.campaign);
      this.#plan();
      later(() => {
        this.#removed.delete(fault.campaign);
        this.#plan();
      });
    }
  }

  #plan(): void {
    const { schedule, random, oracle } = this.#around;
    for (const plan of this.plans) oracle.planned(plan);
    for (const node of this.#nodes) {
      schedule.after(random.int(0, PLANNED_WITHIN_MS), () =>
        node.plan(this.plans.filter(({ campaign }) => !this.#removed.has(campaign))),
      );
    }
  }
}
