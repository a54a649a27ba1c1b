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

/** As much of a server as it takes to load it. */
type Loaded = Pick<ServerProcess, 'port' | 'pid'>;

export interface Loader {
  readonly name: 'wrk' | 'node';
  run(server: Loaded, seconds: number): Promise<LoadResult>;
}

/**
 * Makes a loader of these bodies.
 * @param folder an existing temporary folder for the script and the bodies
 */
export function makeLoader(name: Loader['name'], bodies: readonly Buffer[], folder: string): Loader {
  const file = join(folder, name === 'wrk' ? 'bodies.lua' : 'bodies.json');
  const text = (): string => JSON.stringify(bodies.map((body) => wholePost(body.toString())));
  writeFileSync(file, name === 'wrk' ? luaScript(bodies) : text());
  return { name, run: (server, seconds) => load(name, server, seconds, file, CONNECTIONS) };
}

/**
 * GETs these paths in turn, from the first to the last, and then again.
 * @param folder an existing temporary folder for the script and the paths
 */
export function loadPaths(
  name: Loader['name'],
  paths: readonly string[],
  folder: string,
  server: ServerProcess,
  seconds: number,
  connections: number,
): Promise<LoadResult> {
  const file = join(folder, name === 'wrk' ? 'paths.lua' : 'paths.json');
  if (name === 'wrk') {
    const list = join(folder, 'paths.txt'); // LuaJIT takes no script with so many constants
    writeFileSync(list, `${paths.join('\n')}\n`);
    writeFileSync(file, luaPathsScript(list));
  } else {
    const whole = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    writeFileSync(file, JSON.stringify(paths.map(whole)));
  }
  return load(name, server, seconds, file, connections);
}

/** Loads a server with what stands in a file: a script of wrk's, or whole requests for our own client. */
async function load(
  name: Loader['name'],
  server: Loaded,
  seconds: number,
  file: string,
  connections: number,
): Promise<LoadResult> {
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', '-s', file];
  const client = fileURLToPath(new URL('load_client.js', import.meta.url));
  const command =
    name === 'wrk'
      ? [...wrk, `http://127.0.0.1:${server.port}${BID_PATH}`]
      : [process.execPath, client, file, String(server.port), String(seconds), String(connections)];
  const cpuBefore = cpuSeconds(server.pid);
  const output = await execute(pinned(LOAD_CORE, command));
  const cpu = cpuSeconds(server.pid) - cpuBefore;
  const counted = parseResult(output);
  return {
    ...counted,
    cpuUs: (cpu * 1e6) / counted.requests,
    cpuShare: cpu / (counted.requests / counted.requestsPerSecond),
  };
}

const LUA_DONE = `done = function(summary, latency)
  local e = summary.errors
  print(string.format('RESULT %d %d %d %d %d', summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;

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
${LUA_DONE}`;
}

function luaPathsScript(list: string): string {
  return `local requests, at = {}, 0
init = function()
  for path in io.lines('${list}') do
    requests[#requests + 1] = path
  end
end
request = function()
  at = at % #requests + 1
  return 'GET ' .. requests[at] .. ' HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n'
end
${LUA_DONE}`;
}

function wholePost(body: string): string {
  const headers = [
    `POST ${BID_PATH} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
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
