// The command line as far as its table tells: help, completion, what is misspelt; and its commands on a database.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { experiment } from '../../bidcore/experiments/experiment_schema.js';
import { allocationPlan, planColumns } from '../allocation/plan.js';
import type { CommandResult } from '../cli_command.js';
import { writeDraft } from '../experiments/stored.js';
import { embeddedFolder, openDatabase } from '../sql/database.js';
import { isDatabaseError } from '../sql/errors.js';
import { startPostgres } from '../testing/postgres_server.js';
import { runLine } from './line.js';
import { nearest } from './suggestion.js';
import { COMMANDS } from './table.js';

const folder = mkdtempSync(join(tmpdir(), 'gavel-line-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const run = (line: string, environment: Record<string, string> = {}): Promise<CommandResult> =>
  runLine(line.split(' ').filter(Boolean), { GAVEL_DATA_DIR: folder, ...environment }, () => undefined);

t.test('each command has a page that names its verbs and options', async (t) => {
  const { output } = await run('--help');
  for (const { name, verbs, options } of COMMANDS) {
    t.match(output, new RegExp(`^  ${name} `, 'm'));
    const page = await run(`${name} --help`);
    t.equal(page.status, 0);
    for (const verb of verbs) t.match(page.output, `gavel ${name} ${verb.name}`);
    for (const option of options) t.match(page.output, `-${option.name}`);
    t.ok(
      page.output.split('\n').every((text) => text.length <= 120),
      `${name}: lines fit`,
    );
    t.equal((await run(`help ${name}`)).output, page.output);
  }
});

t.test('programs of their own are those that gavel.mjs hands over to, with the verbs of their help', async (t) => {
  const script = fileURLToPath(new URL('../../../server/gavel.mjs', import.meta.url));
  const names = [...readFileSync(script, 'utf8').matchAll(/^ {4}(\w+): '\.\.\/dist/gm)].map(([, name]) => name);
  const own = COMMANDS.filter((entry) => entry.run === undefined && entry.name !== 'completion');
  t.same(
    names,
    own.map(({ name }) => name),
  );
  for (const { name, verbs, options } of own) {
    const { stdout } = spawnSync(process.execPath, [script, name, '--help'], { encoding: 'utf8' });
    for (const verb of verbs) t.match(stdout, `gavel ${name} ${verb.name}`);
    for (const option of options) t.match(stdout, `--${option.name}`, `${name} --${option.name}`);
    t.match(await run(name), { status: 1, problems: [/npx gavel/] }, 'not without gavel.mjs');
  }
});

t.test('what is misspelt ends with 2 and the word that is near', async (t) => {
  const cases: [string, RegExp][] = [
    ['campaings check x', /^no command campaings; did you mean campaigns\?/],
    ['experiment list', /did you mean experiments\?/],
    ['xyzzy', /^no command xyzzy$/],
    ['events tial', /^no command events tial; did you mean tail\?/],
    ['events tail --folow', /^events tail has no option --folow; did you mean --follow\?/],
    ['events count -n 5', /^events count takes no -n/],
    ['keys create --rol admin', /did you mean --role\?/],
    ['keys', /^say which: keys create, keys list, keys rotate ID, keys revoke ID/],
    ['keys create --role boss', /--role boss is none of viewer, trader, admin/],
    ['keys create --expires soon', /--expires soon is not a time/],
    ['keys create --expires 2020-01-01', /--expires 2020-01-01 is over already/],
    ['keys create --scope campaings', /--scope campaings is none of .*; did you mean campaigns\?/],
    ['seed --hlep', /did you mean --help\?/],
    ['keys revoke', /takes one id/],
    ['completion tcsh', /no command completion tcsh/],
  ];
  for (const [line, problem] of cases) {
    const { status, problems, output } = await run(line, { DATABASE_URL: 'postgres://127.0.0.1:1/none' });
    t.equal(status, 2, line);
    t.match(problems[0], problem);
    t.match(problems[1], /--help says what is understood/);
    t.equal(output, '');
  }
  t.equal(nearest('e', ['events']), undefined, 'one letter is near to too much');
});

t.test('bash completes commands, verbs, options and files', async (t) => {
  writeFileSync(join(folder, 'camp.json'), '{}');
  const { output } = await run('completion bash');
  const complete = (...words: string[]): string[] => {
    const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
    const script = `${output}\n${set}\n_gavel\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
    t.equal(stderr, '');
    return stdout.split('\n').filter(Boolean);
  };
  t.same(complete('gavel', 'ex'), ['export', 'explain', 'experiments']);
  t.same(complete('gavel', 'events', ''), ['tail', 'count', 'verify']);
  t.same(complete('gavel', 'events', 'tail', '--fo'), ['--folder', '--follow']);
  t.same(complete('gavel', 'import', 'cam'), ['camp.json']);
  const registered = spawnSync('bash', ['-c', `${output}\ncomplete -p gavel`], { encoding: 'utf8' });
  t.match(registered.stdout, /-F _gavel gavel/);
});

t.test('the scripts of zsh and fish name every command and verb', async (t) => {
  for (const shell of ['zsh', 'fish']) {
    const { output } = await run(`completion ${shell}`);
    const words = COMMANDS.flatMap(({ name, verbs }) => [name, ...verbs.map((verb) => verb.name)]);
    for (const word of words) t.match(output, new RegExp(`\\b${word}\\b`), `${shell}: ${word}`);
  }
});

t.test('keys, experiments and allocation on a database', async (t) => {
  const site = await startPostgres();
  t.teardown(() => site.stop());
  const there = { DATABASE_URL: await site.database() };
  const json = async (line: string): Promise<Record<string, unknown>> => {
    const { status, output, problems } = await run(`${line} --json`, there);
    t.equal(status, 0, `${line}: ${problems.join()}`);
    return JSON.parse(output);
  };
  t.match(await run('keys list', there), { status: 1, problems: [/npx gavel migrate/] });
  t.equal((await run('migrate', there)).status, 0);
  t.match(await run('keys list', there), { status: 1, problems: [/no accounts yet/] });
  t.equal((await run('seed', there)).status, 0);
  const several = await run('keys list', there);
  const account = /--account: ([\w-]+)/.exec(several.problems[0] ?? '')?.[1] ?? '';
  t.match(several, { status: 2 }, 'there is more than one account');

  const made = await json(`keys create --account ${account} --role trader --scope campaigns --scope reports`);
  t.match(made, { account, role: 'trader', key: /^gavel_[0-9a-f]{10}_/ });
  t.match(await run('keys create --installation', there), { status: 0, output: /^gavel_\S{54}\n$/ });
  t.match((await run('keys list --installation', there)).output, /admin {3}good/);
  const rotated = await json(`keys rotate ${made['id']} --account ${account}`);
  t.not(rotated['key'], made['key']);
  const shown = (await run(`keys list --account ${account} --json`, there)).output.trim().split('\n');
  t.match(
    shown.map((line) => JSON.parse(line)),
    [
      { id: made['id'], scopes: ['campaigns', 'reports'], revoked_at: String },
      { id: rotated['id'], role: 'trader', scopes: ['campaigns', 'reports'], revoked_at: null },
    ],
  );
  t.notMatch(shown.join(), String(rotated['key']), 'a key is told once');
  t.match(await json(`keys revoke ${rotated['id']} --account ${account}`), { revoked: true });
  t.match(await run(`keys revoke none --account ${account}`, there), { status: 1, problems: [/there is no key none/] });

  const database = await openDatabase({ url: there.DATABASE_URL, folder: undefined });
  if (isDatabaseError(database)) throw new Error(database.problem);
  t.teardown(() => database.close());
  const metric = { name: 'ordered', kind: 'rate', baseline: 0.1 } as const;
  const arms = [{ name: 'now' }, { name: 'new' }];
  await writeDraft(database.db, account, experiment.parse({ id: 'copy', name: 'Copy', arms, metric }));
  t.match((await run(`experiments list --account ${account}`, there)).output, /^copy {2}draft/);
  t.match(await json(`experiments start copy --account ${account}`), { status: 'running', left: [] });
  t.match((await run(`experiments results copy --account ${account}`, there)).output, /0 units[\s\S]*units an arm/);
  t.match(await run(`experiments start copy --account ${account}`, there), {
    status: 1,
    problems: [/running already/],
  });
  t.match(await json(`experiments stop copy --account ${account}`), { status: 'stopped' });
  t.match(await json(`experiments show copy --account ${account}`), { id: 'copy', status: 'stopped' });
  t.match(await run(`experiments show none --account ${account}`, there), {
    status: 1,
    problems: [/no experiment none/],
  });

  const columns = planColumns(allocationPlan.parse({ method: { type: 'proportional' }, total_micros: 9e6 }));
  const { db } = database;
  t.match(await run(`allocation dry-run --account ${account}`, there), { status: 1, problems: [/no allocation plan/] });
  await db
    .insertInto('allocation_plans')
    .values({ account_id: account, ...columns })
    .execute();
  await db.updateTable('campaigns').set({ daily_budget_micros: 1e6 }).where('account_id', '=', account).execute();
  t.match(await json(`allocation dry-run --account ${account}`), {
    total_micros: 9e6,
    campaigns: [{ reason: /priority/ }],
  });
  t.match((await run(`allocation dry-run --account ${account}`, there)).output, /→.*\n[\s\S]*nothing is changed/);
  t.match(await run(`allocation runs --account ${account}`, there), { status: 0, output: 'no runs yet\n' });
  t.match(await run(`allocation runs -n 0 --account ${account}`, there), {
    status: 2,
    problems: [/-n 0 is not a whole/],
  });
  t.match(
    (await run(`allocation metrics --account ${account}`, there)).output,
    /^id,name,spend_micros,.*roas.*utilisation/,
  );
});

t.test('an embedded database that is open elsewhere is said, and how to go on', async (t) => {
  const database = await openDatabase({ url: undefined, folder: embeddedFolder(folder) });
  if (isDatabaseError(database)) throw new Error(database.problem);
  t.teardown(() => database.close());
  const { status, problems } = await run('keys list');
  t.equal(status, 1);
  t.match(problems, [new RegExp(`is open in process ${process.pid}`), /admin API .*stop it.*DATABASE_URL/]);
});
