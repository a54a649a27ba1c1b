// The habits of this code base as a test: what a formatter and a linter do not know. Prints file:line for each lapse.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

const COLUMNS_MAX = 120;
const LINES_MAX = 400;
/** The one map of the memory is one file, however long. */
const LONG_FILES = ['assembly/memory_map.ts'];

const HELP = `node .ci/style.mjs

Checks every source file (.ts, .mjs, .js, .sh and .ci/run):
  opening     it opens with a comment that says what it is for
  columns     no line is over ${COLUMNS_MAX} columns
  length      no file is over ${LINES_MAX} lines, except what is generated
  any         no \`any\` in TypeScript
  arrows      imports run one way: server and models to bidcore to assembly; only loadtest to bench, nothing to loadtest
  paths       no path of somebody's machine
and of package-lock.json, that it names no registry host.`;

/** A room, and the rooms it may import from. Tests keep to it as well. */
const ARROWS = {
  assembly: ['assembly'],
  bidcore: ['bidcore', 'assembly'],
  models: ['models', 'bidcore', 'assembly'],
  server: ['server', 'bidcore', 'assembly'],
  bench: ['bench', 'server', 'models', 'bidcore', 'assembly'],
  loadtest: ['loadtest', 'bench', 'server', 'models', 'bidcore', 'assembly'],
  docker: ['docker', 'server', 'bidcore', 'assembly'],
  k8s: ['k8s', 'docker', 'server', 'bidcore', 'assembly'],
  '.ci': ['.ci'],
};
/** The clients of the bus, which is where `server` and `models` meet: they import nothing else of `server`. */
const BUS = /^server\/(event_log|redis|testing|log\.)/;
const SOURCE = /\.(ts|mts|mjs|js|sh)$|^\.ci\/run$/;
const IMPORT =
  /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]|\bnew URL\(\s*['"](\.{1,2}\/[^'"]+\.(?:js|ts))['"]/g;
const ANY = /(?::|\bas|\bextends)\s+any\b|[<|]\s*any\b|\bany\s*[>|]|\bany\[\]/;
/** Homes and work folders; `/tmp` and system folders are everybody's. */
const MACHINE_PATH = /(?:^|[\s'"`=(])\/(?:work|home|root|Users|mnt)\/\w/;

const root = fileURLToPath(new URL('..', import.meta.url));
const problems = [];

if (process.argv.includes('--help') || process.argv.includes('-h')) console.log(HELP);
else {
  const files = sources();
  for (const file of files) checkFile(file, readFileSync(root + file, 'utf8'));
  checkLockFile();
  for (const problem of problems) console.error(problem);
  console.log(`style: ${files.length} files, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

function sources() {
  return Object.keys(ARROWS)
    .filter((room) => existsSync(root + room))
    .flatMap((room) => readdirSync(root + room, { recursive: true }).map((name) => `${room}/${name}`))
    .filter((file) => SOURCE.test(file) && !file.includes('node_modules/'))
    .sort();
}

function checkFile(file, text) {
  const lines = text.replace(/\n$/, '').split('\n');
  const opening = lines.find((line) => line.trim() !== '' && !line.startsWith('#!')) ?? '';
  if (!/^(\/\/|\/\*|#)/.test(opening)) report(file, 1, 'opening', 'open with a comment that says what the file is for');
  const generated = /^\/\/ Written by \S+\. Do not edit\./.test(opening);
  if (lines.length > LINES_MAX && !generated && !LONG_FILES.includes(file))
    report(file, LINES_MAX + 1, 'length', `${lines.length} lines`);
  lines.forEach((line, index) => {
    const columns = [...line].length;
    if (columns > COLUMNS_MAX && !generated) report(file, index + 1, 'columns', `${columns} columns`);
    if (MACHINE_PATH.test(line)) report(file, index + 1, 'paths', line.trim());
    const code = line.replace(/(^|[^:])\/\/.*$/, '$1');
    const typeScript = /\.m?ts$/.test(file) && !file.startsWith('assembly/'); // AssemblyScript has no such type
    if (typeScript && !/^\s*\*/.test(line) && ANY.test(code)) report(file, index + 1, 'any', line.trim());
  });
  checkArrows(file, text);
}

function checkArrows(file, text) {
  const room = file.split('/')[0];
  for (const match of text.matchAll(IMPORT)) {
    const path = normalize(`${dirname(file)}/${match[1] ?? match[2]}`);
    const target = path.split('/')[0];
    if (room === 'models' && BUS.test(path)) continue;
    if (target in ARROWS && !ARROWS[room].includes(target)) {
      report(file, text.slice(0, match.index).split('\n').length, 'arrows', `${room} may not import from ${target}`);
    }
  }
}

/** A lock file that names a host installs only where that host is reached. */
function checkLockFile() {
  readFileSync(`${root}package-lock.json`, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      if (/"resolved": "https?:/.test(line)) report('package-lock.json', index + 1, 'paths', line.trim());
    });
}

function report(file, line, habit, what) {
  problems.push(`${file}:${line}: ${habit}: ${what}`);
}
