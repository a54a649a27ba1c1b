// The steps of docker/Dockerfile without Docker, in a clean folder, and what the README of a container promises of the
// result: it starts as another user than root from files it may not write, is healthy, bids, and drains on SIGTERM.
//
// A stage is a folder. COPY copies (from the checkout only what .dockerignore lets through), RUN runs there; what makes
// users or installs Debian's packages is left out and said. Ends with "N passed, N failed".

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const HELP = `node .ci/image.mjs [--quick]

Goes through docker/Dockerfile step by step in a clean folder and starts what comes out.
  --quick   takes what this checkout has built and installed in place of npm ci and npm run build`;

const START_MS_MAX = 60_000;
const DRAIN_MS_MAX = 15_000;
/** Of Debian's image, not of ours; nothing in them can be run without it. */
const OF_THE_SYSTEM = /^(apt-get|groupadd|mkdir \/data)/;
const root = fileURLToPath(new URL('..', import.meta.url));
const quick = process.argv.includes('--quick');
let passed = 0;
let failed = 0;

if (process.argv.includes('--help') || process.argv.includes('-h')) console.log(HELP);
else {
  const work = mkdtempSync(join(tmpdir(), 'gavel-image-'));
  chmodSync(work, 0o755);
  try {
    const image = build(work);
    if (failed === 0) await tryIt(image, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** Makes every stage; gives the last: its folder and what it says of itself. */
function build(work) {
  const context = join(work, 'context');
  for (const path of contextFiles()) copy(join(root, path), join(context, path));
  const stages = new Map();
  let stage;
  for (const { word, rest } of instructions()) {
    if (word === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1];
      stage = { name, folder: join(work, name), workdir: '/', env: {} };
      stages.set(name, stage);
      mkdirSync(stage.folder);
    } else if (word === 'WORKDIR') {
      stage.workdir = rest;
      mkdirSync(inStage(stage, '.'), { recursive: true });
    } else if (word === 'COPY') {
      const [, from, paths] = /^(?:--from=(\w+) )?(.*)$/.exec(rest);
      const names = paths.split(/\s+/);
      const target = names.pop();
      for (const name of names) {
        const source = from === undefined ? join(context, name) : join(stages.get(from).folder, name);
        if (!existsSync(source)) say(false, `${word} ${rest}: ${relative(work, source)} is not there`);
        else copy(source, inStage(stage, target.endsWith('/') ? target + name : target));
      }
    } else if (word === 'RUN') run(stage, rest);
    else if (word === 'ENV') for (const [, key, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[key] = value;
    else if (stage !== undefined) stage[word] = rest;
  }
  say(/^\d+:\d+$/.test(stage.USER ?? '') && !stage.USER.startsWith('0:'), `it runs as ${stage.USER}, not as root`);
  return stage;
}

/** Instructions with their continued lines joined, without comments. */
function instructions() {
  const text = readFileSync(join(root, 'docker/Dockerfile'), 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ');
  return text.split('\n').flatMap((line) => {
    const [, word, rest] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    return word === undefined ? [] : [{ word, rest }];
  });
}

/** What of the checkout .dockerignore lets through: it begins with *, and each line with ! takes something back in. */
function contextFiles() {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
}

function run(stage, command) {
  if (OF_THE_SYSTEM.test(command)) return console.log(`left out: RUN ${command}`);
  const place = inStage(stage, '.');
  if (quick && command.startsWith('npm ci')) {
    const omitted = command.includes('--omit=dev') ? productionPackages() : [];
    for (const path of omitted) copy(join(root, path), join(place, path));
    return say(true, `quick: ${omitted.length} packages of this checkout in place of RUN ${command}`);
  }
  if (quick && command === 'npm run build') {
    for (const folder of ['dist', 'build']) copy(join(root, folder), join(place, folder));
    return say(true, 'quick: what this checkout has built');
  }
  const { status } = spawnSync('sh', ['-c', command], { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] });
  say(status === 0, `RUN ${command}`);
}

/** Folders of what npm ci --omit=dev installs, that are there: packages for other systems are not. */
function productionPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional && existsSync(join(root, path)))
    .map(([path]) => path);
}

/** Starts the container's command as its user, with a data folder of its own; all else is root's. */
async function tryIt(stage, work) {
  const app = inStage(stage, '.');
  const data = join(work, 'data');
  mkdirSync(data);
  const [uid, gid] = stage.USER.split(':').map(Number);
  const isRoot = process.getuid() === 0;
  if (isRoot) chownSync(data, uid, gid);
  else console.log('left out: another user, which only root can become');
  const [port, adminPort] = [await freePort(), await freePort()];
  const env = {
    ...{ PATH: process.env.PATH, ...stage.env, GAVEL_COMMIT: 'abc1234', GAVEL_DATA_DIR: data, GAVEL_HOST: '127.0.0.1' },
    ...{ GAVEL_ADMIN_HOST: '127.0.0.1', GAVEL_BID_PORT: String(port), GAVEL_ADMIN_PORT: String(adminPort) },
    // A container has PostgreSQL beside it. The embedded database opens on the control thread, which takes its time.
    ...{ GAVEL_WORKERS: '1', GAVEL_JOBS: 'off' },
  };
  const identity = isRoot ? { uid, gid } : {};
  const [program, ...args] = JSON.parse(stage.CMD);
  const child = spawn(program, args, { cwd: app, env, ...identity, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  const ended = new Promise((resolve) => child.once('close', (status, signal) => resolve({ status, signal })));
  try {
    await until(() => /^ *stop {4}/m.test(printed) || child.exitCode !== null, START_MS_MAX);
    say(/^ *stop {4}/m.test(printed), 'it starts', printed);
    say(/"commit":"abc1234".*"msg":"starting"/.test(printed), 'it logs its commit and its configuration', printed);
    const [, check] = /CMD (\[.*\])$/.exec(stage.HEALTHCHECK);
    const [node, ...script] = JSON.parse(check);
    const { status, stderr } = spawnSync(node, script, { cwd: app, env, ...identity, encoding: 'utf8' });
    say(status === 0, `HEALTHCHECK ${check}`, stderr);
    const body = readFileSync(join(app, 'server/sample/request.json'));
    const bid = await fetch(`http://127.0.0.1:${port}/openrtb2/bid`, { method: 'POST', body });
    say(bid.status === 200 && (await bid.text()).includes('"seatbid"'), 'it bids');
    say((await fetch(`http://127.0.0.1:${adminPort}/health`)).status === 200, 'the admin port answers');
    const touch = `require('fs').writeFileSync('x','')`;
    const wrote = spawnSync(node, ['-e', touch], { cwd: app, ...identity }).status === 0;
    if (isRoot) say(!wrote, 'it may not write to its own files');
    child.kill(stage.STOPSIGNAL);
    const end = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, DRAIN_MS_MAX, 'late'))]);
    say(end !== 'late' && end.status === 0, `${stage.STOPSIGNAL} drains it: ${JSON.stringify(end)}`, printed);
    const gone = spawnSync(node, script, { cwd: app, env, ...identity }).status === 1;
    say(gone, 'HEALTHCHECK of what has ended is 1');
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}

/** A path of a stage as it is on this machine. */
function inStage({ folder, workdir }, path) {
  return path.startsWith('/') ? join(folder, path) : join(folder, workdir, path);
}

/** By links where that can be: what is copied is not changed. */
function copy(source, target) {
  mkdirSync(dirname(target), { recursive: true });
  const linked = quick && spawnSync('cp', ['-al', source, target], { stdio: 'ignore' }).status === 0;
  if (!linked) cpSync(source, target, { recursive: true, filter: (path) => !/\/node_modules\/\.cache/.test(path) });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function until(done, ms) {
  for (const deadline = Date.now() + ms; !done() && Date.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function say(ok, what, context = '') {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${what}`);
  if (!ok) console.log(String(context).trimEnd().split('\n').slice(-30).join('\n'));
}
