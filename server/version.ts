// The version of this Gavel, from package.json. Its commit comes from outside, in GAVEL_COMMIT (docker/Dockerfile).

import { readFileSync } from 'node:fs';
import { PACKAGE_FILE } from './files.js';

export const VERSION: string = JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')).version;
