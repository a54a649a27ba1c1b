// What a PromQL expression asks for: the metrics it names with their label matchers, and the labels it groups by. No
// parser: enough to hold the alerts and dashboards of this folder against what a bidder exports (promtool parses them).

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Asked {
  readonly selectors: readonly Selector[];
  /** Of `by`, `on` and the like. */
  readonly labels: readonly string[];
}

const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'group_left', 'group_right']);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const RANGE = /\[[^\]]*\]|\boffset\s+\w+/g;
const NAME = /(?<![\w.:$])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?/g;
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g;

/** @param expression PromQL, perhaps with variables of Grafana in its ranges and strings */
export function askedBy(expression: string): Asked {
  const labels = [...expression.matchAll(GROUPING)].flatMap(([, names = '']) =>
    names.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()])),
  );
  const selectors = [...expression.replace(GROUPING, ' ').replace(RANGE, ' ').matchAll(NAME)].flatMap(
    ([, metric = '', behind = '']) => {
      if (behind === '(' || WORDS.has(metric)) return [];
      const matchers = [...behind.matchAll(MATCHER)].map(([, label, operator, value]) => {
        return { label, operator, value } as Matcher;
      });
      return [{ metric, matchers }];
    },
  );
  return { selectors, labels };
}

/** Samples of a scrape: the labels of each, by the metric's name. */
export type Exported = ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>;

export function exportedBy(scrape: string): Exported {
  const exported = new Map<string, Record<string, string>[]>();
  for (const [, name = '', labels = ''] of scrape.matchAll(/^([a-zA-Z_:][\w:]*)(\{.*\})? \S+$/gm)) {
    const pairs = [...labels.matchAll(MATCHER)].map(([, label = '', , value = '']) => [label, value]);
    exported.set(name, [...(exported.get(name) ?? []), Object.fromEntries(pairs)]);
  }
  return exported;
}

/** Labels and metrics that Prometheus itself gives. */
const OF_PROMETHEUS = new Set(['job', 'instance']);
const METRICS_OF_PROMETHEUS = new Set(['up']);

/** @returns what of an expression nobody exports, a line each */
export function unanswered(expression: string, exported: Exported): string[] {
  const { selectors, labels } = askedBy(expression);
  if (selectors.length === 0) return [`no metric in ${expression}`];
  const known = new Set<string>();
  const problems = selectors.flatMap(({ metric, matchers }) => {
    if (METRICS_OF_PROMETHEUS.has(metric)) return [];
    const samples = exported.get(metric);
    if (samples === undefined) return [`${metric} is not exported`];
    for (const label of samples.flatMap(Object.keys)) known.add(label);
    return matchers.flatMap((matcher) => unmatched(metric, matcher, samples));
  });
  const strangers = labels.filter((label) => !known.has(label) && !OF_PROMETHEUS.has(label));
  return [...problems, ...strangers.map((label) => `nothing in ${expression} has a label ${label}`)];
}

/** Every alternative that is asked for must be there: one that never is would go unnoticed among the others. */
function unmatched(
  metric: string,
  { label, operator, value }: Matcher,
  samples: readonly Readonly<Record<string, string>>[],
): string[] {
  if (OF_PROMETHEUS.has(label)) return [];
  const values = new Set(samples.flatMap((sample) => (sample[label] === undefined ? [] : [sample[label]])));
  if (values.size === 0) return [`${metric} has no label ${label}`];
  const wanted = operator.endsWith('~') ? value.split('|') : [value];
  return wanted
    .filter((one) => ![...values].some((there) => new RegExp(`^(?:${one})$`).test(there)))
    .map((one) => `${metric} has no ${label} ${one}`);
}
