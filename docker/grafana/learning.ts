// The dashboard that says what is learned, and what bids with it.

import type { Board } from './dashboard.js';
import { OF, sumBy } from './queries.js';

const examples = (matcher: string): string => `sum(increase(gavel_trainer_examples_total{${matcher}}[1h]))`;

export const learning: Board = {
  name: 'learning',
  title: 'learning',
  rows: [
    {
      title: 'Models',
      panels: [
        {
          title: 'Live version',
          help: 'They differ for a moment when one is published.',
          unit: 'none',
          queries: { '{{instance}}': `gavel_model_version${OF}` },
        },
        {
          title: 'Age of the live model',
          help: 'It grows when every candidate is refused: npx gavel models list.',
          unit: 's',
          limit: 21_600,
          queries: { '{{instance}}': `gavel_model_age_seconds${OF}` },
        },
        {
          title: 'Loads',
          help: 'Models read, by result. Refused: it did not verify.',
          unit: 'short',
          queries: { '{{result}}': `sum by (result) (increase(gavel_model_loads_total${OF}[$__rate_interval]))` },
        },
        {
          title: 'Trial',
          help: 'Share of requests that a candidate answers.',
          unit: 'percentunit',
          queries: { '{{instance}}': `gavel_candidate_share${OF}` },
        },
        {
          title: 'Bids by arm',
          help: 'Of the control, and of the candidate on trial.',
          unit: 'ops',
          isStacked: true,
          queries: { '{{arm}}': sumBy('arm', 'gavel_bids_by_arm_total') },
        },
        {
          title: 'Candidate',
          help: 'Its version; 0 without one.',
          unit: 'none',
          queries: { '{{instance}}': `gavel_candidate_version${OF}` },
        },
      ],
    },
    {
      title: 'Trainer',
      panels: [
        {
          title: 'Trainers',
          help: 'That work or stand by; and whether something stands in the way.',
          unit: 'none',
          queries: { 'up {{instance}}': 'gavel_trainer_up', 'problem {{instance}}': 'gavel_trainer_problem' },
        },
        {
          title: 'Behind',
          help: 'How old the notices are that it takes.',
          unit: 's',
          limit: 900,
          queries: { behind: 'max(gavel_trainer_lag_seconds)' },
        },
        {
          title: 'Notices taken',
          help: 'By the trainer that works.',
          unit: 'ops',
          queries: { notices: 'max(rate(gavel_trainer_events_total[$__rate_interval]))' },
        },
        {
          title: 'Examples',
          help: 'What it has learned from.',
          unit: 'ops',
          isStacked: true,
          queries: { '{{label}}': 'max by (label) (rate(gavel_trainer_examples_total[$__rate_interval]))' },
        },
        {
          title: 'Click rate learned',
          help: 'Clicks by impressions among the examples.',
          unit: 'percentunit',
          queries: {
            share: `${examples('label="click"')} / ${examples('label=~"click|impression"')}`,
          },
        },
        {
          title: 'Drift',
          help: 'Alerts, by test: docs/training.md, drift.',
          unit: 'short',
          queries: { '{{test}}': 'max by (test) (increase(gavel_drift_alerts_total[1h]))' },
        },
      ],
    },
    {
      title: 'Multiplier',
      panels: [
        {
          title: 'Decided by the policy',
          help: 'Campaigns.',
          unit: 'none',
          queries: { '{{instance}}': `gavel_policy_campaigns${OF}` },
        },
        {
          title: 'Mean multiplier',
          help: '1 without any.',
          unit: 'none',
          queries: { '{{instance}}': `gavel_policy_multiplier_mean${OF}` },
        },
        {
          title: 'Spoke or fell back',
          help: 'A slot and campaign. It falls back to 1 where it has not seen the like.',
          unit: 'short',
          queries: { '{{outcome}}': `sum by (outcome) (increase(gavel_policy_decisions_total${OF}[1h]))` },
        },
        {
          title: 'Why it fell back',
          help: 'Inputs out of the range it has seen.',
          unit: 'short',
          queries: { '{{input}}': `sum by (input) (increase(gavel_policy_outside_total${OF}[1h]))` },
        },
      ],
    },
  ],
};
