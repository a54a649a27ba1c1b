// Notices a second that a whole Gavel books, each durable before it is answered: billing notices, each of another bid,
// over some hundreds of connections that wait for their answers. Server and load each have their own core; the event
// log is on the disk of the temporary folder. Then the same bids are billed again, which needs no disk.
//
// The tokens are those of bids the server made, multiplied: each copy has a bid id of its own and a new MAC.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NoticeToken, readToken, writeToken } from '../bidcore/fuzz/notice_token.js';
import type { Benchmark, Context } from './benchmark.js';
import { BID_PATH, type LoadResult, loadPaths } from './load.js';
import { median } from './measure.js';
import { canPin, hasWrk, type ServerProcess, sleep } from './processes.js';
import { generatedBodies, TWO_KB } from './requests.js';
import { gavelServer, makeMaterial } from './subjects.js';

const ADS = 1000;
const BODIES = 1000;
const CONNECTIONS = 256;
/** More than are answered a second, so that none comes twice. */
const PER_SECOND = 40_000;
/** How many bids are billed again. */
const AGAIN = 5000;
const FLAGS_NOT_BILLED = 1 | 32; // a test, billed by impression
/** Longer than a notice waits for the ledger. */
const SETTLE_MS = 2500;

export const notices: Benchmark = {
  name: 'notices',
  help: 'billing notices a second that a node books, durable before they are answered',
  run,
};

interface Round {
  readonly load: LoadResult;
  /** Billing notices by what became of them. */
  readonly became: ReadonlyMap<string, number>;
}

async function run({ seed, size, report }: Context): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-bench-'));
  try {
    const bodies = generatedBodies(BODIES, seed, TWO_KB);
    const material = await makeMaterial(folder, ADS, seed, bodies);
    if (!canPin) report.progress('  one core, or no taskset: server and load share what there is');
    const gavel = await gavelServer(material);
    try {
      const key = Buffer.from(readFileSync(join(folder, 'data', 'notice.key'), 'utf8').trim(), 'hex');
      const bids = await realBids(gavel, bodies);
      report.work('notices', material.answers.hash, 'bids that the notices are of');
      let nextBid = 1n << 62n;
      const round = async (seconds: number): Promise<{ round: Round; paths: string[] }> => {
        const paths = Array.from({ length: PER_SECOND * seconds }, (_, n) => {
          nextBid += 1n;
          return billPath({ ...(bids[n % bids.length] as NoticeToken), bidId: nextBid }, key);
        });
        return { round: await load(gavel, paths, folder, seconds), paths };
      };
      let last = await round(1); // warm-up
      const rounds: Round[] = [];
      for (let n = 0; n < size.rounds; n++) {
        last = await round(size.roundSeconds);
        mustAllBe('booked', last.round);
        rounds.push(last.round);
        report.progress(`  round ${n + 1} of ${size.rounds}: ${last.round.load.requestsPerSecond.toFixed(0)}/s`);
      }
      tell(report, 'notice', rounds);
      report.figure('notices_booked_share', bookedShare(rounds), 'share', 'of those answered 200');
      // Not the first one: wrk takes it to see whether its script works, and sends the second.
      const seen = last.paths.slice(1, Math.min(AGAIN, last.round.load.requests - CONNECTIONS));
      const again = await load(gavel, seen, folder, size.roundSeconds);
      mustAllBe('repeated', again);
      tell(report, 'repeated_notice', [again]);
    } finally {
      await gavel.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tokens of bids that a server makes now. */
async function realBids(gavel: ServerProcess, bodies: readonly Buffer[]): Promise<NoticeToken[]> {
  const bids: NoticeToken[] = [];
  for (const body of bodies) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${gavel.port}${BID_PATH}`, { method: 'POST', headers, body });
    for (const [, text] of (await answer.text()).matchAll(/\/n\/bill\/([\w-]+)/g)) {
      const token = readToken(text as string);
      if (token !== undefined && (token.flags & FLAGS_NOT_BILLED) === 0) bids.push(token);
    }
  }
  if (bids.length === 0) throw new Error('no bid that a billing notice could be of');
  return bids;
}

/** What the exchange calls when a bid has won at its own price. */
function billPath(token: NoticeToken, key: Uint8Array): string {
  return `/n/bill/${writeToken(token, key)}?p=${Number(token.priceMicros) / 1e6}`;
}

async function load(gavel: ServerProcess, paths: readonly string[], folder: string, seconds: number): Promise<Round> {
  const before = await billCounts(gavel);
  const result = await loadPaths(hasWrk ? 'wrk' : 'node', paths, folder, gavel, seconds, CONNECTIONS);
  if (result.errors > 0) throw new Error(`${result.errors} notices failed; the figures are void`);
  await sleep(SETTLE_MS); // those that were under way at the end, and the metrics
  const after = await billCounts(gavel);
  return { load: result, became: new Map([...after].map(([outcome, n]) => [outcome, n - (before.get(outcome) ?? 0)])) };
}

async function billCounts(gavel: ServerProcess): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${gavel.port}/metrics`)).text();
  const lines = text.matchAll(/^gavel_notices_total\{kind="bill",outcome="(\w+)"\} (\d+)/gm);
  return new Map([...lines].map(([, outcome, count]) => [outcome as string, Number(count)]));
}

/** Nothing else may have become of any; at the end of the load some were under way on each connection. */
function mustAllBe(wanted: string, { load, became }: Round): void {
  const count = became.get(wanted) ?? 0;
  const others = [...became].filter(([outcome, n]) => outcome !== wanted && n > 0);
  if (others.length === 0 && count >= load.requests && count <= load.requests + CONNECTIONS) return;
  const told = others.map(([outcome, n]) => `${n} ${outcome}`).join(', ');
  throw new Error(`${load.requests} notices were answered, ${count} ${wanted}, ${told}; the figures are void`);
}

function bookedShare(rounds: readonly Round[]): number {
  const shares = rounds.map(({ load, became }) => Math.min(1, (became.get('booked') ?? 0) / load.requests));
  return Math.min(...shares);
}

function tell(report: Context['report'], what: string, rounds: readonly Round[]): void {
  const of = (pick: (result: LoadResult) => number): number => median(rounds.map(({ load }) => pick(load)));
  const busy = `server core busy ${(100 * of((r) => r.cpuShare)).toFixed(0)}%, ${CONNECTIONS} connections`;
  report.figure(
    `${what}s_per_s`,
    of((r) => r.requestsPerSecond),
    '1/s',
    busy,
  );
  report.figure(
    `${what}_us_cpu`,
    of((r) => r.cpuUs),
    'us',
    'CPU time of all threads, each',
  );
  report.figure(
    `${what}_ms_p50`,
    of((r) => r.p50Us / 1000),
    'ms',
    'from call to answer',
  );
  report.figure(
    `${what}_ms_p99`,
    of((r) => r.p99Us / 1000),
    'ms',
  );
}
