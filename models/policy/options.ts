// What the commands of `npm run policy` share: reading their options, and saying what is wrong with them.

import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { PolicyWeights } from '../../bidcore/policy/policy_weights.js';
import type { Campaign } from '../environments/bid/synthetic_campaign.js';
import { columnsOf, readLog } from '../race/log.js';
import { isStateError } from '../state.js';
import { scaledCampaign } from './market_from_log.js';
import { readPolicyFile } from './policy_file.js';

/** The options given, or why they are none. */
export function optionsOf<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    return (error as Error).message; // an option nobody knows, or one without its value
  }
}

/** Says what is wrong with a command line; its exit status. */
export function misused(problem: string, help: string): number {
  process.stderr.write(`policy: ${problem}\n\n${help}`);
  return 2;
}

/** Says why it could not be done; its exit status. */
export function failed(problem: string): number {
  process.stderr.write(`policy: ${problem}\n`);
  return 1;
}

/** Auctions taken of a file: every so manieth. */
const AUCTIONS_MAX = 100_000;

/** The campaign of a log file with these columns (as `npm run evaluate` reads it), or what is wrong with it. */
export async function campaignIn(file: string, columns: string): Promise<Campaign | string> {
  const wanted = columnsOf(columns);
  if (typeof wanted === 'string') return wanted;
  const auctions = await readLog(file, wanted);
  if ('problem' in auctions) return auctions.problem;
  const every = Math.ceil(auctions.price.length / AUCTIONS_MAX);
  const some = (values: Float64Array): Float64Array => values.filter((_, i) => i % every === 0);
  return scaledCampaign(some(auctions.price), some(auctions.rate));
}

/** The policy of a file, or what is wrong with it. */
export function policyIn(file: string): PolicyWeights | string {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(file));
  } catch (error) {
    return (error as Error).message;
  }
  const policy = readPolicyFile(bytes);
  return isStateError(policy) ? `${file}: ${policy.problem}` : policy;
}
