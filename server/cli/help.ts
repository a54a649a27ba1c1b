// The help, made from the table: one line a command, and a page for each.

import type { Entry, Option } from './entry.js';

const STATUSES = 'Exit status: 0 done, 1 a file or the environment is wrong, 2 the command line is not understood.';

/** All commands, a line each. */
export function overview(commands: readonly Entry[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`);
  return `gavel - a real-time bidder: run it, look at it, steer it

Usage: gavel COMMAND [options]

${lines.join('\n')}

  gavel COMMAND --help says what a command takes. GAVEL_DATA_DIR is .gavel here unless set; all keys of the
  environment: gavel serve --help.
${STATUSES}
`;
}

/** The page of one command. */
export function pageOf(entry: Entry): string {
  const { name, args, summary, verbs, verbByDefault, options, notes } = entry;
  const head =
    verbs.length === 0
      ? [['gavel', name, args].filter(Boolean).join(' '), '', summary]
      : [`gavel ${name} - ${summary}`, ''];
  const texts = verbs.map((verb) => ['gavel', name, verb.name, verb.args].filter(Boolean).join(' '));
  const width = Math.max(0, ...texts.map((text) => text.length)) + 2;
  const byDefault = (verb: string): string => (verb === verbByDefault ? ' (also without it)' : '');
  const usages = verbs.map((verb, i) => `  ${(texts[i] ?? '').padEnd(width)}${verb.summary}${byDefault(verb.name)}`);
  const lines = optionLines(options);
  const parts = [[...head, ...usages].join('\n'), lines.join('\n'), notes ?? '', STATUSES];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function optionLines(options: readonly Option[]): string[] {
  const texts = options.map(({ name, short, value }) => {
    const dashed = short === name ? `-${name}` : `${short === undefined ? '' : `-${short}, `}--${name}`;
    return value === undefined ? dashed : `${dashed} ${value}`;
  });
  const width = Math.max(0, ...texts.map((text) => text.length)) + 2;
  return options.map(({ summary, verbs, otherwise }, i) => {
    const of = verbs === undefined ? '' : `${verbs.join(', ')}: `;
    const unless = otherwise === undefined ? '' : `   (${otherwise})`;
    return `  ${(texts[i] ?? '').padEnd(width)}${of}${summary}${unless}`;
  });
}
