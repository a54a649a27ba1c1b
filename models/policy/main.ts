// `npm run policy`: trains policies for the learned multiplier, judges one against another, and estimates from logged
// decisions what one would bring (docs/policy.md).

import { estimateCommand } from './estimate_command.js';
import { judgeCommand } from './judge_command.js';
import { trainCommand } from './train_command.js';
import { trainDqnCommand } from './train_dqn_command.js';

const COMMANDS = {
  train: trainCommand,
  'train-dqn': trainDqnCommand,
  judge: judgeCommand,
  estimate: estimateCommand,
} as const;

const HELP = `Usage: npm run policy -- COMMAND [options]

  train      trains a policy and writes it to a file
  train-dqn  trains action values for the race
  judge      lives through days with two policies, and says whether one may follow the other
  estimate   says from logged decisions what a policy would have brought

npm run policy -- COMMAND --help says more. Exits with 0, 1 when it failed, 2 when it was asked for nonsense.
`;

process.exitCode = await main(process.argv.slice(2));

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  const command = Object.entries(COMMANDS).find(([each]) => each === name)?.[1];
  if (command !== undefined) return command(args);
  process.stderr.write(`policy: ${name === undefined ? 'wants a command' : `no command ${name}`}\n\n${HELP}`);
  return 2;
}
