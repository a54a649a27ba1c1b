// The manifests of this folder as objects: the base, and an overlay's resources with its patches in them. It knows of
// kustomize what the overlays here use; that it makes the same of them was compared with kustomize itself.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** A map of a manifest, as YAML has it. */
export type Manifest = { readonly [key: string]: unknown };

interface Kustomization {
  readonly resources: readonly string[];
  readonly patches?: readonly { readonly path?: string; readonly patch?: string; readonly target?: object }[];
}

/** By which the items of a list are the same. */
const MERGE_KEYS = ['name', 'topologyKey'];

/** Objects of a folder with a kustomization.yaml. Patches to a `target` (of names) are left out. */
export function manifestsOf(folder: string): readonly Manifest[] {
  const { resources, patches = [] }: Kustomization = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
  const objects = resources.flatMap((path) =>
    path.endsWith('.yaml') ? documentsIn(join(folder, path)) : manifestsOf(join(folder, path)),
  );
  return patches
    .filter(({ target }) => target === undefined)
    .flatMap(({ path, patch }) => (path === undefined ? [parse(patch ?? '')] : documentsIn(join(folder, path))))
    .reduce(patched, objects);
}

/** Kind and name, as messages and patches name an object. */
export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${(metadata as Manifest | undefined)?.['name']}`;
}

function documentsIn(path: string): Manifest[] {
  return parseAllDocuments(readFileSync(path, 'utf8'), { merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.join('; ')}`);
    return document.toJS();
  });
}

function patched(objects: readonly Manifest[], patch: Manifest): readonly Manifest[] {
  if (!objects.some((object) => nameOf(object) === nameOf(patch))) throw new Error(`nothing is ${nameOf(patch)}`);
  return objects.flatMap((object) => {
    if (nameOf(object) !== nameOf(patch)) return [object];
    return patch['$patch'] === 'delete' ? [] : [merged(object, patch) as Manifest];
  });
}

/** Strategic merge: maps by key, lists of what has a name or a topology key by that, other lists as a whole. */
function merged(base: unknown, patch: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(patch)) {
    const key = MERGE_KEYS.find((name) => patch.every((item) => typeof item?.[name] === 'string'));
    return key === undefined ? patch : mergedList(base, patch, key);
  }
  if (!isMap(base) || !isMap(patch)) return patch;
  const keys = new Set([...Object.keys(base), ...Object.keys(patch)]);
  return Object.fromEntries(
    [...keys].map((key) => [
      key,
      key in patch && key in base ? merged(base[key], patch[key]) : (patch[key] ?? base[key]),
    ]),
  );
}

function mergedList(base: readonly Manifest[], patch: readonly Manifest[], key: string): readonly unknown[] {
  const added = patch.filter((item) => !base.some((other) => other[key] === item[key]));
  const kept = base.flatMap((item) => {
    const own = patch.find((other) => other[key] === item[key]);
    if (own === undefined) return [item];
    return own['$patch'] === 'delete' ? [] : [merged(item, own)];
  });
  return [...kept, ...added];
}

function isMap(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
