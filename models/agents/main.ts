// `npm run rl`: trains an agent in an environment, once for each seed, and prints what its policy is worth.

import { HELP, parseOptions } from './main_options.js';
import { type Outcome, type Run, runSeed } from './run.js';

const HEAD = '  seed     steps  return      sd     min   final   steps/s\n';

process.exitCode = await main();

async function main(): Promise<number> {
  const runs = parseOptions(process.argv.slice(2));
  if (runs === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if ('problem' in runs) {
    process.stderr.write(`rl: ${runs.problem}\n\n${HELP}`);
    return 2;
  }
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  if (!runs.json) process.stdout.write(HEAD);
  for (let seed = runs.firstSeed; seed < runs.firstSeed + runs.seeds; seed++) {
    const outcome = await runSeed(runs, seed, interrupted.signal, (line) => {
      process.stderr.write(`rl: ${runs.name} ${runs.agent} seed ${seed}: ${line}\n`);
    });
    if (outcome === 'interrupted') return 130;
    if ('code' in outcome) {
      process.stderr.write(`rl: ${outcome.problem}\n`);
      return 1;
    }
    process.stdout.write(runs.json ? jsonOf(runs, outcome) : rowOf(outcome));
  }
  return 0;
}

function jsonOf(run: Run, { seed, steps, best, final, bestSteps, stepsPerSecond, ended }: Outcome): string {
  const rounded = (value: number): number => Number(value.toFixed(3));
  return `${JSON.stringify({
    ...{ env: run.name, agent: run.agent, steps, seed },
    ...(run.reward === undefined ? {} : { reward: run.reward }),
    return_mean: rounded(best.mean),
    return_std: rounded(best.deviation),
    return_min: rounded(Math.min(...best.returns)),
    ...{ episodes: best.returns.length, policy: 'best', best_steps: bestSteps },
    final_return_mean: rounded(final.mean),
    ...{ steps_per_s: Math.round(stepsPerSecond), ended },
  })}\n`;
}

function rowOf({ seed, steps, best, final, stepsPerSecond }: Outcome): string {
  const returns = [best.mean, best.deviation, Math.min(...best.returns), final.mean];
  const cells = returns.map((value) => value.toFixed(Math.abs(value) < 10 ? 3 : 1).padStart(8)).join('');
  return `${String(seed).padStart(6)}${String(steps).padStart(10)}${cells}${stepsPerSecond.toFixed(0).padStart(10)}\n`;
}
