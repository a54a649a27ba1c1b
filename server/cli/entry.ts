// What a command of the `gavel` command line is to those who do not run it: the help, the check of a command line, the
// completion of shells. The table of all is table.ts.

import type { Command } from '../cli_command.js';

export interface Option {
  /** Without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What it takes, such as `FILE`; absent: nothing. */
  readonly value?: string;
  readonly summary: string;
  /** Verbs that take it; absent: all. */
  readonly verbs?: readonly string[];
  /** What stands where it is not given. */
  readonly otherwise?: string;
}

export interface Verb {
  readonly name: string;
  /** Such as `FILE`; absent: none. */
  readonly args?: string;
  readonly summary: string;
}

export interface Entry {
  readonly name: string;
  /** Without verbs: what it takes, such as `REQUEST.json`. */
  readonly args?: string;
  /** One line. */
  readonly summary: string;
  /** Empty: the command is one by itself. */
  readonly verbs: readonly Verb[];
  /** The verb that is meant where none is given; absent: one has to be. */
  readonly verbByDefault?: string;
  readonly options: readonly Option[];
  /** More lines for its help. */
  readonly notes?: string;
  /** Absent: a program of its own, which gavel.mjs hands over to; its help is its own. */
  readonly run?: Command;
}

export const JSON_OPTION: Option = { name: 'json', summary: 'one JSON object a line, for programs' };
export const ACCOUNT_OPTION: Option = {
  name: 'account',
  value: 'ID',
  summary: 'whose',
  otherwise: 'the only account there is',
};
