// `npm run check`: what can be said of the sources without running them. Every step runs, so that one call shows all.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const HELP = `npm run check -- [step…]

Runs these steps, or only those named, and exits with 1 if one fails:
  types       tsc --noEmit, strict
  generated   assembly/generated.ts and keys.ts are what assembly/generate.mjs writes
  lint        Biome: lints and format (npx biome check --write mends what it can)
  style       the habits of this code base (.ci/style.mjs --help lists them)`;

const root = fileURLToPath(new URL('..', import.meta.url));
const STEPS = [
  // Without the incremental state: it is the build's, which would take what was only checked for written.
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit', '--incremental', 'false', '--tsBuildInfoFile', 'null']],
  ['generated', ['assembly/generate.mjs', '--check']],
  ['lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--max-diagnostics=30']],
  ['style', ['.ci/style.mjs']],
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some(([step]) => step === name));
if (wanted.includes('--help') || wanted.includes('-h')) console.log(HELP);
else if (unknown.length > 0) {
  console.error(`no step ${unknown.join(', ')}\n\n${HELP}`);
  process.exitCode = 2;
} else process.exitCode = check(STEPS.filter(([step]) => wanted.length === 0 || wanted.includes(step)));

function check(steps) {
  const failed = [];
  for (const [name, args] of steps) {
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
    console.log(`check: ${name} ${status === 0 ? 'ok' : 'FAILED'}`);
    if (status !== 0) failed.push(name);
  }
  return failed.length > 0 ? 1 : 0;
}
