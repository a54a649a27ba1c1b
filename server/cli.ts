// The `gavel` command line as a process: arguments in, texts and an exit status out. Its commands: cli/table.ts.

import { runLine } from './cli/line.js';
import type { Print } from './cli_command.js';

// Who reads it may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
const print: Print = (text) => void process.stdout.write(text);
const { status, output, problems } = await runLine(process.argv.slice(2), process.env, print);
for (const problem of problems) process.stderr.write(`gavel: ${problem}\n`);
process.stdout.write(output);
process.exitCode = status;
