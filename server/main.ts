// `npm start` and `gavel serve`: reads the environment, starts a bidder, says where it is, ends it on a signal.
//
//   SIGINT, SIGTERM   drain and end with 0; a second one, later, ends at once with 130
//   --demo            with simulated traffic for its campaigns
//   --help            every key of the environment
//
// Workers must have closed their sockets before the process ends (see worker.ts), so each way out goes through them.

import { relative } from 'node:path';
import { type Bidder, isStartError, startBidder } from './bidder.js';
import { describeKeys, isConfigError, readConfig } from './config.js';
import { adminKeyPath } from './data_folder.js';
import { Demo } from './demo.js';
import { describedConfig } from './described_config.js';
import { SAMPLE_REQUEST } from './files.js';
import { makeLog } from './log.js';
import { VERSION } from './version.js';

const EXIT_FAILED = 1;
const EXIT_MISUSED = 2;
const EXIT_INTERRUPTED = 130;
/** A Ctrl-C under npm arrives twice, from the terminal and from npm: what follows this soon is the same one. */
const SAME_SIGNAL_MS = 500;
/** Time for the workers to close when the process must end at once. */
const ABANDON_MS = 2000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

const [first, ...others] = process.argv.slice(2);
if (first !== undefined && (first !== '--demo' || others.length > 0)) help(process.argv.slice(2));
else await run(first === '--demo');

function help(args: readonly string[]): void {
  if (args.length === 1 && (args[0] === '--help' || args[0] === '-h')) {
    say('Gavel, a real-time bidder. With --demo it bids on simulated traffic.\n');
    say(`It is set up by its environment:\n\n${describeKeys()}`);
    return;
  }
  complain(`gavel: unknown argument ${args.join(' ')}; all but --demo is set by the environment, see --help`);
  process.exitCode = EXIT_MISUSED;
}

async function run(withTraffic: boolean): Promise<void> {
  const config = readConfig(process.env);
  if (isConfigError(config)) {
    fail(config.problems);
    return;
  }
  const log = makeLog(config.logLevel);
  log.info(
    { version: VERSION, commit: config.commit, node_js: process.version, config: describedConfig(config) },
    'starting',
  );
  const stopRequested = onFirstSignal();
  const bidder = await startBidder(config, log, say);
  if (isStartError(bidder)) {
    fail(bidder.problems);
    return;
  }
  process.on('uncaughtException', (error) => {
    log.fatal({ stack: error.stack }, 'broken invariant in the control thread');
    abandon(bidder, EXIT_FAILED);
  });
  introduce(bidder);
  const demo = withTraffic ? startDemo(bidder) : undefined;
  await stopRequested;
  onLaterSignal(performance.now() + SAME_SIGNAL_MS, () => abandon(bidder, EXIT_INTERRUPTED));
  await demo?.stop();
  log.info('draining');
  await bidder.drain();
  log.info('drained');
  process.exit(); // nothing must keep it: with 0, or what `abandon` has set
}

/** Resolves at the first signal; a start under way is finished before it is looked at. */
function onFirstSignal(): Promise<void> {
  return new Promise((resolve) => {
    // Never taken off: without a handler a second signal in between would end the process at once.
    process.on('SIGINT', () => resolve()).on('SIGTERM', () => resolve());
  });
}

function onLaterSignal(fromMs: number, act: () => void): void {
  const stop = (): void => {
    if (performance.now() >= fromMs) act();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

function fail(problems: readonly string[]): void {
  for (const problem of problems) complain(`gavel: ${problem}`);
  process.exitCode = EXIT_FAILED;
}

/** Where everything is, and a request to try. */
function introduce(bidder: Bidder): void {
  const { config, port, adminPort, book, workers } = bidder;
  const base = `http://${reachable(config.host)}:${port}`;
  const admin = `http://${reachable(config.adminHost)}:${adminPort}`;
  const keyPath = adminKeyPath(config);
  const [where, key] =
    config.adminKey === undefined ? [`in ${keyPath}`, `$(cat ${keyPath})`] : ['GAVEL_ADMIN_KEY', '$GAVEL_ADMIN_KEY'];
  const request = `--data @${relative(process.cwd(), SAMPLE_REQUEST)}`;
  say(`Gavel bids on ${base}/openrtb2/bid (${workers} ${workers === 1 ? 'worker' : 'workers'})`);
  say(`  book    version ${book.version}: ${book.ads} ads of ${book.campaigns} campaigns in ${config.campaignsPath}`);
  say('          a change of the file is live within a second');
  for (const line of modelLines(bidder)) say(line);
  say(`  also    ${base}/health  /ready  /metrics`);
  say(`  admin   ${admin}/docs  /explain  /health  /metrics (key: ${where})`);
  say(`  try     curl -s ${request} ${base}/openrtb2/bid`);
  say(`  why     curl -s -H "X-API-Key: ${key}" ${request} "${admin}/explain?format=text"`);
  say('  stop    Ctrl-C');
}

/** Where the model comes from, and what comes after it. */
function modelLines({ config, modelVersion, modelFrom }: Bidder): readonly string[] {
  const model = `  model   version ${modelVersion} in ${modelFrom}`;
  if (!config.modelIsDefault) return [model, '          a change of the file is live within a second'];
  const publisher = config.trainer ? 'the trainer' : 'a trainer elsewhere, or npx gavel models,';
  const until = modelFrom === config.modelPath ? 'it bids until' : 'it is replaced when';
  return [model, `          ${until} ${publisher} publishes one; all there are: npx gavel models list`];
}

/** Traffic for its campaigns, and where to see what comes of it. */
function startDemo({ config, port, adminPort }: Bidder): Demo {
  const base = `http://${reachable(config.host)}:${port}`;
  say('  demo    50 simulated auctions a second; every few seconds a line says what they came to');
  say(`  look    curl -s ${base}/metrics | grep -E "gavel_(bids_total|spend|model_version)"`);
  say(`          npx gavel events tail --follow   (the notices; ${config.dataDir})`);
  say(`          http://${reachable(config.adminHost)}:${adminPort}/health`);
  return new Demo(base, config.campaignsPath);
}

/** A host to reach what listens on an address, as it stands in a URL. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Ends now, with what is under way lost; should a worker not close, the system ends the process. */
function abandon(bidder: Bidder, code: number): void {
  process.exitCode = code;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), ABANDON_MS).unref();
  void bidder.close().then(() => process.exit());
}
