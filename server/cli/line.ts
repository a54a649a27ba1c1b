// One command line: found in the table, checked as far as the table tells, and run.

import { type CommandResult, done, type Environment, failed, type Print } from '../cli_command.js';
import { completionScript, isShell } from './completion.js';
import type { Entry, Option } from './entry.js';
import { overview, pageOf } from './help.js';
import { didYouMean } from './suggestion.js';
import { COMMANDS } from './table.js';

/** Runs it. @param args behind `gavel` */
export async function runLine(args: readonly string[], environment: Environment, print: Print): Promise<CommandResult> {
  const [name, ...rest] = args;
  if (name === undefined) return misunderstood('name a command');
  const wantsHelp = rest.includes('--help') || rest.includes('-h');
  if (name === '--help' || name === '-h' || name === 'help') {
    const about = COMMANDS.find((one) => one.name === rest[0]);
    return done(about === undefined ? overview(COMMANDS) : pageOf(about));
  }
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry === undefined) {
    const names = [...COMMANDS.map((one) => one.name), 'help'];
    return misunderstood(`no command ${name}${didYouMean(name, names)}`);
  }
  if (wantsHelp) return done(pageOf(entry));
  if (entry.run === undefined && name !== 'completion') {
    return failed([`gavel ${name} is a program of its own: npx gavel ${name}`]);
  }
  const problem = verbProblem(entry, rest) ?? optionProblem(entry, rest);
  if (problem !== undefined) return misunderstood(problem, name);
  if (entry.run === undefined) return completion(rest);
  const result = await entry.run(rest, environment, print);
  return result.status === 2 ? misunderstood(result.problems[0] ?? 'not understood', name) : result;
}

function misunderstood(problem: string, command?: string): CommandResult {
  const help = command === undefined ? 'gavel --help' : `gavel ${command} --help`;
  return { status: 2, output: '', problems: [problem, `${help} says what is understood`] };
}

function completion([shell = '', ...more]: readonly string[]): CommandResult {
  if (!isShell(shell) || more.length > 0) return misunderstood('completion takes one of bash, zsh, fish', 'completion');
  return done(completionScript(shell, COMMANDS));
}

function verbProblem({ name, verbs, verbByDefault }: Entry, args: readonly string[]): string | undefined {
  if (verbs.length === 0) return undefined;
  const [given] = args;
  if (given === undefined || given.startsWith('-')) {
    if (verbByDefault !== undefined) return undefined;
    return `say which: ${verbs.map((verb) => [name, verb.name, verb.args].filter(Boolean).join(' ')).join(', ')}`;
  }
  const names = verbs.map((verb) => verb.name);
  return names.includes(given) ? undefined : `no command ${name} ${given}${didYouMean(given, names)}`;
}

/** The first option that the command, or its verb, does not take. */
function optionProblem({ name, verbs, options }: Entry, args: readonly string[]): string | undefined {
  const verb = verbs.some((one) => one.name === args[0]) ? args[0] : undefined;
  const whole = verb === undefined ? name : `${name} ${verb}`;
  for (let i = 0; i < args.length; i++) {
    const given = args[i] as string;
    if (given === '--') return undefined;
    if (given === '-' || !given.startsWith('-')) continue;
    const [word = ''] = given.split('=');
    const option = options.find((one) => dashed(one).includes(word) || isShortWithValue(one, word));
    if (option === undefined) {
      return `${whole} has no option ${word}${didYouMean(word, [...options.flatMap(dashed), '--help'])}`;
    }
    if (verb !== undefined && option.verbs?.includes(verb) === false) return `${whole} takes no ${word}`;
    if (option.value !== undefined && word === given && !isShortWithValue(option, word)) i += 1;
  }
  return undefined;
}

/** As they are written: `--json`, `-n`. */
function dashed({ name, short }: Option): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

/** `-n5`. */
function isShortWithValue({ short, value }: Option, word: string): boolean {
  return short !== undefined && value !== undefined && word.length > 2 && word.startsWith(`-${short}`);
}
