// The table of all operations. The router, the checks, the documentation and the contract tests are made from it. What
// creates comes first, in the order in which the examples need each other, what deletes comes last.

import type { Operation } from './operation.js';
import { accounts } from './resources/accounts.js';
import { adGroups } from './resources/ad_groups.js';
import { agentConfigOperations, agents } from './resources/agents.js';
import { changePlan, removePlan } from './resources/allocation_plans.js';
import { allocationOperations } from './resources/allocation_runs.js';
import { listChanges } from './resources/audit.js';
import { campaignOperations, campaigns } from './resources/campaigns.js';
import { creatives } from './resources/creatives.js';
import { exchanges } from './resources/exchanges.js';
import { experimentOperations } from './resources/experiment_data.js';
import { deleteExperiment, stopExperiment } from './resources/experiments.js';
import { keyOperations } from './resources/keys.js';
import { lists } from './resources/lists.js';
import { bookResults, explain, stats } from './resources/live.js';
import { segments } from './resources/segments.js';
import { login, users, whoAmI } from './resources/users.js';

const RESOURCES = [accounts, users, exchanges, creatives, lists, campaigns, adGroups, segments, agents];

export const OPERATIONS: readonly Operation[] = [
  ...RESOURCES.map(({ create }) => create),
  login,
  whoAmI,
  ...keyOperations,
  ...campaignOperations,
  ...RESOURCES.flatMap(({ list, read, change }) => [list, read, change]),
  ...allocationOperations,
  changePlan,
  ...experimentOperations,
  ...agentConfigOperations,
  listChanges,
  stats,
  explain,
  bookResults,
  removePlan,
  stopExperiment,
  deleteExperiment,
  ...RESOURCES.map(({ remove }) => remove).reverse(),
];
