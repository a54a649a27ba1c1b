// `npm run generate`: writes what is written from other files (docker/generated_files.ts).

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatedFiles } from './generated_files.js';

const HELP = `npm run generate

Writes docs/configuration.md from the schema of the environment, the Grafana dashboards from docker/grafana/boards.ts,
and k8s/base/prometheus-rule.yaml from docker/prometheus/alerts.yml.
`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) process.stdout.write(HELP);
else if (args.length > 0) {
  process.stderr.write(`generate: unknown argument ${args.join(' ')}; see --help\n`);
  process.exitCode = 2;
} else {
  for (const { path, text } of generatedFiles()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stderr.write(`wrote ${path}\n`);
  }
}
