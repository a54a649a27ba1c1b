// What a command of the `gavel` command line is: arguments and environment in, texts and an exit status out. What is
// long, or goes on, it gives to `print` as it comes.

export interface CommandResult {
  /** 0 done, 1 a file or the environment is wrong, 2 the command line is not understood. */
  readonly status: 0 | 1 | 2;
  /** For standard output. */
  readonly output: string;
  /** For standard error, one line each. */
  readonly problems: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;
/** Takes text for standard output. */
export type Print = (text: string) => void;
export type Command = (
  args: readonly string[],
  environment: Environment,
  print: Print,
) => CommandResult | Promise<CommandResult>;

export function done(output: string): CommandResult {
  return { status: 0, output, problems: [] };
}

export function failed(problems: readonly string[]): CommandResult {
  return { status: 1, output: '', problems };
}

export function misused(problem: string): CommandResult {
  return { status: 2, output: '', problems: [problem, 'gavel --help says what is understood'] };
}

/** Tells a result from a value that a command goes on with. */
export function isResult(value: object): value is CommandResult {
  return 'status' in value && 'problems' in value;
}

/** What went wrong with a file, without the stack. */
export function fileProblem(path: string, error: unknown): CommandResult {
  return failed([`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`]);
}
