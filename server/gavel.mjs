#!/usr/bin/env node
// The `gavel` command: builds what is missing on first use, then hands over to a compiled program: that of the bidder,
// of the trainer, of the models, or the command line of server/ for all the rest (server/cli/table.ts has them all).

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inPackage = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const built = ['dist/server/cli.js', 'build/hotpath.wasm'].every((file) => existsSync(inPackage(file)));

if (built || spawnSync(process.execPath, [inPackage('assembly/build.mjs')], { stdio: ['ignore', 2, 2] }).status === 0) {
  process.setSourceMapsEnabled(true);
  const scripts = {
    serve: '../dist/server/main.js',
    train: '../dist/models/sidecar/main.js',
    models: '../dist/models/registry/cli.js',
  };
  const script = Object.hasOwn(scripts, process.argv[2] ?? '') ? scripts[process.argv[2]] : undefined;
  if (script !== undefined) process.argv.splice(2, 1);
  await import(script ?? '../dist/server/cli.js');
} else {
  console.error('gavel: the build failed');
  process.exitCode = 1;
}
