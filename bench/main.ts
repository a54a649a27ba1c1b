// `npm run bench`: takes Gavel's figures. `--help` lists the benchmarks; `report.ts` says what is printed where.

import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { admin } from './admin.js';
import { against } from './against.js';
import { type Benchmark, SIZES, type Size } from './benchmark.js';
import { bodies } from './bodies.js';
import { decision } from './decision.js';
import { eventLog } from './event_log.js';
import { flip } from './flip.js';
import { landscape } from './landscape.js';
import { memory } from './memory.js';
import { money } from './money.js';
import { notices } from './notices.js';
import { policy } from './policy.js';
import { publish } from './publish.js';
import { Report } from './report.js';
import { rules } from './rules.js';
import { stages } from './stages.js';
import { survivors } from './survivors.js';
import { throughput } from './throughput.js';
import { train } from './train.js';

const BENCHMARKS: readonly Benchmark[] = [
  bodies,
  survivors,
  decision,
  stages,
  money,
  policy,
  flip,
  publish,
  admin,
  eventLog,
  notices,
  train,
  landscape,
  rules,
  memory,
  throughput,
  against,
];

const HELP = `Usage: npm run bench -- [options]

  --size small|full  small: about a minute, for CI; full (default): some minutes, the figures to quote
  --only NAME        only this benchmark; may be given several times
  --seed S           seed of the generated books and bodies (default 1)
  --before DIR       another checkout of Gavel, built: what \`against\` compares this one with
  --json             one JSON object a line on standard output: {"name","value","unit"}
  --help             this text

Benchmarks:
${BENCHMARKS.map(({ name, help }) => `  ${name.padEnd(12)} ${help}`).join('\n')}

To see what a change costs the server (two cores, and wrk for requests a second):
  git worktree add ../before COMMIT && (cd ../before && npm ci && npm run build)
  npm run bench -- --only against --before ../before

Progress and a hash of what each benchmark computed go to standard error: two runs with the same size and seed on the
same commit print the same hashes, or they have not done the same work.
`;

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: 'full' },
    only: { type: 'string', multiple: true, default: [] },
    before: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const size = SIZES[options.size as Size['name']];
  const seed = Number(options.seed);
  const unknown = options.only.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  const problem =
    unknown !== undefined
      ? `no benchmark ${unknown}`
      : size === undefined || !Number.isSafeInteger(seed)
        ? 'bad --size or --seed'
        : options.only.includes(against.name) && options.before === undefined
          ? `${against.name} needs --before`
          : undefined;
  if (problem !== undefined || size === undefined) {
    process.stderr.write(`bench: ${problem}\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  const report = new Report(options.json);
  const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`;
  report.progress(`${machine}, size ${size.name}, seed ${seed}`);
  for (const benchmark of BENCHMARKS) {
    if (options.only.length > 0 ? !options.only.includes(benchmark.name) : benchmark.byNameOnly) continue;
    const start = performance.now();
    report.progress(`${benchmark.name}: ${benchmark.help}`);
    await benchmark.run({ size, seed, report, ...(options.before === undefined ? {} : { before: options.before }) });
    report.progress(`${benchmark.name}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  report.close();
}
