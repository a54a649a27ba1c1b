#!/usr/bin/env node
// The `gavel` command: builds what is missing on first use, then hands over to the compiled command line.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inPackage = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const built = ['dist/server/cli.js', 'build/hotpath.wasm'].every((file) => existsSync(inPackage(file)));

if (built || spawnSync(process.execPath, [inPackage('assembly/build.mjs')], { stdio: ['ignore', 2, 2] }).status === 0) {
  await import('../dist/server/cli.js');
} else {
  console.error('gavel: the build failed');
  process.exitCode = 1;
}
