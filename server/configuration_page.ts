// docs/configuration.md, from the schema of the environment: what a key means stands in one place. `npm run generate`
// writes it, a test compares.

import type { DescribedKey } from '../bidcore/environment.js';
import { configurationKeys } from './config.js';

const TRAINER_PREFIX = 'GAVEL_TRAIN_';

const HEAD = `# Configuration

Written by \`npm run generate\` from the schema (\`server/config.ts\`, \`bidcore/trainer_keys.ts\`); do not edit.
\`npm start -- --help\` prints the same.

Everything is set by environment variables; an empty one counts as not set. The start is refused, with every problem
at once, when a value does not fit or a key that begins with \`GAVEL_\` is not one of these: a misspelt key must not be
found out by its absence. At its start a bidder logs what it runs with, without the secrets.
`;

/** The whole page. */
export function configurationPage(): string {
  const keys = configurationKeys();
  const ofTrainer = ({ name }: DescribedKey): boolean => name.startsWith(TRAINER_PREFIX);
  return `${HEAD}
## Bidder

${table(keys.filter((key) => !ofTrainer(key)))}
## Trainer

Read by the trainer, beside a bidder or by itself ([training.md](training.md)).

${table(keys.filter(ofTrainer))}`;
}

function table(keys: readonly DescribedKey[]): string {
  const rows = keys.map(({ name, fallback, help }) => `| \`${name}\` | ${fallback} | ${help} |\n`);
  return `| key | default | meaning |\n|---|---|---|\n${rows.join('')}`;
}
