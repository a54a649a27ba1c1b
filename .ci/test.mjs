// `npm test`: builds, then runs every test file as a plain node script and adds up its TAP.
//
// tap's own runner is left out on purpose: it hooks its loaders into every child process and worker, and these tests
// start servers and workers whose speed matters. The sources are walked, not dist/, so a stale file there never runs
// and a test that was not compiled cannot be forgotten.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Parser } from 'tap-parser';

const HELP = `npm test -- [options] [filter…]

Builds what is out of date and runs all tests, or those whose path contains one of the filters:
  npm test -- bidcore server/http

  --jobs N        test files at once (default 3: many wait more than they compute)
  --timeout-s N   seconds one test file may take (default 240)
  --no-build      run what is in dist/ as it is

The last line is "N passed, N failed": assertions, plus one failure for each test file that crashes, times out or
makes no assertion. Exits with 1 if anything failed.`;

const FOLDERS = ['assembly', 'bidcore', 'models', 'server', 'bench', 'loadtest', 'docker', 'k8s'];
/** Begun first, the longest first, so that the lanes end together. */
const LONGEST = ['models/sidecar/sidecar', 'models/sidecar/kill', 'bench/bench', 'server/api/contract', 'server/cli'];
const STDERR_LINES_MAX = 60;
const root = fileURLToPath(new URL('..', import.meta.url));

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    jobs: { type: 'string', default: '3' },
    'timeout-s': { type: 'string', default: '240' },
    'no-build': { type: 'boolean', default: false },
  },
});
const jobs = positive('jobs', options.jobs);
const timeoutS = positive('timeout-s', options['timeout-s']);

/** Where test files find what another has made already. */
const share = mkdtempSync(join(tmpdir(), 'gavel-tests-'));
process.once('exit', () => rmSync(share, { recursive: true, force: true }));

/** Test files being run: their process groups go with us. */
const running = new Set();

if (options.help) console.log(HELP);
else process.exitCode = await main();

async function main() {
  process.once('SIGINT', () => stop(130));
  process.once('SIGTERM', () => stop(143));
  if (!options['no-build'] && !build()) {
    console.log('\nthe build failed, so no test ran\n\n0 passed, 1 failed');
    return 1;
  }
  const sources = testSources();
  if (sources.length === 0) {
    console.log(`no test file matches ${filters.join(' ') || 'anything'}\n\n0 passed, 1 failed`);
    return 1;
  }
  const results = [];
  const queue = [...sources];
  const lane = async () => {
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      const result = await run(source);
      results.push(result);
      console.log(resultLine(result));
    }
  };
  await Promise.all(Array.from({ length: jobs }, lane));
  for (const result of results.filter((r) => r.failed > 0)) console.log(failureText(result));
  const passed = results.reduce((sum, r) => sum + r.passed, 0);
  const failed = results.reduce((sum, r) => sum + r.failed, 0);
  const skipped = results.reduce((sum, r) => sum + r.skipped.length, 0);
  for (const result of results) for (const name of result.skipped) console.log(`skipped: ${result.source}: ${name}`);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

function build() {
  return spawnSync(process.execPath, ['assembly/build.mjs'], { cwd: root, stdio: 'inherit' }).status === 0;
}

function positive(name, text) {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} wants a whole number above 0, not ${text}`);
  process.exit(2);
}

function testSources() {
  return FOLDERS.filter((folder) => existsSync(root + folder))
    .flatMap((folder) => readdirSync(root + folder, { recursive: true }).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
}

function rankOf(path) {
  const at = LONGEST.findIndex((name) => path === `${name}.test.ts`);
  return at < 0 ? LONGEST.length : at;
}

/** Runs one test file and counts its assertions; what goes wrong around them counts as one failure. */
function run(source) {
  const started = Date.now();
  const result = { source, passed: 0, failed: 0, skipped: [], problems: [], stderr: '', seconds: 0 };
  const script = `${root}dist/${source.replace(/\.ts$/, '.js')}`;
  if (!existsSync(script)) {
    return Promise.resolve({ ...result, failed: 1, problems: [{ name: 'not compiled: dist/ has no such file' }] });
  }
  return new Promise((resolve) => {
    // Its own process group, so that a test which hangs takes the servers it started with it.
    const child = spawn(process.execPath, ['--enable-source-maps', '--expose-gc', script], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TAP_TIMEOUT: String(timeoutS), TESTS_SHARE: share },
    });
    running.add(child);
    const parser = new Parser();
    parser.on('pass', () => result.passed++);
    parser.on('skip', (test) => result.skipped.push(test.fullname));
    parser.on('fail', (test) => {
      result.failed++;
      result.problems.push({ name: test.fullname || test.name, diag: test.diag });
    });
    child.stdout.pipe(parser);
    child.stderr.setEncoding('utf8').on('data', (text) => {
      result.stderr = (result.stderr + text).slice(-1_000_000);
    });
    let timedOut = false;
    // tap gives up first and says what was still open; this is for a file that does not even do that.
    const timer = setTimeout(
      () => {
        timedOut = true;
        killGroup(child);
      },
      timeoutS * 1000 + 5000,
    );
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      running.delete(child);
      result.seconds = (Date.now() - started) / 1000;
      const around = (name) => {
        result.failed++;
        result.problems.push({ name });
      };
      const finished = parser.results?.ok === true;
      if (timedOut) around(`timed out after ${timeoutS} s`);
      else if (signal) around(`ended by ${signal}`);
      else if (status !== 0 && result.failed === 0) around(`ended with status ${status}`);
      else if (!finished && result.failed === 0) around('its TAP is incomplete: a plan not kept, or a test not ended');
      else if (result.passed + result.failed + result.skipped.length === 0) around('made no assertion');
      resolve(result);
    });
  });
}

function resultLine({ source, passed, failed, seconds }) {
  const counts = failed > 0 ? `${passed} passed, ${failed} failed` : `${passed} passed`;
  return `${failed > 0 ? 'FAIL' : 'ok  '} ${source.padEnd(48)} ${counts.padStart(10)}  ${seconds.toFixed(1)} s`;
}

function failureText({ source, problems, stderr }) {
  const lines = [`\nFAIL ${source}`];
  for (const { name, diag } of problems) {
    lines.push(`  ${name}`);
    for (const [key, value] of Object.entries(diag ?? {})) {
      if (key === 'at' && value !== null && typeof value === 'object') {
        lines.push(`    at ${value.fileName}:${value.lineNumber}:${value.columnNumber}`);
      } else if (key !== 'source' && key !== 'stack') {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        lines.push(`    ${key}: ${text.trimEnd().replaceAll('\n', '\n      ')}`);
      }
    }
  }
  const errors = stderr.trimEnd().split('\n').slice(-STDERR_LINES_MAX);
  if (stderr.trim() !== '') lines.push('  standard error:', ...errors.map((line) => `    ${line}`));
  return lines.join('\n');
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function stop(status) {
  for (const child of running) killGroup(child);
  process.exit(status);
}
