// Files that are written from others, so that the same thing stands in one place: `npm run generate` writes them, a
// test compares.

import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { configurationPage } from '../server/configuration_page.js';
import { BOARDS } from './grafana/boards.js';
import { dashboardOf } from './grafana/dashboard.js';

const ALERTS = 'docker/prometheus/alerts.yml';

export interface GeneratedFile {
  /** From the root of the repository, which is the working folder. */
  readonly path: string;
  readonly text: string;
}

export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { path: 'docs/configuration.md', text: configurationPage() },
    { path: 'k8s/base/prometheus-rule.yaml', text: prometheusRule() },
    ...BOARDS.map((board) => ({
      path: `docker/grafana/dashboards/${board.name}.json`,
      text: `${JSON.stringify(dashboardOf(board), undefined, 2)}\n`,
    })),
  ];
}

/** The alerts as the Prometheus operator takes them. */
function prometheusRule(): string {
  const { groups } = parse(readFileSync(ALERTS, 'utf8'));
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'gavel' },
    spec: { groups },
  };
  return `# Written by npm run generate from ${ALERTS}. Do not edit.\n${stringify(rule, { lineWidth: 0 })}`;
}
