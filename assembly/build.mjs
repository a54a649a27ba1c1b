// Builds Gavel: keys and hashes, the modules, the code around them. What is newer than its sources is left alone.
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

/** Each module of AssemblyScript: the folder of its configuration, and the folders it is compiled from. */
const MODULES = [
  { name: 'hotpath', folder: 'assembly', sources: ['assembly'] },
  { name: 'trainer', folder: 'models/fm/assembly', sources: ['models/fm/assembly', 'assembly'] },
  { name: 'network', folder: 'models/nn/assembly', sources: ['models/nn/assembly'] },
];
const stale = MODULES.filter(({ name, sources }) => {
  const module = `${root}build/${name}.wasm`;
  const changed = Math.max(...sources.map((folder) => newest(folder, ['.ts', '.mjs', '.json'])));
  return force || !existsSync(module) || changed > statSync(module).mtimeMs;
});
mkdirSync(`${root}build`, { recursive: true });
// Only then: it writes into assembly/, which makes what is compiled from there stale.
if (stale.some(({ name }) => name === 'hotpath')) run('keys and layout hashes', 'assembly/generate.mjs', []);
for (const { name, folder } of stale) {
  const config = ['--config', `${folder}/asconfig.json`, '--target', 'release'];
  run(`${name}.wasm`, 'node_modules/assemblyscript/bin/asc.js', config);
}

const folders = ['assembly', 'bidcore', 'server', 'models', 'bench', 'loadtest', 'docker', 'k8s'].filter((folder) =>
  existsSync(`${root}${folder}`),
);
const sources = Math.max(...folders.map((folder) => newest(folder, ['.ts'])), statSync(`${root}tsconfig.json`).mtimeMs);
if (force || !existsSync(marker) || sources > statSync(marker).mtimeMs) {
  run('TypeScript', 'node_modules/typescript/bin/tsc', ['--project', 'tsconfig.json']);
}
