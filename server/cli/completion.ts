// Scripts that complete `gavel` in shells, made from the table: commands, verbs, options, and files where neither fits.

import type { Entry } from './entry.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function isShell(name: string): name is Shell {
  return SHELLS.some((shell) => shell === name);
}

/** The script, to be sourced. */
export function completionScript(shell: Shell, commands: readonly Entry[]): string {
  const scripts: Readonly<Record<Shell, (commands: readonly Entry[]) => string>> = { bash, zsh, fish };
  return scripts[shell](commands);
}

const optionsOf = ({ options }: Entry): string[] => [
  ...options.map(({ name, short }) => (short === name ? `-${name}` : `--${name}`)),
  '--help',
];

function bash(commands: readonly Entry[]): string {
  const cases = commands.map((entry) => {
    const verbs = entry.verbs.map(({ name }) => name).join(' ');
    return `    ${entry.name}) verbs='${verbs}' options='${optionsOf(entry).join(' ')}' ;;`;
  });
  return `# gavel completion for bash: source <(npx gavel completion bash)
_gavel() {
  local current=\${COMP_WORDS[COMP_CWORD]} verbs='' options=''
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} --help' -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif ((COMP_CWORD == 2)) && [[ -n $verbs ]]; then
    COMPREPLY=($(compgen -W "$verbs" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _gavel gavel
`;
}

function zsh(commands: readonly Entry[]): string {
  const described = (words: readonly { readonly name: string; readonly summary: string }[]): string =>
    words.map(({ name, summary }) => quoted(`${name.replaceAll(':', '\\:')}:${summary}`)).join(' ');
  const cases = commands.map((entry) => {
    const options = optionsOf(entry).join(' ');
    return `    ${entry.name}) verbs=(${described(entry.verbs)}) options=(${options}) ;;`;
  });
  return `# gavel completion for zsh: source <(npx gavel completion zsh)
_gavel() {
  local -a commands verbs options
  commands=(${described(commands)})
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  case $words[2] in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    compadd -a options
  elif ((CURRENT == 3 && $#verbs)); then
    _describe verb verbs
  else
    _files
  fi
}
compdef _gavel gavel
`;
}

function fish(commands: readonly Entry[]): string {
  const lines = commands.flatMap((entry) => {
    const inside = `__fish_seen_subcommand_from ${entry.name}`;
    const verbs = entry.verbs.map(({ name }) => name).join(' ');
    return [
      `complete -c gavel -n '__fish_use_subcommand' -f -a ${entry.name} -d ${quoted(entry.summary)}`,
      ...entry.verbs.map(
        ({ name, summary }) =>
          `complete -c gavel -n '${inside}; and not __fish_seen_subcommand_from ${verbs}' ` +
          `-f -a ${name} -d ${quoted(summary)}`,
      ),
      ...entry.options.map(({ name, short, value, summary }) => {
        const word = short === name ? `-s ${name}` : `-l ${name}`;
        return `complete -c gavel -n '${inside}' ${word}${value === undefined ? '' : ' -r'} -d ${quoted(summary)}`;
      }),
    ];
  });
  return `# gavel completion for fish: npx gavel completion fish | source
${lines.join('\n')}
`;
}

/** For shells: one word, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
