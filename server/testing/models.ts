// Model files for tests of the server: from a seed, by the command a first start runs. `npm test` names a folder for
// what its test files share: there each is made once for all of them.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEED_MODEL_SCRIPT } from '../files.js';

const made = new Map<string, Uint8Array>();

/** Bytes of a model file; each is made once a test process, or once for all. */
export function seededModelFile(seed: number, version: number): Uint8Array {
  const key = `${seed} ${version}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const shared = process.env['TESTS_SHARE'];
  const kept = shared === undefined ? undefined : join(shared, `model-${seed}-${version}.bin`);
  if (kept !== undefined && existsSync(kept)) {
    const file = readFileSync(kept);
    made.set(key, file);
    return file;
  }
  const folder = mkdtempSync(join(shared ?? tmpdir(), 'gavel-model-'));
  try {
    const path = join(folder, 'model.bin');
    const args = [SEED_MODEL_SCRIPT, '--seed', String(seed), '--version', String(version), '--out', path];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`seed_model ended with ${status}: ${stderr}`);
    const file = readFileSync(path);
    made.set(key, file);
    if (kept !== undefined) renameSync(path, kept);
    return file;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
