// The data folder, and what a first start puts into it: the sample campaigns, a model from a seed, the notice key.
// Only default paths are filled: a path that somebody set and that is not there is a mistake to report.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.js';
import { SAMPLE_CAMPAIGNS, SEED_MODEL_SCRIPT } from './files.js';

const NOTICE_KEY_BYTES = 16;
const MODEL_SEED = '1';

/** Something the start needs is not there. */
export interface DataError {
  readonly code: 'data_folder';
  readonly problem: string;
}

/**
 * Makes the folder and what is missing in it.
 * @param note is told, in a line, of each thing that was made
 * @returns the notice key, or what stands in the way
 */
export async function prepareData(config: Config, note: (line: string) => void): Promise<Uint8Array | DataError> {
  try {
    await mkdir(config.dataDir, { recursive: true });
    if (config.campaignsAreDefault && !(await exists(config.campaignsPath))) {
      await copyFile(SAMPLE_CAMPAIGNS, config.campaignsPath, constants.COPYFILE_EXCL);
      note(`made ${config.campaignsPath} from the sample`);
    }
    if (config.modelIsDefault && !(await exists(config.modelPath))) {
      await seedModel(config.modelPath);
      note(`made ${config.modelPath} from seed ${MODEL_SEED}`);
    }
    return config.noticeKey ?? (await keptNoticeKey(join(config.dataDir, 'notice.key')));
  } catch (error) {
    return { code: 'data_folder', problem: (error as Error).message };
  }
}

/** Tells the notice key from the error `prepareData` returns. */
export function isDataError(value: Uint8Array | DataError): value is DataError {
  return 'problem' in value;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Written beside its place and moved there, so that an interrupted start leaves no half a model. */
async function seedModel(path: string): Promise<void> {
  const unfinished = `${path}.new`;
  const args = [SEED_MODEL_SCRIPT, '--seed', MODEL_SEED, '--out', unfinished];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Error(`could not make ${path}: the model command ended with ${code}: ${complaint}`);
  await rename(unfinished, path);
}

/** The key of the file, made on first use. Hexadecimal text, so that it can be handed to another node's environment. */
async function keptNoticeKey(path: string): Promise<Uint8Array> {
  if (!(await exists(path))) {
    await writeFile(path, `${randomBytes(NOTICE_KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  }
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-fA-F]{32}$/.test(text)) throw new Error(`${path} does not hold 32 hexadecimal digits`);
  return Buffer.from(text, 'hex');
}
