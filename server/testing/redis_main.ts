// `npm run redis`: the Redis a deployment has, on this machine: one server, or a cluster of three masters.

import { parseArgs } from 'node:util';
import { startRedis } from './redis_server.js';

const HELP = `npm run redis -- [--single | --cluster] [--port 7501] [--dir DIR]

Starts redis-server with an append-only file, one (the default) or three masters as a cluster on ports in a row, and
stops with Ctrl-C. Without --dir the data goes with it.`;
const PORT = '7501';

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    single: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    port: { type: 'string', default: PORT },
    dir: { type: 'string' },
  },
});

if (values.help) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_533 || (values.single && values.cluster)) {
    console.error(HELP);
    return 2;
  }
  const kind = values.cluster ? 'cluster' : 'single';
  try {
    const site = await startRedis(kind, { port, ...(values.dir === undefined ? {} : { folder: values.dir }) });
    console.log(`REDIS_URL=${site.url}\nstop with Ctrl-C`);
    const alive = setInterval(() => undefined, 60_000);
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    clearInterval(alive);
    await site.stop();
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}
