// The command line of `npm run simulate -- --policy`.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PolicyWeights } from '../../bidcore/policy/policy_weights.js';
import { readPolicyFile } from '../../models/policy/policy_file.js';
import { differencesText } from '../exchange/books.js';
import { UsageError } from '../exchange/options.js';
import { HELP, type PolicyOptions, readPolicyOptions } from './options.js';
import { policyReport, type SeedReport, seedReport } from './report.js';
import { policySvg, policyText, seedText } from './report_text.js';
import { playSeed } from './seed_run.js';

/** Where trained policies are shipped, seen from `dist/loadtest/policy/`. */
const SHIPPED = new URL('../../../models/policies/', import.meta.url);
const PROGRESS_MS = 3000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  const options = readPolicyOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else process.exitCode = await simulatePolicy(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`simulate: ${error.message}; --help lists the options`);
  process.exitCode = 2;
}

async function simulatePolicy(options: PolicyOptions): Promise<number> {
  const { seeds, seed: first, days, json, report: path } = options;
  const policy = policyOf(options.policyFile ?? shippedPolicy());
  const reports: SeedReport[] = [];
  let isWrong = false;
  for (let seed = first; seed < first + seeds; seed++) {
    const startedMs = performance.now();
    const result = await playSeed({ ...options, seed, policy, progress: teller(seed) });
    const report = seedReport(result, days);
    reports.push(report);
    if (json) console.log(JSON.stringify({ type: 'seed', ...report }));
    else console.log(`${seedText(report)}\n`);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const { differences, problems } = result;
    for (const problem of problems.slice(0, 20)) say(`simulate: ${problem}`);
    if (differences.length > 0) say(`simulate: the books differ\n${differencesText(differences)}`);
    else say(`simulate: seed ${seed}: the books are equal; ${seconds} s`);
    isWrong ||= differences.length > 0 || problems.length > 0;
  }
  const whole = policyReport(reports);
  if (json) console.log(JSON.stringify({ type: 'policy', ...whole }));
  else console.log(policyText(whole, reports));
  if (path !== undefined) {
    writeFileSync(path, policySvg(whole, reports));
    writeFileSync(path.replace(/(\.svg)?$/, '.json'), `${JSON.stringify({ ...whole, by_seed: reports }, null, 2)}\n`);
    say(`simulate: picture in ${path}, figures beside it`);
  }
  return isWrong ? 1 : 0;
}

/** Says how far a seed is, now and then. */
function teller(seed: number): (what: string, done: number) => void {
  let toldMs = performance.now();
  return (what, done) => {
    if (performance.now() - toldMs < PROGRESS_MS) return;
    toldMs = performance.now();
    say(`simulate: seed ${seed}: ${what}, ${Math.round(done * 100)}%`);
  };
}

/** The first of the policies that are shipped. */
function shippedPolicy(): string {
  const folder = fileURLToPath(SHIPPED);
  let files: string[] = [];
  try {
    files = readdirSync(folder).filter((name) => name.endsWith('.policy'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const [first] = files.sort();
  if (first === undefined) throw new UsageError('models/policies has no policy: --policy-file says where one is');
  say(`simulate: the policy is models/policies/${first}`);
  return folder + first;
}

function policyOf(path: string): PolicyWeights {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new UsageError(`--policy-file: ${(error as Error).message}`);
  }
  const policy = readPolicyFile(bytes);
  if ('problem' in policy) throw new UsageError(`--policy-file ${path}: ${policy.problem}`);
  return policy;
}
