// Load on a server: keep-alive connections, one request at a time on each, bodies in turn. wrk where it is installed,
// else our own client in a process of its own. wrk is several times faster than a server can be; ours is not, so what
// it measures of a server is the CPU time per request rather than requests a second.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, LOAD_CORE, pinned, type ServerProcess } from './processes.js';

export const CONNECTIONS = 32;
export const BID_PATH = '/openrtb2/bid';

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Answers with another status than 200 or 204, and socket errors. */
  readonly errors: number;
  /** CPU microseconds of the server per request. */
  readonly cpuUs: number;
  /** CPU seconds of the server per second: near 1, the server was the bottleneck. */
  readonly cpuShare: number;
}

export interface Loader {
  readonly name: 'wrk' | 'node';
  run(server: ServerProcess, seconds: number): Promise<LoadResult>;
}

/**
 * Makes a loader of these bodies.
 * @param folder an existing temporary folder for the script and the bodies
 */
export function makeLoader(name: Loader['name'], bodies: readonly Buffer[], folder: string): Loader {
  const file = join(folder, name === 'wrk' ? 'bodies.lua' : 'bodies.json');
  writeFileSync(file, name === 'wrk' ? luaScript(bodies) : JSON.stringify(bodies.map((body) => body.toString())));
  const command = (server: ServerProcess, seconds: number): string[] =>
    name === 'wrk'
      ? [
          'wrk',
          '-t1',
          `-c${CONNECTIONS}`,
          `-d${seconds}s`,
          '--timeout',
          '20s',
          '-s',
          file,
          `http://127.0.0.1:${server.port}${BID_PATH}`,
        ]
      : [
          process.execPath,
          fileURLToPath(new URL('load_client.js', import.meta.url)),
          file,
          String(server.port),
          String(seconds),
        ];
  return {
    name,
    async run(server, seconds) {
      const cpuBefore = cpuSeconds(server.pid);
      const output = await execute(pinned(LOAD_CORE, command(server, seconds)));
      const cpu = cpuSeconds(server.pid) - cpuBefore;
      const counted = parseResult(output);
      return {
        ...counted,
        cpuUs: (cpu * 1e6) / counted.requests,
        cpuShare: cpu / (counted.requests / counted.requestsPerSecond),
      };
    },
  };
}

type Counted = Omit<LoadResult, 'cpuUs' | 'cpuShare'>;

/** The last line: `RESULT requests duration_us p50_us p99_us errors`. */
function parseResult(output: string): Counted {
  const fields = /RESULT (\S+) (\S+) (\S+) (\S+) (\S+)/.exec(output)?.slice(1).map(Number);
  if (fields === undefined) throw new Error(`the load generator gave no result:\n${output}`);
  const [requests, durationUs, p50Us, p99Us, errors] = fields as [number, number, number, number, number];
  return { requests, requestsPerSecond: requests / (durationUs / 1e6), p50Us, p99Us, errors };
}

/** Whole requests are made once in `init`; `request` only picks the next one. */
function luaScript(bodies: readonly Buffer[]): string {
  const strings = bodies.map((body) => `[==[${body.toString()}]==]`);
  return `local bodies = {\n${strings.join(',\n')}\n}
local requests, at = {}, 0
init = function()
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format('POST', nil, { ['Content-Type'] = 'application/json' }, body)
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
done = function(summary, latency)
  local e = summary.errors
  print(string.format('RESULT %d %d %d %d %d', summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

function execute(command: readonly string[]): Promise<string> {
  const [file, ...args] = command as [string, ...string[]];
  return new Promise((resolve, reject) => {
    execFile(file, args, { maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file}: ${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}
