// `npm run train`, `gavel train`: the sidecar as a process. npm start runs the same beside the bidder.
//
//   SIGINT, SIGTERM, its parent gone   a last checkpoint, then ends with 0

import { parseArgs } from 'node:util';
import { describedKeys, describeKeyList } from '../../bidcore/environment.js';
import { trainerKeys } from '../../bidcore/trainer_keys.js';
import { makeLog } from '../../server/log.js';
import { LogSource } from './log_source.js';
import { lowerPriority } from './priority.js';
import { RedisSource } from './redis_source.js';
import { openBus, readSettings, type Settings } from './settings.js';
import { Sidecar, SidecarStopped } from './sidecar.js';
import { openStatusPort, type StatusPort } from './status_port.js';

const HELP = `npm run train -- [options]     gavel train [options]

Learns clicks, conversions and win prices from the notices of the bidders, judges what it has learned on traffic that
was held back, and publishes it to the bidders. npm start runs it beside the bidder; a second one stands by
(docs/training.md).

  --once    takes what there is, publishes if there is enough, and ends
  --json    one JSON object for each model that was made, on standard output
  --help    this text

It reads GAVEL_DATA_DIR, REDIS_URL, GAVEL_MODEL, GAVEL_NODE and GAVEL_LOG_LEVEL as the bidder does, and:

${describeKeyList(describedKeys(trainerKeys))}
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let values: { once?: boolean; json?: boolean; help?: boolean };
  try {
    const boolean = { type: 'boolean' } as const;
    const options = { once: boolean, json: boolean, help: { ...boolean, short: 'h' } } as const;
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    process.stderr.write(
      `gavel: ${(error as Error).message}\ngavel: npm run train -- --help says what is understood\n`,
    );
    return 2;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const settings = readSettings(process.env);
  if ('problems' in settings) {
    for (const problem of settings.problems) process.stderr.write(`gavel: ${problem}\n`);
    return 1;
  }
  return train(settings, values);
}

async function train(settings: Settings, { once = false, json = false }: { once?: boolean; json?: boolean }) {
  const log = makeLog(settings.logLevel).child({ part: 'trainer' });
  lowerPriority();
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop).on('disconnect', stop);
  if (settings.modelIsBound) log.warn('GAVEL_MODEL is set: the bidder of this environment follows no published model');
  const bus = openBus(settings, `gavel-${settings.node}-trainer`);
  const told = (outcome: object): void => {
    if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    else if (once) process.stdout.write(`${Object.values(outcome).join(' ')}\n`);
  };
  const { redis, node, eventsDir, trainer, commit } = settings;
  log.info({ commit, node_js: process.version, node, trainer }, 'starting');
  const source = redis === undefined ? new LogSource(eventsDir) : new RedisSource(redis, node);
  const sidecar = new Sidecar(settings, bus, source, log, { once, told, signal: stopping.signal });
  let status: StatusPort | undefined;
  try {
    if (trainer.port > 0) status = await openStatusPort(trainer.port, () => sidecar.figures);
    await sidecar.run();
    return 0;
  } catch (error) {
    if (!(error instanceof SidecarStopped)) throw error;
    log.error({ problem: error.message }, 'training stopped');
    process.stderr.write(once ? `gavel: ${error.message}\n` : '');
    return 1;
  } finally {
    await status?.close();
    await bus.close();
    if (process.connected) process.disconnect();
  }
}
