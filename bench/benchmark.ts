// The shape of a benchmark, and how much work each size does. Copy the shape of a neighbour to add one, and name it in
// `main.ts`.

import type { Report } from './report.js';

export interface Benchmark {
  /** For `--only`. */
  readonly name: string;
  /** One line for `--help`. */
  readonly help: string;
  /** Left out unless `--only` names it. */
  readonly byNameOnly?: true;
  run(context: Context): Promise<void>;
}

export interface Context {
  readonly size: Size;
  readonly seed: number;
  readonly report: Report;
  /** Folder of another checkout of Gavel, from `--before`. */
  readonly before?: string;
}

export interface Size {
  readonly name: 'small' | 'full';
  /** Numbers of ads that decisions are timed with. The middle one stands for the others elsewhere. */
  readonly ads: readonly number[];
  /** Passes over all bodies: to warm up, and timed. */
  readonly warmPasses: number;
  readonly timedPasses: number;
  /** Timed passes of each stage. */
  readonly stagePasses: number;
  /** Decisions the slow twin is timed on. */
  readonly twinDecisions: number;
  /** Requests whose survivors are counted. */
  readonly survivorRequests: number;
  /** Rounds of the server comparison, and how long each server is loaded in a round. */
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly memoryRequests: number;
  readonly garbageRequests: number;
  /** Flips of the book and of the model, and decisions in each phase of the comparison. */
  readonly flips: number;
  readonly flipSeconds: number;
  /** Models that are published to a server over each bus. */
  readonly pushes: number;
  /** Ads of the books of the admin benchmark; bids and calls are measured on the last. */
  readonly adminAds: readonly number[];
  /** Pairs of its windows, and how long each is, milliseconds. */
  readonly adminRounds: number;
  readonly adminWindowMs: number;
  /** Changes whose way into bids is timed. */
  readonly adminChanges: number;
  /** Records that each number of appenders makes durable, at least, and groups of all of them, at least. */
  readonly eventsEach: number;
  readonly eventGroups: number;
  /** Rounds in which the trainer and its plain twin learn all examples. */
  readonly trainRounds: number;
  /** Auctions that the price landscape learns. */
  readonly landscapeObservations: number;
  /** Campaigns that rules are evaluated for, and how often. */
  readonly ruleCampaigns: number;
  readonly ruleRuns: number;
}

/** Ads of the book that the others are compared with. */
export function middleAds({ ads }: Size): number {
  return ads[Math.floor(ads.length / 2)] as number;
}

export const SIZES: Readonly<Record<Size['name'], Size>> = {
  small: {
    name: 'small',
    ads: [1000, 10_000, 100_000],
    warmPasses: 1,
    timedPasses: 3,
    stagePasses: 6,
    twinDecisions: 40,
    survivorRequests: 40,
    rounds: 1,
    roundSeconds: 1,
    memoryRequests: 100_000,
    garbageRequests: 10_000,
    flips: 2,
    pushes: 2,
    adminAds: [1000],
    adminRounds: 1,
    adminWindowMs: 1500,
    adminChanges: 3,
    flipSeconds: 1,
    eventsEach: 300,
    eventGroups: 4,
    trainRounds: 2,
    landscapeObservations: 50_000,
    ruleCampaigns: 10_000,
    ruleRuns: 3,
  },
  full: {
    name: 'full',
    ads: [1000, 10_000, 100_000],
    warmPasses: 5,
    timedPasses: 50,
    stagePasses: 120,
    twinDecisions: 2001,
    survivorRequests: 700,
    rounds: 9,
    roundSeconds: 4,
    memoryRequests: 5_000_000,
    garbageRequests: 500_000,
    flips: 12,
    pushes: 25,
    adminAds: [1000, 10_000],
    adminRounds: 10,
    adminWindowMs: 3000,
    adminChanges: 9,
    flipSeconds: 5,
    eventsEach: 3000,
    eventGroups: 100,
    trainRounds: 25,
    landscapeObservations: 500_000,
    ruleCampaigns: 10_000,
    ruleRuns: 25,
  },
};
