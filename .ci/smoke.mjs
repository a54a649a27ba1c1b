// What a stranger does first: `npm start` with a fresh data folder, the two `curl` it prints, a request of each format,
// Ctrl-C.
//
// The ports are any free ones, so that this runs beside another Gavel. Ends with "N passed, N failed".

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START_MS_MAX = 60_000;
const DRAIN_MS_MAX = 15_000;
const TRAINER_MS_MAX = 30_000;
/** Requests of `server/sample/`, each with the exchange it comes from and the markup type of its bid. */
const SAMPLES = [
  { name: 'request', exchange: 'default', mtype: 1 },
  { name: 'requests/video', exchange: 'meadow', mtype: 2 },
  { name: 'requests/audio', exchange: 'openhouse', mtype: 3 },
  { name: 'requests/native', exchange: 'meadow', mtype: 4 },
];
const root = fileURLToPath(new URL('..', import.meta.url));
let passed = 0;
let failed = 0;

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log('node .ci/smoke.mjs\n\nStarts Gavel with a fresh data folder, runs what it prints, and stops it.');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-smoke-'));
  try {
    await smoke(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function smoke(folder) {
  // Only the environment a stranger has: a key somebody set here must not decide whether this passes.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GAVEL_'));
  const own = { GAVEL_DATA_DIR: join(folder, 'data'), GAVEL_BID_PORT: '0', GAVEL_ADMIN_PORT: '0' };
  const env = { ...Object.fromEntries(inherited), ...own };
  // Its own process group: a terminal's Ctrl-C goes to npm and to the bidder alike.
  const child = spawn('npm', ['start'], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
  }
  const ended = new Promise((resolve) => child.once('close', (status, signal) => resolve({ status, signal })));
  let live = true;
  ended.then(() => {
    live = false;
  });
  try {
    await until(() => /^ *stop {4}/m.test(printed) || !live, START_MS_MAX);
    const curl = curlIn(printed, 'try');
    say(curl !== undefined, 'it prints a curl', printed);
    if (curl === undefined) return;
    ask(curl);
    for (const sample of SAMPLES) await askSample(portIn(curl), sample);
    explain(curlIn(printed, 'why'), printed);
    const key = readFileSync(join(env.GAVEL_DATA_DIR, 'admin.key'), 'utf8').trim();
    say(printed.split(key).length === 2, 'a first start prints the admin key once', printed);
    await askTrainer(portIn(curl));
    await askExplanation(explainUrl(printed), key);
    await drain(child, ended, portIn(curl), () => printed);
  } finally {
    if (live) process.kill(-child.pid, 'SIGKILL');
  }
}

/** The command as printed, run by a shell; `-w` adds the status behind the body. */
function ask(curl) {
  const { stdout } = spawnSync('sh', ['-c', `${curl} -sS -w '\\n%{http_code}'`], { cwd: root, encoding: 'utf8' });
  const lines = stdout.trimEnd().split('\n');
  const status = lines.pop();
  say(status === '200', `the curl gets 200: ${curl}`, stdout);
  const bid = jsonOf(lines.join('\n').replace(/^[\s\S]*?\r?\n\r?\n(?=\{)/, ''))?.seatbid?.[0]?.bid?.[0];
  say(bid?.price > 0, `a bid: ${bid?.price} for campaign ${bid?.cid}, creative ${bid?.crid}`, stdout);
}

/** One format: a bid of the right kind. */
async function askSample(port, { name, exchange, mtype }) {
  const answer = await fetch(`http://127.0.0.1:${port}/openrtb2/bid/${exchange}`, { method: 'POST', body: body(name) });
  const text = await answer.text();
  const bid = jsonOf(text)?.seatbid?.[0]?.bid?.[0];
  say(bid?.mtype === mtype, `${name}.json from ${exchange}: ${answer.status}, a bid of markup type ${mtype}`, text);
}

/** The printed command that explains the sample request. */
function explain(curl, printed) {
  say(curl !== undefined, 'it prints a curl that explains', printed);
  if (curl === undefined) return;
  const { stdout } = spawnSync('sh', ['-c', curl], { cwd: root, encoding: 'utf8' });
  say(/^Bid \(HTTP 200\)\. /.test(stdout), 'and it explains the bid, in text', stdout);
}

/** A trainer is started beside the bidder; it takes a moment. */
async function askTrainer(port) {
  let text = '';
  for (const deadline = Date.now() + TRAINER_MS_MAX; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    if (/^gavel_trainer_up 1$/m.test(text) || Date.now() > deadline) break;
  }
  say(/^gavel_trainer_up 1$/m.test(text), 'a trainer runs beside it', text);
}

/** Of the line that says where the admin port is. */
function explainUrl(printed) {
  const admin = /admin +(http:\/\/[^/\s]+)\//.exec(printed)?.[1];
  return admin && `${admin}/explain`;
}

/** POST /explain: closed without the key, and with it the gate of every ad, for an exchange. */
async function askExplanation(url, key) {
  const post = (headers) => fetch(`${url}?exchange=meadow`, { method: 'POST', headers, body: body('requests/video') });
  const closed = await post({});
  say(closed.status === 401, 'explanations are closed without the key', await closed.text());
  const open = await post({ 'x-api-key': key });
  const text = await open.text();
  const outcomes = jsonOf(text)?.impressions?.[0]?.slots?.[0]?.ads?.map(({ outcome }) => outcome) ?? [];
  say(outcomes.includes('won') && outcomes.length > 1, 'and with it name the outcome of every ad', text);
}

/** A request of the sample, as it is on disk. */
function body(name) {
  return readFileSync(join(root, 'server/sample', `${name}.json`));
}

/** Ctrl-C while a request is half sent: that one is still answered, then the process ends well. */
async function drain(child, ended, port, printed) {
  const body = '{"id":"drain","imp":[]}';
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  socket.on('error', (error) => {
    answer += `(${error.message})`;
  });
  socket.write(`POST /bid HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(-child.pid, 'SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.write(body.slice(9));
  const end = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, DRAIN_MS_MAX, 'late'))]);
  say(answer.startsWith('HTTP/1.1 400'), 'a request half sent at Ctrl-C is still answered', answer);
  say(end !== 'late' && end.status === 0, `it ends by itself with status 0 (${JSON.stringify(end)})`, printed());
  const gone = await new Promise((resolve) => {
    connect(port, '127.0.0.1')
      .once('error', () => resolve(true))
      .once('connect', () => resolve(false));
  });
  say(gone, 'nothing listens any more', printed());
  let left = true;
  try {
    process.kill(-child.pid, 0);
  } catch {
    left = false; // no process of its group is there
  }
  say(!left, 'no process is left, the trainer neither', printed());
  if (left) process.kill(-child.pid, 'SIGKILL');
}

/** The command printed behind a word. */
function curlIn(text, word) {
  return new RegExp(`^ *${word} +(curl .*)$`, 'm').exec(text)?.[1];
}

function portIn(curl) {
  return Number(/:(\d+)\//.exec(curl)?.[1]);
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // said by the caller, with the text
  }
}

async function until(done, ms) {
  const deadline = Date.now() + ms;
  while (!done() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
}

function say(ok, what, context) {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${what}`);
  if (!ok)
    console.log(
      String(context)
        .trimEnd()
        .split('\n')
        .slice(-40)
        .map((line) => `  ${line}`)
        .join('\n'),
    );
}
