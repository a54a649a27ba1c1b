// A rule as a trader writes it: when something holds for a campaign, do something. One schema for the admin API, its
// document and these types; docs/rules.md describes it key by key.

import { z } from 'zod';
import { id } from '../creative_file.js';
import { metricName } from '../metrics/metrics.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../metrics/series.js';

const micros = z.int().nonnegative().max(1e15);
const UNITS_MS = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
const DURATION_DAYS_MAX = 90;
/** Leaves of a condition, and how deep and/or may be nested. */
const CONDITIONS_MAX = 20;
const DEPTH_MAX = 4;

/** `15m`, `24h`, `7d`: a day is 24 hours. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[mhd]$/, 'a duration such as 15m, 24h or 7d')
  .refine((text) => durationMs(text) <= DURATION_DAYS_MAX * DAY_MS, `at most ${DURATION_DAYS_MAX} days`);

/** Milliseconds of a duration. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * UNITS_MS[text.at(-1) as keyof typeof UNITS_MS];
}

export const condition = z
  .strictObject({
    metric: metricName,
    operator: z.enum(['<', '<=', '>', '>=']),
    /** Money in micros, shares and ratios as they are: a CTR of 1% is 0.01. */
    value: z.number().min(-1e15).max(1e15),
    /** The time up to now that is looked at. */
    window: duration.default('24h'),
    /** Below so many impressions in the window nothing is said. */
    minimum_impressions: z.int().min(0).default(0),
    /** Windows, one behind the other, in each of which it must hold: 3 with a window of `1d` is three days running. */
    consecutive: z.int().min(1).max(30).default(1),
  })
  .refine(
    ({ window, consecutive }) => durationMs(window) * consecutive <= DURATION_DAYS_MAX * DAY_MS,
    `all windows together at most ${DURATION_DAYS_MAX} days`,
  )
  .meta({ id: 'RuleCondition' });
export type Condition = z.output<typeof condition>;

export interface AllOf {
  readonly all: readonly ConditionTree[];
}
export interface AnyOf {
  readonly any: readonly ConditionTree[];
}
export type ConditionTree = Condition | AllOf | AnyOf;
type TreeInput =
  | z.input<typeof condition>
  | { readonly all: readonly TreeInput[] }
  | { readonly any: readonly TreeInput[] };

const branches = z
  .array(z.lazy((): z.ZodType<ConditionTree, TreeInput> => conditionTree))
  .min(1)
  .meta({ id: 'RuleConditionTrees' });
const allOf = z.strictObject({ all: branches }).meta({ id: 'RuleAllOf' });
const anyOf = z.strictObject({ any: branches }).meta({ id: 'RuleAnyOf' });
const conditionTree: z.ZodType<ConditionTree, TreeInput> = z
  .union([condition, allOf, anyOf], { error: problemOfTree })
  .meta({ id: 'RuleConditionTree' });

const percent = z
  .number()
  .min(-95)
  .max(400)
  .refine((value) => value !== 0, 'a change of 0 changes nothing');
const change = { percent, floor_micros: micros.optional(), ceiling_micros: micros.optional() };
interface Bounds {
  readonly floor_micros?: number | undefined;
  readonly ceiling_micros?: number | undefined;
}
const bounded = ({ floor_micros = 0, ceiling_micros = Infinity }: Bounds): boolean => floor_micros <= ceiling_micros;

const ruleAction = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('pause') }),
    /** Only what a rule paused: what a person paused stays so. */
    z.strictObject({ type: z.literal('resume') }),
    z.strictObject({ type: z.literal('change_budget'), ...change }).refine(bounded, 'floor above ceiling'),
    z.strictObject({ type: z.literal('change_bid'), ...change }).refine(bounded, 'floor above ceiling'),
    /**
     * Of the creatives that take turns, the live one with the worst CTR, of those with so many impressions, gives way
     * to the one longest unused.
     */
    z.strictObject({
      type: z.literal('rotate_creative'),
      creatives: z.array(id).min(2).max(50),
      minimum_impressions: z.int().min(1).default(1000),
    }),
    /** A webhook of the account, by its id: it is told, whichever kinds of alerts it is for. */
    z.strictObject({ type: z.literal('notify'), webhook: id }),
  ])
  .meta({ id: 'RuleAction' });
export type RuleAction = z.output<typeof ruleAction>;

const rulePrediction = z
  .strictObject({
    /** How far ahead the condition is to hold. */
    horizon: duration,
    /** Act only if it holds then with at least this probability. */
    confidence: z.number().min(0.5).max(0.999).default(0.9),
    /** A line through the pieces of the window, or their level. */
    method: z.enum(['trend', 'level']).default('trend'),
    /** Without enough data for a forecast: act on what is now, or do nothing. */
    fallback: z.enum(['current', 'nothing']).default('nothing'),
  })
  .meta({ id: 'RulePrediction' });
export type RulePrediction = z.output<typeof rulePrediction>;

export const rule = z
  .strictObject({
    id,
    name: z.string().min(1).max(256),
    enabled: z.boolean().default(true),
    /** Higher ones come first; of the same, the lower id. */
    priority: z.int().min(0).max(1000).default(100),
    /** Left out: all campaigns of the account. */
    campaigns: z.array(id).min(1).max(10_000).optional(),
    when: conditionTree.superRefine((tree, context) => {
      const { leaves, depth } = sizeOf(tree);
      if (leaves > CONDITIONS_MAX) context.addIssue(`at most ${CONDITIONS_MAX} conditions`);
      if (depth > DEPTH_MAX) context.addIssue(`nested at most ${DEPTH_MAX} deep`);
    }),
    actions: z
      .array(ruleAction)
      .min(1)
      .max(5)
      .refine((actions) => new Set(actions.map(resourceOf)).size === actions.length, 'two actions on the same thing'),
    /** After it acted on a campaign, a rule leaves that one alone for so long. */
    cooldown: duration.default('24h'),
    prediction: rulePrediction.optional(),
  })
  .meta({ id: 'Rule' });
export type Rule = z.output<typeof rule>;
export type RuleInput = z.input<typeof rule>;

/** What is wrong with the one that was meant: of a union zod says no more than that it is none of them. */
function problemOfTree({ input }: { readonly input?: unknown }): string {
  const meant = [
    ['all', allOf],
    ['any', anyOf],
  ].find(([key]) => typeof input === 'object' && input !== null && (key as string) in input)?.[1];
  const { error } = ((meant ?? condition) as z.ZodType).safeParse(input);
  return (error?.issues ?? []).map(({ path, message }) => [...path.map(String), message].join(': ')).join('; ');
}

/** What an action changes: of actions on the same, one can be carried out. Each notification is its own. */
export function resourceOf(action: RuleAction): string {
  switch (action.type) {
    case 'pause':
    case 'resume':
      return 'status';
    case 'notify':
      return `notify ${action.webhook}`;
    default:
      return action.type;
  }
}

export function isCondition(tree: ConditionTree): tree is Condition {
  return 'metric' in tree;
}

/** The trees right under an and or an or. */
export function branchesOf(tree: AllOf | AnyOf): readonly ConditionTree[] {
  return 'all' in tree ? tree.all : tree.any;
}

function sizeOf(tree: ConditionTree): { readonly leaves: number; readonly depth: number } {
  if (isCondition(tree)) return { leaves: 1, depth: 1 };
  const sizes = branchesOf(tree).map(sizeOf);
  return {
    leaves: sizes.reduce((sum, { leaves }) => sum + leaves, 0),
    depth: 1 + Math.max(...sizes.map(({ depth }) => depth)),
  };
}
