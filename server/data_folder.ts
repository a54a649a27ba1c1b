// The data folder, and what a first start puts into it: the sample campaigns, a model from a seed, the keys.
// Only default paths are filled: a path that somebody set and that is not there is a mistake to report.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.js';
import { SAMPLE_CAMPAIGNS, SEED_MODEL_SCRIPT } from './files.js';

const NOTICE_KEY_BYTES = 16;
const ADMIN_KEY_BYTES = 24;
const MODEL_SEED = '1';

/** The secrets of a node. Never logged. */
export interface Keys {
  /** 16 bytes that sign notice tokens. */
  readonly notice: Uint8Array;
  /** Opens the admin port. */
  readonly admin: string;
}

/** Something the start needs is not there. */
export interface DataError {
  readonly code: 'data_folder';
  readonly problem: string;
}

/**
 * Makes the folder and what is missing in it.
 * @param note is told, in a line, of each thing that was made
 * @returns the keys, or what stands in the way
 */
export async function prepareData(config: Config, note: (line: string) => void): Promise<Keys | DataError> {
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
    return {
      notice: config.noticeKey ?? (await keptNoticeKey(join(config.dataDir, 'notice.key'))),
      admin: config.adminKey ?? (await keptAdminKey(adminKeyPath(config), note)),
    };
  } catch (error) {
    return { code: 'data_folder', problem: (error as Error).message };
  }
}

/** Tells the keys from the error `prepareData` returns. */
export function isDataError(value: Keys | DataError): value is DataError {
  return 'problem' in value;
}

/** Where the admin key is kept if the environment has none. */
export function adminKeyPath(config: Config): string {
  return join(config.dataDir, 'admin.key');
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

/** Hexadecimal text, so that it can be handed to another node's environment. */
async function keptNoticeKey(path: string): Promise<Uint8Array> {
  const text = await keptKey(path, NOTICE_KEY_BYTES);
  if (!/^[0-9a-fA-F]{32}$/.test(text)) throw new Error(`${path} does not hold 32 hexadecimal digits`);
  return Buffer.from(text, 'hex');
}

/** A key that was made is told: once, to whoever starts Gavel. */
async function keptAdminKey(path: string, note: (line: string) => void): Promise<string> {
  const isNew = !(await exists(path));
  const text = await keptKey(path, ADMIN_KEY_BYTES);
  if (isNew) note(`made the admin key ${text}\n     told this once; it is kept in ${path}`);
  if (!/^[\x21-\x7e]{16,256}$/.test(text)) {
    throw new Error(`${path} does not hold 16 to 256 printable characters without spaces`);
  }
  return text;
}

/** The text of a key's file, which is made on first use, for the owner's eyes only. */
async function keptKey(path: string, bytes: number): Promise<string> {
  if (!(await exists(path))) {
    await writeFile(path, `${randomBytes(bytes).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  }
  return (await readFile(path, 'utf8')).trim();
}
