// The compose stack without Docker: what of it is a Debian package runs here with the very files of docker/, around a
// real bidder. Redis with docker/redis/redis.conf and its password, nginx with docker/nginx/nginx.conf and TLS,
// Prometheus with docker/prometheus/; what differs is the addresses and where secrets are. Ends with
// "N passed, N failed".

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HELP = `node .ci/stack.mjs

Checks rules with promtool, then runs Redis, nginx and Prometheus as docker/compose.yaml sets them up, around a bidder,
and sends bids through all of it. Needs redis-server, nginx, prometheus (with promtool) and openssl, and dist/ built.`;

const TOOLS = ['redis-server', 'nginx', 'prometheus', 'promtool', 'openssl'];
const WAIT_MS_MAX = 60_000;
/** Longer than nginx keeps its connections to a bidder, and than a bidder keeps idle ones. */
const IDLE_MS = 12_500;
const BIDS = 300;
/** Two scrapes of a second. */
const SCRAPE_MS = 2500;
const agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });
const root = fileURLToPath(new URL('..', import.meta.url));
const running = [];
let passed = 0;
let failed = 0;

if (process.argv.includes('--help') || process.argv.includes('-h')) console.log(HELP);
else {
  const missing = TOOLS.filter((tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status !== 0);
  if (missing.length > 0) {
    say(
      false,
      `install with: apt-get install redis-server nginx-light prometheus openssl (missing: ${missing.join(', ')})`,
    );
  } else await stack();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function stack() {
  const work = mkdtempSync(join(tmpdir(), 'gavel-stack-'));
  try {
    checkRules();
    const secrets = join(work, 'secrets');
    runToEnd('docker/secrets.sh makes the secrets', 'docker/secrets.sh', [secrets]);
    const ports = await freePorts('redis', 'bids', 'admin', 'tls', 'prometheus', 'trainer');
    const env = secretEnv(secrets, ports.redis);
    const redis = await startRedis(work, secrets, ports.redis);
    const bidder = await startBidder(work, env, ports);
    const trainer = await startTrainer(work, env, ports.trainer);
    const prometheus = await startPrometheus(work, ports);
    const nginx = await startNginx(work, secrets, ports);
    await bidThrough(ports.tls);
    await until(() => targetsUp(ports).catch(() => false));
    await until(() => false, SCRAPE_MS);
    await bidThrough(ports.tls);
    await until(() => false, SCRAPE_MS);
    await askPrometheus(ports);
    await bidAfterIdling(ports.tls);
    await end(nginx, 'nginx');
    await end(prometheus, 'Prometheus');
    await end(trainer, 'the trainer');
    await end(bidder, 'the bidder');
    await end(redis, 'Redis');
  } finally {
    // What is left after a failure: nginx' workers are in its group, and would outlive it.
    for (const child of running) if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    rmSync(work, { recursive: true, force: true });
  }
}

function checkRules() {
  runToEnd('promtool check rules', 'promtool', ['check', 'rules', 'docker/prometheus/alerts.yml']);
  runToEnd('promtool test rules', 'promtool', ['test', 'rules', 'docker/prometheus/alerts.test.yml']);
}

/** docker/secrets.sh's environment, with Redis here, and without a database: the embedded one is not opened. */
function secretEnv(secrets, redisPort) {
  const lines = readFileSync(join(secrets, 'gavel.env'), 'utf8').trim().split('\n');
  const env = Object.fromEntries(lines.map((line) => /^(\w+)=(.*)$/.exec(line).slice(1)));
  delete env.DATABASE_URL;
  return { ...env, REDIS_URL: env.REDIS_URL.replace('redis:6379', `127.0.0.1:${redisPort}`), GAVEL_JOBS: 'off' };
}

async function startRedis(work, secrets, port) {
  const data = join(work, 'redis');
  mkdirSync(data);
  const text = readFileSync(join(root, 'docker/redis/redis.conf'), 'utf8');
  const file = written(work, 'redis.conf', text.replace('/data', data).replace('/run/secrets', secrets));
  const redis = start('redis-server', [file, '--port', String(port), '--bind', '127.0.0.1']);
  await until(() => redis.printed.includes('Ready to accept connections'));
  say(redis.printed.includes('Ready to accept connections'), 'Redis starts with its file', redis.printed);
  return redis;
}

async function startBidder(work, env, ports) {
  const bidder = startGavel('dist/server/main.js', {
    ...env,
    ...{ GAVEL_DATA_DIR: join(work, 'data'), GAVEL_TRAINER: 'off', GAVEL_WORKERS: '1', GAVEL_HOST: '127.0.0.1' },
    ...{ GAVEL_BID_PORT: String(ports.bids), GAVEL_ADMIN_PORT: String(ports.admin) },
  });
  await until(() => /^ *stop {4}/m.test(bidder.printed) || bidder.exitCode !== null);
  say(/^ *stop {4}/m.test(bidder.printed), 'the bidder starts, with Redis and its password', bidder.printed);
  const redis = /REDIS_URL=redis:\/\/:(\w+)@/.exec(`REDIS_URL=${env.REDIS_URL}`)[1];
  const told = [env.GAVEL_ADMIN_KEY, env.GAVEL_NOTICE_KEY, redis].filter((secret) => bidder.printed.includes(secret));
  say(told.length === 0, 'it tells no secret', bidder.printed);
  return bidder;
}

async function startTrainer(work, env, port) {
  const own = { GAVEL_DATA_DIR: join(work, 'data'), GAVEL_TRAIN_PORT: String(port) };
  const trainer = startGavel('dist/models/sidecar/main.js', { ...env, ...own });
  const healthy = async () => (await fetch(`http://127.0.0.1:${port}/health`)).status === 200;
  await until(() => healthy().catch(() => false));
  say(await healthy().catch(() => false), 'the trainer of its own is healthy', trainer.printed);
  return trainer;
}

async function startPrometheus(work, ports) {
  const folder = join(work, 'prometheus');
  cpSync(join(root, 'docker/prometheus'), folder, { recursive: true });
  const text = readFileSync(join(folder, 'prometheus.yml'), 'utf8')
    .replace('bidder:7507', `127.0.0.1:${ports.bids}`)
    .replace('trainer:7510', `127.0.0.1:${ports.trainer}`)
    .replace(/scrape_interval: \w+/, 'scrape_interval: 1s')
    .replace(/evaluation_interval: \w+/, 'evaluation_interval: 1s');
  const config = written(folder, 'prometheus.yml', text);
  runToEnd('promtool check config', 'promtool', ['check', 'config', config]);
  const address = `--web.listen-address=127.0.0.1:${ports.prometheus}`;
  const prometheus = start('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(work, 'tsdb')}`,
    address,
  ]);
  await until(() => prometheus.printed.includes('Server is ready to receive web requests'));
  say(prometheus.printed.includes('Server is ready'), 'Prometheus starts with its files', prometheus.printed);
  return prometheus;
}

async function startNginx(work, secrets, ports) {
  const text = readFileSync(join(root, 'docker/nginx/nginx.conf'), 'utf8')
    .replace('bidder:7507', `127.0.0.1:${ports.bids}`)
    .replace('listen 7443', `listen 127.0.0.1:${ports.tls}`)
    .replaceAll('/run/secrets', secrets)
    .replaceAll('/tmp/nginx', join(work, 'nginx'))
    .replace(/worker_processes \w+/, 'worker_processes 1')
    .replace('worker_rlimit_nofile 65536', 'worker_rlimit_nofile 20000');
  const file = written(work, 'nginx.conf', process.getuid() === 0 ? `user root;\n${text}` : text);
  runToEnd('nginx -t', 'nginx', ['-t', '-q', '-c', file]);
  const nginx = start('nginx', ['-c', file, '-g', 'daemon off;']);
  await until(() =>
    ask(ports.tls, 'GET', '/health').then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  say((await ask(ports.tls, 'GET', '/health')).status === 200, 'nginx hands on /health over TLS', nginx.printed);
  return nginx;
}

/** Over TLS, through nginx. */
function ask(port, method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function bidThrough(port) {
  const body = readFileSync(join(root, 'server/sample/request.json'));
  const statuses = new Map();
  const lane = async () => {
    for (let i = 0; i < BIDS / 8; i++) {
      const { status } = await ask(port, 'POST', '/openrtb2/bid', body);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  const seen = JSON.stringify([...statuses]);
  say(
    [...statuses.keys()].every((status) => status === 200 || status === 204),
    `bids through nginx: ${seen}`,
  );
  const { text } = await ask(port, 'POST', '/openrtb2/bid', body);
  const bid = text === '' ? undefined : JSON.parse(text).seatbid[0].bid[0];
  const bill = bid?.burl && new URL(bid.burl.replace('${AUCTION_PRICE}', String(bid.price)).replace(/\$\{\w+\}/g, '1'));
  const notice = bill && (await ask(port, 'GET', bill.pathname + bill.search));
  say(notice?.status === 200, `a billing notice through nginx: ${notice?.status}`, text);
  const closed = await Promise.all(['/metrics', '/docs', '/'].map((path) => ask(port, 'GET', path)));
  say(
    closed.every(({ status }) => status === 404),
    'metrics and all else are closed from outside',
  );
}

/** nginx must not use a connection that the bidder is closing: a bid right behind a pause longer than both keep. */
async function bidAfterIdling(port) {
  await until(() => false, IDLE_MS);
  const body = readFileSync(join(root, 'server/sample/request.json'));
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(port, 'POST', '/bid', body)));
  const seen = answers.map(({ status }) => status).join(' ');
  say(
    answers.every(({ status }) => status === 200 || status === 204),
    `bids after ${IDLE_MS / 1000} idle seconds: ${seen}`,
  );
}

async function api({ prometheus }, path) {
  return (await (await fetch(`http://127.0.0.1:${prometheus}/api/v1/${path}`)).json()).data;
}

/** Prometheus takes some seconds to begin with a target. */
async function targetsUp(ports) {
  const { activeTargets } = await api(ports, 'targets');
  return activeTargets.length > 0 && activeTargets.every(({ health }) => health === 'up');
}

async function askPrometheus(ports) {
  const { activeTargets } = await api(ports, 'targets');
  const down = activeTargets.filter(({ health }) => health !== 'up');
  say(down.length === 0 && activeTargets.length === 2, 'both targets are up', JSON.stringify(down));
  const rules = (await api(ports, 'rules')).groups.flatMap((group) => group.rules);
  const unwell = rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${lastError}`);
  say(unwell.length === 0 && rules.length > 0, `${rules.length} rules are evaluated without error`, unwell.join('\n'));
  const firing = rules.filter(({ state }) => state === 'firing').map(({ name }) => name);
  say(firing.length === 0, 'no alert fires', firing.join());
  const pending = rules.filter(({ state }) => state === 'pending').map(({ name }) => name);
  console.log(`  pending: ${pending.join(' ') || 'none'}`);
  const value = async (query) =>
    Number((await api(ports, `query?query=${encodeURIComponent(query)}`)).result[0]?.value[1]);
  const requests = await value('sum(gavel_requests_total)');
  say(requests >= 2 * BIDS, `it has counted ${requests} requests`);
  const billed = await value('sum(gavel_notices_total{kind="bill",outcome="booked"})');
  say(billed === 2, `and ${billed} bills`);
  const p99 = 'histogram_quantile(0.99, sum by (le) (rate(gavel_request_duration_seconds_bucket[1m])))';
  const p99S = await value(p99);
  say(p99S > 0, `the query of GavelSlow has a value: ${(1000 * p99S).toFixed(2)} ms`);
}

function startGavel(script, env) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GAVEL_|REDIS_URL|DATABASE_URL)/.test(name));
  return start(process.execPath, ['--enable-source-maps', script], { ...Object.fromEntries(inherited), ...env });
}

function start(program, args, env = process.env) {
  const child = spawn(program, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      child.printed += text;
    });
  }
  child.ended = new Promise((resolve) => child.once('close', (status, signal) => resolve({ status, signal })));
  running.push(child);
  return child;
}

async function end(child, what) {
  child.kill('SIGTERM');
  const late = new Promise((resolve) => setTimeout(resolve, 20_000, { status: 'late' }).unref());
  const { status } = await Promise.race([child.ended, late]);
  say(status === 0, `${what} ends with 0 on SIGTERM`, `${status}\n${child.printed}`);
}

function runToEnd(what, program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  say(status === 0, what, error?.message ?? `${stdout}${stderr}`);
}

function written(folder, name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function freePorts(...names) {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(names.map((name, i) => [name, ports[i]]));
}

async function until(done, ms = WAIT_MS_MAX) {
  for (const deadline = Date.now() + ms; Date.now() < deadline && !(await done()); ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function say(ok, what, context = '') {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${what}`);
  if (!ok) console.log(String(context).trimEnd().split('\n').slice(-30).join('\n'));
}
