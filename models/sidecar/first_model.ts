// The model that a sidecar begins with, and where in the events that model stands: the one that bids. Where the bus was
// never used, or has lost what it had, the newest this node knows becomes the first of the registry.

import { readFile } from 'node:fs/promises';
import { isModelFileError, readModelFile } from '../../bidcore/model_file.js';
import { FolderBus } from '../bus/folder_bus.js';
import { isBusProblem, type Shelf } from '../bus/shelf.js';
import { isKeeperProblem, type Keeper } from '../registry/keeper.js';
import { promote } from '../registry/registry.js';
import type { Settings } from './settings.js';
import type { Positions } from './source.js';

export interface FirstModel {
  readonly version: number;
  readonly image: Uint8Array;
  /** Behind the events it has learned; none where that is not known. */
  readonly positions: Positions;
}

interface Problem {
  readonly problem: string;
}

/** Finds it: on the bus, else the copy that this node's bidder keeps of what it bids with, else `model.bin`. */
export async function firstModel(
  keeper: Keeper,
  { modelsDir, modelPath }: Pick<Settings, 'modelsDir' | 'modelPath'>,
): Promise<FirstModel | Problem> {
  const shelf = await keeper.read();
  if (isBusProblem(shelf)) return shelf;
  const { bus } = keeper;
  if (shelf.pointer !== undefined) {
    const { control } = shelf.pointer;
    const file = await bus.readModel(control);
    if (file === undefined) return { problem: `${bus.where} has no bytes of version ${control}` };
    if (isBusProblem(file)) return file;
    return modelOf(file, bus.where, positionsOf(shelf.entries.get(control)?.data?.positions));
  }
  const copy = bus.where === modelsDir ? undefined : await copyIn(modelsDir);
  if (copy !== undefined) return begun(keeper, copy, `${modelsDir}, for ${bus.where} has none`);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(modelPath));
  } catch (error) {
    return { problem: (error as Error).message };
  }
  const model = modelOf(bytes, modelPath);
  return 'problem' in model ? model : begun(keeper, model, modelPath);
}

/** What a bidder with Redis keeps in its folder: the pointer and the bytes of what is live. */
async function copyIn(folder: string): Promise<FirstModel | undefined> {
  const copies = new FolderBus(folder);
  const shelf = await copies.read();
  if (isBusProblem(shelf) || shelf.pointer === undefined) return undefined;
  const file = await copies.readModel(shelf.pointer.control);
  if (file === undefined || isBusProblem(file)) return undefined;
  const model = modelOf(file, folder);
  return 'problem' in model ? undefined : model;
}

/** Begins the registry with a model, under the number it has if that is free. */
async function begun(keeper: Keeper, model: FirstModel, where: string): Promise<FirstModel | Problem> {
  const reason = `found in ${where}, when the registry began`;
  const draft = { parent: 0, state: 'candidate', reason, origin: 'found' } as const;
  const entry = await keeper.add(model.image, draft, model.version - 1);
  if (isKeeperProblem(entry)) return entry;
  const after: Shelf | Problem = await keeper.take((now, nowMs) => promote(now, entry.version, reason, nowMs));
  return isKeeperProblem(after) ? after : { ...model, version: entry.version };
}

function modelOf(file: Uint8Array, where: string, positions: Positions = {}): FirstModel | Problem {
  const model = readModelFile(file);
  if (isModelFileError(model)) return { problem: `${where}: ${model.problem}` };
  return { version: model.version, image: model.image, positions };
}

/** Positions as an entry of the registry has them; none of a model that was not trained from these events. */
function positionsOf(text: string | undefined): Positions {
  try {
    return text === undefined ? {} : (JSON.parse(text) as Positions);
  } catch {
    return {}; // an entry somebody has written by hand: the same as none
  }
}
