// The command line of the exchange simulator: `npm run simulate -- [options]`.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../../bidcore/campaign_file.js';
import { differencesText } from './books.js';
import type { Address, Buyer } from './buyer.js';
import { type Budgets, worldCampaigns } from './campaigns.js';
import { runClosedLoop } from './closed_loop.js';
import { openMarket, type RunOptions, type RunResult, runAgainstNodes, runAgainstUrl } from './exchange_run.js';
import { loopReport, loopSvg, loopText } from './loop_report.js';
import { OWN_PRICE_KEYS, startNodes } from './nodes.js';
import { HELP, type Options, readOptions, UsageError } from './options.js';
import { finalTable, progressLine, snapshot } from './progress.js';
import { makeWorld, type World } from './world.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const PROGRESS_MS = 3000;

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else process.exitCode = await (options.closedLoop ? closedLoop(options) : exchange(options));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`simulate: ${error.message}; --help lists the options`);
  process.exitCode = 2;
}

/** The campaign file of a run as JSON value and as it is read, and the world made from it. */
function worldOf(options: Options, budgets: Budgets): { campaigns: unknown; file: CampaignFile; world: World } {
  const own = options.campaigns === undefined;
  const text = options.campaigns === undefined ? JSON.stringify(worldCampaigns(budgets)) : readText(options.campaigns);
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) throw new UsageError(`--campaigns: ${file.problems[0]}`);
  const { seed, exchanges, people } = options;
  const world = makeWorld({ seed, file, people, exchanges, priceKeys: own ? OWN_PRICE_KEYS : {} });
  return { campaigns: JSON.parse(text), file, world };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--campaigns: ${(error as Error).message}`);
  }
}

async function exchange(options: Options): Promise<number> {
  const { campaigns, file, world } = worldOf(options, 'varied');
  const { url, nodes: count, redis } = options;
  const run: RunOptions = { ...options, world, window: Math.max(1, Math.round(options.auctions / 20)) };
  if (url !== undefined) {
    const opened = openMarket(run, [addressIn(url)], false);
    return finish(options, await watched(opened, runAgainstUrl(opened, url), options));
  }
  const folder = mkdtempSync(join(tmpdir(), 'gavel-exchange-'));
  const nodes = await startNodes({ world, campaigns, folder, count, redis });
  const opened = openMarket(run, nodes.addresses, true);
  const result = await watched(opened, runAgainstNodes(opened, nodes, file), options);
  const code = finish(options, result);
  if (code === 0 && !options.keep) rmSync(folder, { recursive: true });
  else say(`simulate: data folders in ${folder}`);
  return code;
}

function addressIn(url: string): Address {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port === '' ? 80 : port) };
}

/** Says how a run goes until it ends; a first signal lets it end early, in order. */
async function watched(
  { buyer, market }: ReturnType<typeof openMarket>,
  run: Promise<RunResult>,
  { json }: Options,
): Promise<RunResult> {
  const stop = (): void => market.stop();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  if (process.send !== undefined) process.once('disconnect', stop); // whoever started this has gone
  let before = { n: 0, at: performance.now() };
  const timer = setInterval(() => {
    const now = performance.now();
    const perSecond = ((market.offered - before.n) / (now - before.at)) * 1000;
    before = { n: market.offered, at: now };
    tell(buyer, perSecond, json);
  }, PROGRESS_MS);
  const result = await run;
  clearInterval(timer);
  process.off('SIGINT', stop).off('SIGTERM', stop).off('disconnect', stop);
  if (process.connected) process.disconnect();
  return result;
}

function tell(buyer: Buyer, perSecond: number, json: boolean): void {
  say(`simulate: ${progressLine(buyer, perSecond)}`);
  if (json) {
    const line = { type: 'progress', buyer: buyer.name, per_second: Math.round(perSecond), ...snapshot(buyer) };
    console.log(JSON.stringify(line));
  }
}

function finish({ json }: Options, { buyer, seconds, differences, lateMicros, problems }: RunResult): number {
  const { books, desk } = buyer;
  const total = books.total();
  const isWrong = differences.length > 0 || problems.length > 0;
  if (json) {
    const figures = { ...snapshot(buyer), seconds, notices: desk.counts, booked: total, late_micros: lateMicros };
    const campaigns = Object.fromEntries(books.campaigns);
    console.log(JSON.stringify({ type: 'result', ...figures, campaigns, differences, problems }));
  } else console.log(finalTable([buyer]));
  const { sent, lost, repeated, again, refused } = desk.counts;
  say(
    `simulate: ${sent} notices sent in ${seconds.toFixed(1)} s and after (${lost} lost, ${repeated} twice, ` +
      `${again} again, ${refused} refused)`,
  );
  for (const problem of problems.slice(0, 20)) say(`simulate: ${problem}`);
  if (differences.length > 0) say(`simulate: the books differ\n${differencesText(differences)}`);
  else {
    say(
      `simulate: the books are equal: ${total.win} wins, ${total.bill} bills, ${total.loss} losses, ` +
        `${total.imp} impressions, ${total.click} clicks, ${total.conv} conversions, ${total.chargeMicros} micros` +
        (lateMicros === undefined ? '' : `, ${lateMicros} of them late`),
    );
  }
  return isWrong ? 1 : 0;
}

async function closedLoop(options: Options): Promise<number> {
  const { campaigns, world } = worldOf(options, 'ample');
  const { seed, auctions, seconds, rate, timeScale, json } = options;
  const window = options.window ?? Math.max(1, Math.round(auctions / 40));
  const result = await runClosedLoop({
    world,
    campaigns,
    seed,
    auctions,
    seconds,
    rate,
    timeScale,
    window,
    progress: (buyers, perSecond) => {
      for (const buyer of buyers) tell(buyer, perSecond, json);
    },
    progressMs: PROGRESS_MS,
  });
  const report = loopReport(result, { seed, auctions, window });
  if (options.report !== undefined) {
    writeFileSync(options.report, loopSvg(report));
    writeFileSync(options.report.replace(/(\.svg)?$/, '.json'), `${JSON.stringify(report, null, 2)}\n`);
    say(`simulate: curve in ${options.report}, figures beside it`);
  }
  if (json) console.log(JSON.stringify({ type: 'closed_loop', ...report }));
  else console.log(`${finalTable(result.buyers)}\n\n${loopText(report)}`);
  if (result.differences.length > 0) say(`simulate: the books differ\n${differencesText(result.differences)}`);
  const atEnd = report.learning_share_at_end;
  const isTooLow = options.atLeast !== undefined && (atEnd ?? 0) < options.atLeast;
  if (isTooLow) say(`simulate: ${atEnd} of the oracle at the end, not ${options.atLeast}`);
  return result.differences.length > 0 || isTooLow ? 1 : 0;
}
