// Every query of the dashboards and every alert names metrics and labels that a running bidder exports, every alert has
// its section in the runbook and its unit test, and what is generated is as its sources say.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { campaignsOf } from '../server/testing/campaigns.js';
import { startGavel } from '../server/testing/gavel_process.js';
import { get } from '../server/testing/wire.js';
import { generatedFiles } from './generated_files.js';
import { BOARDS } from './grafana/boards.js';
import { exportedBy, unanswered } from './promql.js';

t.setTimeout(120_000);

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface AlertTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly object[] }[];
}

const alerts: readonly Alert[] = parse(readFileSync('docker/prometheus/alerts.yml', 'utf8')).groups.flatMap(
  ({ rules }: { rules: readonly Alert[] }) => rules,
);

t.test('what alerts and dashboards ask for, a running bidder exports', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }]) });
  const exported = exportedBy((await get(gavel.port, '/metrics')).text);
  for (const { alert, expr } of alerts) t.same(unanswered(expr, exported), [], alert);
  for (const { name, rows } of BOARDS) {
    for (const { title, queries } of rows.flatMap(({ panels }) => panels)) {
      t.same(
        Object.values(queries).flatMap((query) => unanswered(query, exported)),
        [],
        `${name}: ${title}`,
      );
    }
  }
});

t.test('a query that nobody answers is found', async (t) => {
  const exported = exportedBy('a_total{kind="x"} 1\na_total{kind="y"} 2\nb 3\n');
  t.same(unanswered('sum by (kind) (rate(a_total{kind=~"x|y"}[5m])) / b > 0.01 and up == 1', exported), []);
  t.same(unanswered('sum(rate(c_total[5m]))', exported), ['c_total is not exported']);
  t.same(unanswered('a_total{kind=~"x|z"}', exported), ['a_total has no kind z']);
  t.same(unanswered('b{kind="x"}', exported), ['b has no label kind']);
  t.same(unanswered('sum by (sort) (b)', exported), ['nothing in sum by (sort) (b) has a label sort']);
  t.same(unanswered('1 + 1', exported), ['no metric in 1 + 1']);
});

t.test(
  'every alert has a severity, a section in the runbook that its annotation points to, and a unit test',
  async (t) => {
    const page = readFileSync('docs/operations.md', 'utf8');
    const sections = [...page.matchAll(/^### (Gavel\w+)$/gm)].map(([, name]) => name);
    t.same(
      sections,
      alerts.map(({ alert }) => alert),
    );
    const { tests } = parse(readFileSync('docker/prometheus/alerts.test.yml', 'utf8'));
    const played = (tests as readonly AlertTest[]).flatMap(({ alert_rule_test }) => alert_rule_test);
    for (const { alert, labels, annotations } of alerts) {
      t.ok(['critical', 'warning', 'info'].includes(labels.severity), `${alert}: ${labels.severity}`);
      t.equal(annotations.runbook, `docs/operations.md#${alert.toLowerCase()}`);
      const own = played.filter(({ alertname }) => alertname === alert);
      t.ok(
        own.some(({ exp_alerts = [] }) => exp_alerts.length > 0),
        `${alert} fires in a test`,
      );
      t.ok(
        own.some(({ exp_alerts = [] }) => exp_alerts.length === 0),
        `${alert} is silent in a test`,
      );
    }
  },
);

t.test('what npm run generate writes is up to date', async (t) => {
  for (const { path, text } of generatedFiles()) t.equal(readFileSync(path, 'utf8'), text, path);
});
