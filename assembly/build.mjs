// Builds Gavel: keys and hashes, the module, the code around it. What is newer than its sources is left alone.
//   node assembly/build.mjs [--force]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const force = process.argv.includes('--force');
const marker = `${root}dist/.tsbuildinfo`;

function run(what, script, args) {
  const started = Date.now();
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    rmSync(marker, { force: true }); // tsc writes it also after an error; the next build must not take it for done
    console.error(`build: ${what} failed`);
    process.exit(1);
  }
  console.error(`build: ${what} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

/** Latest change below a folder, of files with one of the endings. */
function newest(folder, endings) {
  return Math.max(
    0,
    ...readdirSync(`${root}${folder}`, { recursive: true })
      .filter((name) => endings.some((ending) => name.endsWith(ending)))
      .map((name) => statSync(`${root}${folder}/${name}`).mtimeMs),
  );
}

const module = `${root}build/hotpath.wasm`;
if (force || !existsSync(module) || newest('assembly', ['.ts', '.mjs', '.json']) > statSync(module).mtimeMs) {
  run('keys and layout hashes', 'assembly/generate.mjs', []);
  mkdirSync(`${root}build`, { recursive: true });
  run('hotpath.wasm', 'node_modules/assemblyscript/bin/asc.js', [
    '--config',
    'assembly/asconfig.json',
    '--target',
    'release',
  ]);
}

const folders = ['assembly', 'bidcore', 'server', 'models', 'bench', 'loadtest'].filter((folder) =>
  existsSync(`${root}${folder}`),
);
const sources = Math.max(...folders.map((folder) => newest(folder, ['.ts'])), statSync(`${root}tsconfig.json`).mtimeMs);
if (force || !existsSync(marker) || sources > statSync(marker).mtimeMs) {
  run('TypeScript', 'node_modules/typescript/bin/tsc', ['--project', 'tsconfig.json']);
}
