// `npm run rl` as a program: what it prints, that it resumes where it was stopped, and what it refuses.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parseOptions } from './main_options.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const script = join(root, 'dist/models/agents/main.js');
const folder = mkdtempSync(join(tmpdir(), 'gavel-rl-'));
t.teardown(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function rl(...args: string[]): Run {
  return spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' });
}

const SHORT = ['--env', 'cartpole', '--agent', 'ppo', '--episodes', '20'];

t.test('one line of JSON for each seed', async (t) => {
  const args = ['--steps', '2000', '--seeds', '2', '--seed', '5', '--eval-every', '1000', '--json'];
  const { status, stdout, stderr } = rl(...SHORT, ...args);
  t.equal(status, 0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.equal(lines.length, 2);
  for (const [i, line] of lines.entries()) {
    t.match(line, {
      env: 'cartpole',
      agent: 'ppo',
      steps: 1792,
      seed: 5 + i,
      episodes: 20,
      policy: 'best',
      ended: 'steps',
    });
    t.ok(line.return_mean >= line.return_min && line.return_min >= 1 && line.return_std >= 0);
    t.ok(line.steps_per_s > 0 && line.best_steps <= 1792 && line.final_return_mean >= 1);
  }
  t.match(stderr, /seed 5: evaluated at 1024: \d+/);
});

t.test('Ctrl-C writes the state; resumed, it ends as if it had never stopped', async (t) => {
  const args = [...SHORT, '--steps', '6000', '--eval-every', '2000', '--json'];
  const whole = JSON.parse(rl(...args).stdout);
  const state = join(folder, 'cartpole-ppo-0.last.state');
  const stopped = spawn(process.execPath, [script, ...args, '--checkpoint', folder], { cwd: root });
  let said = '';
  stopped.stderr.on('data', (data) => {
    if (!said.includes('evaluated') && `${said}${data}`.includes('evaluated')) stopped.kill('SIGINT');
    said += data;
  });
  const [code] = await once(stopped, 'exit');
  t.equal(code, 130, said);
  t.ok(existsSync(state) && existsSync(join(folder, 'cartpole-ppo-0.best.state')));
  const resumed = rl(...args, '--checkpoint', folder, '--resume');
  t.match(resumed.stderr, /goes on at \d+/);
  t.same({ ...JSON.parse(resumed.stdout), steps_per_s: 0 }, { ...whole, steps_per_s: 0 });
  t.ok(readFileSync(state).length > 10_000);
});

t.test('the reward is chosen by its name', async (t) => {
  const args = ['--env', 'campaign', '--agent', 'ppo', '--reward', 'roas', '--steps', '10', '--json'];
  t.match(parseOptions(args), { name: 'campaign', reward: 'roas', json: true });
  const other = parseOptions(args.map((arg) => (arg === 'roas' ? 'value' : arg)));
  const [one, two] = [parseOptions(args), other].map((runs) => {
    if (runs === 'help' || 'problem' in runs) throw new Error('refused');
    const environment = runs.environment.make();
    environment.reset(1);
    return environment.step(new Float32Array(6)).reward;
  });
  t.not(one, two);
});

t.test('it ends early at a return, and prints a table', async (t) => {
  const { status, stdout } = rl(...SHORT, '--steps', '50000', '--eval-every', '1000', '--stop-at', '30');
  t.equal(status, 0);
  const [head, row] = stdout.trimEnd().split('\n') as [string, string];
  t.match(head, /seed +steps +return/);
  t.ok(Number(row.trim().split(/ +/)[1]) < 50_000);
});

t.test('what it does not understand it refuses, with exit code 2', async (t) => {
  const refused: readonly (readonly [RegExp, ...string[]])[] = [
    [/--env wants cartpole/, '--agent', 'ppo', '--steps', '10'],
    [/--agent wants ppo/, '--env', 'cartpole', '--steps', '10'],
    [/sac is not for cartpole/, '--env', 'cartpole', '--agent', 'sac', '--steps', '10'],
    [/wants --steps/, '--env', 'cartpole', '--agent', 'ppo'],
    [/--steps wants/, ...SHORT, '--steps', 'many'],
    [/--seeds wants/, ...SHORT, '--steps', '10', '--seeds', '0'],
    [/--seed wants/, ...SHORT, '--steps', '10', '--seed=-1'],
    [/--stop-at wants/, ...SHORT, '--steps', '10', '--stop-at', 'high'],
    [/--resume wants/, ...SHORT, '--steps', '10', '--resume'],
    [/--reward wants value, target-cpa/, '--env', 'budget', '--agent', 'ppo', '--steps', '10', '--reward', 'much'],
    [/no --reward to choose for cartpole/, ...SHORT, '--steps', '10', '--reward', 'roas'],
    [/--episodes wants at least 20/, ...SHORT.slice(0, 4), '--steps', '10', '--episodes', '3'],
    [/--nothing/, '--nothing'],
  ];
  for (const [problem, ...args] of refused) t.match(parseOptions(args), { problem });
  const { status, stdout, stderr } = rl('--env', 'nowhere');
  t.same([status, stdout], [2, '']);
  t.match(stderr, /rl: --env wants[\s\S]*Usage: npm run rl/);
  const help = rl('--help');
  t.equal(help.status, 0);
  t.match(help.stdout, /Usage: npm run rl/);
});
