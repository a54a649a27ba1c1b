// Where the files that come with the package stand, from the compiled code's point of view (`dist/server/`).

import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

const inPackage = (name: string): string => fileURLToPath(new URL(name, ROOT));

export const PACKAGE_FILE = inPackage('package.json');
export const HOTPATH_MODULE = inPackage('build/hotpath.wasm');
export const SAMPLE_CAMPAIGNS = inPackage('server/sample/campaigns.json');
export const SAMPLE_REQUEST = inPackage('server/sample/request.json');
export const SEED_MODEL_SCRIPT = inPackage('dist/models/seed_model.js');
export const SIMULATOR_SCRIPT = inPackage('dist/loadtest/main.js');
export const MODELS_SCRIPT = inPackage('dist/models/registry/cli.js');
export const TRAINER_SCRIPT = inPackage('dist/models/sidecar/main.js');
