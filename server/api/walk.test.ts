// The walk of the README, from an empty database to a campaign that spends, run as it is printed there: nothing but
// the ports is another.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { operatorOf } from '../testing/api_client.js';
import { startGavelWithCluster } from '../testing/gavel_process.js';

t.setTimeout(180_000);

const DOCUMENT = fileURLToPath(new URL('../../../README.md', import.meta.url));
const HEADING = '## From an empty database to a campaign that spends';

t.test('the walk of the README ends with money spent', async (t) => {
  const text = readFileSync(DOCUMENT, 'utf8');
  const section = text.slice(text.indexOf(HEADING)).split(/\n## /)[0] ?? '';
  const commands = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, lines = '']) => lines).join('');
  t.match(commands, /\/campaign\/create.*\/openrtb2\/bid.*\/reports/s);
  const gavel = await startGavelWithCluster(t, { env: { GAVEL_JOBS: 'on' } });
  const script = commands
    .replaceAll('127.0.0.1:7507', `127.0.0.1:${gavel.port}`)
    .replaceAll('127.0.0.1:7508', `127.0.0.1:${gavel.adminPort}`)
    .replaceAll('.gavel/', `${join(gavel.dataDir)}/`);
  const bash = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: dirname(DOCUMENT) });
  const { stdout, stderr } = await bash.catch((error: Error & { stdout?: string }) => {
    throw new Error(`${error.message}\n${error.stdout}\n${gavel.log}`);
  });
  const report = stdout.trim().split('\n').at(-1) ?? '';
  t.match(report, /"spring"/, `${stdout}\n${stderr}`);
  const { items } = JSON.parse(report) as { items: readonly object[] };
  t.match(items, [{ campaign: 'spring', spend_micros: 200 }]);
  const root = await operatorOf(gavel);
  const byCountry = await root.call('GET /accounts/acme/reports?granularity=total&group_by=geo&metrics=spend_micros');
  t.match(byCountry.body, { items: [{ geo: 'DEU', spend_micros: 200 }] }, 'in the country of the bid request');
});
